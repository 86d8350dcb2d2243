"""How it looks and how it can be reached: any width, both colour schemes, a keyboard alone, a screen reader."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.pool import Pool
from tests.browser.shared import company, maker_of_people

pytestmark = pytest.mark.once

NARROW = {"width": 375, "height": 700}
FIRST_LOAD_LIMIT_BYTES = 100_000


# --- axe -------------------------------------------------------------------------------------------------------------


# The colours of the other scheme fade in, and axe would see them half way.
RUN_AXE = """() => {
  for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish();
  return axe.run(document, { resultTypes: ["violations"] });
}"""


def serious_findings(person, axe_source) -> list[str]:
    """In both colour schemes. Evaluated, not added as a script: the page's own policy admits none."""
    if person.page.evaluate("typeof axe === 'undefined'"):
        person.page.evaluate(axe_source)
    return [finding for scheme in ("dark", "light") for finding in findings_in(person, scheme)]


def findings_in(person, scheme: str) -> list[str]:
    person.page.emulate_media(color_scheme=scheme)
    found = person.page.evaluate(RUN_AXE)
    assert found["passes"], "axe has looked at nothing"
    return [
        f"{scheme}: {violation['id']} ({violation['impact']}): {violation['nodes'][0]['html'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.fixture
def visitor(new_person):
    return new_person("alice")


@pytest.mark.parametrize("path", ["/", "/register", "/login", "/forgot", "/reset#link=1-x-y", "/no-such-page"])
def test_axe_finds_nothing_serious_on_pages(visitor, axe_source, path):
    visitor.visit(path)
    expect(visitor.page.get_by_role("heading").first).to_be_visible()
    assert serious_findings(visitor, axe_source) == []


def test_axe_finds_nothing_serious_in_forms_with_errors(visitor, axe_source):
    visitor.visit("/register")
    visitor.page.get_by_label("Email").fill("someone@example.org")
    visitor.page.get_by_label("Password", exact=True).fill("12345678")
    visitor.page.get_by_role("button", name="Create account").click()
    expect(visitor.page.locator("[aria-invalid=true]").first).to_be_visible()
    assert serious_findings(visitor, axe_source) == []


def test_axe_finds_nothing_serious_in_the_chat(visitor, office, axe_source):
    alice, bob = visitor.register(), office.make_account("Bob")
    assert serious_findings(alice, axe_source) == [], "no chats yet"
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("hello")
    office.write(bob, alice, "hello, see https://example.org/")
    alice.expect_message("hello, see")
    assert serious_findings(alice, axe_source) == [], "a chat"
    alice.page.set_viewport_size(NARROW)
    assert serious_findings(alice, axe_source) == [], "a chat, narrow"


def test_axe_finds_nothing_serious_in_dialogs(visitor, axe_source):
    visitor.register()
    for opener in ("Add contact", "Log out", "Settings"):
        visitor.page.get_by_role("button", name=opener).click()
        expect(visitor.page.get_by_role("dialog")).to_be_visible()
        assert serious_findings(visitor, axe_source) == [], opener
        visitor.page.keyboard.press("Escape")
        expect(visitor.page.get_by_role("dialog")).to_be_hidden()
        expect(visitor.page.get_by_role("button", name=opener)).to_be_focused()


def test_axe_finds_nothing_serious_in_the_dialogs_of_a_chat(visitor, office, axe_source):
    alice, bob = visitor.register(), office.make_account("Bob")
    alice.add(bob)
    alice.open_chat(bob)
    alice.type_and_send("see https://\u0430pple.com/")
    alice.expect_state("see https", "Sent", "Delivered", "Read")
    for opener in ("https://xn--pple-43d.com/", "Chat details", "Compare numbers"):
        alice.page.get_by_role("button", name=opener).click()
        expect(alice.page.locator("dialog[open]").last).to_be_visible()
        assert serious_findings(alice, axe_source) == [], opener
        if opener != "Chat details":
            alice.page.keyboard.press("Escape")


def test_axe_would_find_something(visitor, axe_source):
    visitor.visit("/login")
    visitor.page.evaluate("document.querySelector('label').remove()")
    assert {finding.partition(":")[0] for finding in serious_findings(visitor, axe_source)} == {"dark", "light"}


# --- widths and colours ----------------------------------------------------------------------------------------------


def scrolls_sideways(person) -> bool:
    return person.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def test_narrow_shows_one_column_at_a_time(new_person, office):
    bob = office.make_account("Bob")
    alice = new_person("alice", viewport=NARROW, has_touch=True, is_mobile=True).register()
    expect(alice.message_box()).to_be_hidden()
    alice.add(bob)
    expect(alice.message_box()).to_be_visible()
    expect(alice.chats()).to_be_hidden()
    alice.send("word" * 300)
    alice.send("https://example.org/" + "long" * 100)
    assert not scrolls_sideways(alice)
    alice.page.go_back()
    expect(alice.chats()).to_be_visible()
    expect(alice.message_box()).to_be_hidden()
    assert not scrolls_sideways(alice)


@pytest.mark.parametrize("path", ["/", "/register", "/login"])
def test_narrow_pages_do_not_scroll_sideways(new_person, path):
    visitor = new_person("alice", viewport={"width": 320, "height": 600})
    visitor.visit(path)
    assert not scrolls_sideways(visitor)


def test_wide_shows_both_columns(chat):
    alice, _ = chat
    expect(alice.chats()).to_be_visible()
    expect(alice.message_box()).to_be_visible()
    assert alice.chats().bounding_box()["x"] < alice.message_box().bounding_box()["x"]
    assert not scrolls_sideways(alice)


# Controls that reach over the edge of the open dialog, or of the page.
CUT_OFF = """() => {
  const { left, right } = (document.querySelector("dialog[open]") ?? document.documentElement).getBoundingClientRect();
  const controls = [...document.querySelectorAll("dialog[open] :is(button, input, select, a), .composer *")];
  const isCut = (box) => box.width > 2 && (box.left < left - 1 || box.right > right + 1);
  const cut = controls.filter((one) => one.checkVisibility() && isCut(one.getBoundingClientRect()));
  return cut.map((one) => one.outerHTML);
}"""


def test_nothing_is_cut_off_at_320_pixels(chat):
    alice, _ = chat
    alice.page.set_viewport_size({"width": 320, "height": 600})
    assert alice.page.evaluate(CUT_OFF) == []
    assert alice.message_box().evaluate("(box) => box.scrollHeight <= box.clientHeight"), "“Message” breaks"
    alice.page.get_by_role("link", name="Back").click()
    alice.page.get_by_role("button", name="Settings").click()
    settings = alice.page.get_by_role("dialog", name="Settings")
    expect(settings).to_be_visible()
    for part in settings.locator("summary").all():
        part.click()
    assert alice.page.evaluate(CUT_OFF) == []


DISTANCE_FROM_BOTTOM = "(log => log.scrollHeight - log.scrollTop - log.clientHeight)(document.querySelector('#log'))"
TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"


def test_log_stays_at_its_bottom_while_the_composer_grows(chat):
    alice, _ = chat
    for number in range(20):
        alice.type_and_send(f"message {number}")
    alice.expect_message("message 19")
    for text in ("line\n" * 5, "line\n" * 40, "line\n" * 41, "line", ""):
        alice.message_box().fill(text)
        alice.page.evaluate(TWO_FRAMES)
        assert alice.page.evaluate(DISTANCE_FROM_BOTTOM) < 1, repr(text)


def height_of_the_composer(person) -> float:
    person.page.evaluate(TWO_FRAMES)
    return person.message_box().bounding_box()["height"]


def test_the_composer_is_as_high_as_its_text(chat):
    alice, bob = chat
    long = "a draft that is longer than one line beside the chat's details, and shorter than one without them " * 2
    for text in ("half a sentence", long.strip()):
        alice.message_box().fill(text)
        typed = height_of_the_composer(alice)
        alice.page.goto("about:blank")
        alice.visit("/chat")
        alice.open_chat(bob)
        expect(alice.message_box()).to_have_value(text)
        assert height_of_the_composer(alice) == typed
    alice.page.get_by_role("button", name="Chat details").click()
    assert height_of_the_composer(alice) > typed


def test_send_is_on_the_screen_at_400_percent_and_on_its_side(chat):
    alice, _ = chat
    for size in ({"width": 320, "height": 256}, {"width": 667, "height": 150}):
        alice.message_box().fill("")
        alice.page.set_viewport_size(size)
        alice.message_box().fill("line\n" * 8)
        alice.page.evaluate("document.querySelector('#connection').textContent = 'A long strip. '.repeat(20)")
        button = alice.page.get_by_role("button", name="Send").bounding_box()
        assert 0 <= button["y"] <= size["height"] - button["height"], size
        assert not scrolls_sideways(alice), size


def brightness(person) -> float:
    colours = person.page.evaluate(
        "[document.documentElement, document.body].map(e => getComputedStyle(e).backgroundColor)"
    )
    [red, green, blue] = next(
        [int(part) for part in parts[:3]]
        for colour in reversed(colours)
        if len(parts := re.findall(r"\d+", colour)) == 3
    )
    return (red + green + blue) / 3


@pytest.mark.parametrize("path", ["/", "/register", "/login"])
def test_the_browser_s_colour_scheme_is_followed(new_person, path):
    visitor = new_person("alice", media={"color_scheme": "light"})
    visitor.visit(path)
    assert brightness(visitor) > 200
    visitor.page.emulate_media(color_scheme="dark")
    visitor.visit(path)
    assert brightness(visitor) < 60


# --- the chat page ---------------------------------------------------------------------------------------------------


CLIPBOARD = "() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; }"


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, NARROW])
def test_without_a_chat_there_is_an_invitation_with_the_own_address(new_person, size):
    alice = new_person("alice", viewport=size).register()
    alice.page.evaluate(CLIPBOARD)
    invitation = alice.page.get_by_role("region", name="Start your first chat")
    expect(invitation.get_by_text(alice.email)).to_be_visible()
    invitation.get_by_role("button", name="Copy").click()
    expect(invitation.get_by_role("button", name="Copied")).to_be_visible()
    assert alice.page.evaluate("copied") == alice.email
    invitation.get_by_role("button", name="Add someone by email").click()
    expect(alice.page.get_by_role("dialog").get_by_label("Email")).to_be_focused()


def test_a_search_for_an_unknown_address_offers_to_add_it(chat, office):
    alice, _ = chat
    carol = office.make_account("Carol")
    alice.page.get_by_role("searchbox").fill(carol.email)
    alice.page.get_by_role("button", name=f"Add {carol.email}").click()
    alice.page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    expect(alice.page.get_by_role("heading", name=carol.name)).to_be_visible()


def test_the_menu_holds_address_and_shortcuts_and_works_with_keys(alice):
    opener = alice.page.get_by_role("button", name="your address and shortcuts")
    alice.page.wait_for_load_state("networkidle")
    opener.press("Enter")
    expect(alice.page.get_by_role("menuitem", name="Copy address")).to_be_focused()
    expect(alice.page.get_by_text(alice.email).locator("visible=true").first).to_be_visible()
    alice.page.keyboard.press("ArrowUp")
    alice.page.keyboard.press("Enter")
    expect(alice.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    alice.page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_details_stand_beside_the_chat_and_go_with_it(chat, office):
    alice, bob = chat
    carol = office.make_account("Carol")
    alice.add(carol)
    alice.open_chat(bob)
    alice.page.get_by_role("button", name="Chat details").click()
    panel = alice.page.get_by_role("dialog", name=bob.name, exact=True)
    expect(panel).to_be_visible()
    alice.send("written beside the panel", "Sent")
    alice.page.set_viewport_size({"width": 1280, "height": 320})
    expect(panel.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    alice.page.get_by_role("button", name="Compare numbers").click()
    numbers = alice.page.get_by_role("dialog", name="Compare numbers with")
    expect(numbers.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
    alice.page.keyboard.press("Escape")
    expect(numbers).to_be_hidden()
    expect(panel).to_be_visible()
    alice.open_chat(carol)
    expect(panel).to_be_hidden()
    expect(alice.message_box()).to_be_focused()


def test_numbers_do_not_open_after_the_details_were_closed(chat):
    """The server takes its time over the key that is compared."""
    alice, bob = chat
    alice.send("hello")
    alice.page.route("**/api/keys/email/**", lambda _: None)
    alice.page.get_by_role("button", name="Chat details").click()
    alice.page.get_by_role("button", name="Compare numbers").click()
    alice.page.keyboard.press("Escape")
    expect(alice.page.get_by_role("dialog")).to_have_count(0)
    alice.page.wait_for_timeout(4000)  # longer than the page waits for that answer
    expect(alice.page.get_by_role("dialog")).to_have_count(0)


def test_enter_alone_does_not_log_out(alice):
    button = alice.page.get_by_role("button", name="Log out")
    button.press("Enter")
    expect(alice.page.get_by_role("heading", name="Log out of VibeChat?")).to_be_focused()
    alice.page.keyboard.press("Enter")
    alice.page.keyboard.press("Tab")
    alice.page.keyboard.press("Enter")
    expect(alice.page.get_by_role("dialog")).to_be_visible()
    alice.page.keyboard.press("Space")
    expect(alice.page.get_by_role("dialog")).to_contain_text("You lose your key and all messages in this browser.")


def test_landing_page_of_who_is_logged_in_has_one_button(alice):
    alice.visit("/")
    expect(alice.page.get_by_role("link", name="Go on to your chats")).to_be_visible()
    expect(alice.page.get_by_role("link", name="Create account")).to_be_hidden()
    expect(alice.page.get_by_role("link", name="Log in")).to_be_hidden()


# --- keyboard --------------------------------------------------------------------------------------------------------


def tab_to(person, name: str) -> None:
    """Presses Tab until the focus is on what has this accessible name, as somebody without a mouse does."""
    target = (
        person.page.locator(":focus")
        .and_(person.page.get_by_label(name, exact=True))
        .or_(person.page.locator(":focus").and_(person.page.get_by_role("button", name=name, exact=True)))
        .or_(person.page.locator(":focus").and_(person.page.get_by_role("link", name=re.compile(re.escape(name)))))
    )
    for _ in range(60):
        person.page.keyboard.press("Tab")
        if target.count():
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_keyboard_alone_suffices(new_person, bob):
    alice = new_person("alice")
    keyboard = alice.page.keyboard
    alice.visit("/register")
    for name, text in (("Display name", alice.name), ("Email", alice.email), ("Password", alice.password)):
        tab_to_in_any_order(alice, name)
        keyboard.type(text)
    keyboard.press("Enter")
    alice.expect_chat_page()
    tab_to(alice, "Add contact")
    keyboard.press("Enter")
    expect(alice.page.get_by_role("dialog").get_by_label("Email")).to_be_focused()
    keyboard.type(bob.email)
    keyboard.press("Enter")
    expect(alice.page.get_by_role("dialog")).to_be_hidden()
    expect(alice.chat_link(bob)).to_be_visible()
    if not alice.message_box().is_visible():
        tab_to(alice, bob.name)
        keyboard.press("Enter")
    expect(alice.message_box()).to_be_visible()
    if not alice.message_box().evaluate("box => box === document.activeElement"):
        tab_to(alice, "Message")
    keyboard.type("no mouse was needed")
    keyboard.press("Enter")
    alice.expect_state("no mouse was needed", "Sent", "Delivered")
    bob.open_chat(alice)
    bob.expect_message("no mouse was needed")


def tab_to_in_any_order(person, name: str) -> None:
    """The form may begin with the field focused; the fields' order is the page's own."""
    if not person.page.get_by_label(name, exact=True).evaluate("field => field === document.activeElement"):
        tab_to(person, name)


# --- size ------------------------------------------------------------------------------------------------------------


# What is loaded when the browser has nothing better to do waits until it is asked for.
NEVER_IDLE = "window.requestIdleCallback = () => 0"


def loaded_files(person) -> set[str]:
    entries = person.page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    return {url for url in entries if re.search(r"\.(js|css)$", url)}


def open_chat_page(person) -> None:
    person.page.goto("about:blank")
    person.visit("/chat")
    person.expect_chat_page()


@pytest.fixture(scope="module")
def first_load(pool, site):
    """Alice, who waits with what is loaded later, and the files of her first load."""
    with company() as people:
        alice = maker_of_people(pool, site, people)("alice", alone=True).register()
        alice.page.add_init_script(NEVER_IDLE)
        open_chat_page(alice)
        yield alice, loaded_files(alice)


def test_the_first_load_is_small(first_load):
    _, files = first_load
    with httpx.Client(headers={"Accept-Encoding": "gzip, br"}) as client:
        sizes = {path: compressed_size(client, path) for path in files}
    assert any("chat" in path for path in sizes)
    assert 10_000 < sum(sizes.values()) < FIRST_LOAD_LIMIT_BYTES, sizes


def test_the_page_names_all_modules_of_its_first_load_and_no_other(first_load):
    alice, files = first_load
    nodes = "[...document.head.querySelectorAll('script[src], link[rel=modulepreload]')]"
    named = set(alice.page.evaluate(f"{nodes}.map(node => node.src ?? node.href)"))
    links = "[...document.querySelector('#later').content.querySelectorAll('link')]"
    later = set(alice.page.evaluate(f"{links}.map(link => new URL(link.getAttribute('href'), location).href)"))
    loaded = {url for url in files if url.endswith(".js")}
    assert named <= loaded <= named | later
    assert not named & later


def test_what_the_list_of_chats_needs_does_not_wait_behind_the_rest(new_person):
    """Its last message is of version 2, whose types are in modules of their own."""
    alice, bob = new_person("alice", alone=True).register(), new_person("bob").register()
    alice.add(bob)
    alice.send("hello")
    bob.accept(alice)
    bob.send("hello back")
    alice.expect_message("hello back")
    alice.page.add_init_script("window.requestIdleCallback = queueMicrotask")
    alice.use_no_cache()
    open_chat_page(alice)
    alice.page.wait_for_function(
        "() => performance.getEntriesByType('resource').some(entry => entry.name.includes('/chat-shell.'))"
    )
    entries = "performance.getEntriesByType('resource').toSorted((one, other) => one.startTime - other.startTime)"
    names = alice.page.evaluate(f"{entries}.map(entry => entry.name.split('/').pop().split('.')[0])")
    assert names.index("version-2") < names.index("chat-shell")


def test_the_rest_is_loaded_as_soon_as_it_is_asked_for(first_load):
    alice, files = first_load
    alice.page.get_by_role("button", name="Add contact").click()
    expect(alice.page.get_by_role("dialog").get_by_label("Email")).to_be_focused()
    assert files < loaded_files(alice)


def test_the_rest_needs_no_network_once_the_page_stands(alice):
    open_chat_page(alice)
    alice.page.wait_for_function(
        "() => performance.getEntriesByType('resource').some(entry => entry.name.includes('/dialogs.'))"
    )
    alice.page.wait_for_load_state("networkidle")
    alice.context.set_offline(True)
    for opener in ("Add contact", "Log out", "Settings"):
        alice.page.get_by_role("button", name=opener).click()
        expect(alice.page.get_by_role("dialog")).to_be_visible()
        alice.page.keyboard.press("Escape")
        expect(alice.page.get_by_role("dialog")).to_be_hidden()


@pytest.fixture
def whole_browser(browser_type, whole_launch_options):
    browser = browser_type.launch(**whole_launch_options)
    yield browser
    browser.close()


def test_what_could_not_be_loaded_says_so_and_opens_at_the_next_click(whole_browser, site, people, new_line):
    """Chromium 147 asks no second time for a module that it could not have once; 156 does."""
    line = new_line("alice")
    alice = maker_of_people(Pool(whole_browser), site, people)("alice", line=line, alone=True).register_by_hand()
    alice.page.add_init_script(NEVER_IDLE)
    alice.use_no_cache()
    open_chat_page(alice)
    line.cut()
    alice.page.get_by_role("button", name="Add contact").click()
    expect(alice.page.get_by_text("We couldn't reach the server.")).to_be_visible()
    line.mend()
    alice.page.get_by_role("button", name="Add contact").click()
    expect(alice.page.get_by_role("dialog").get_by_label("Email")).to_be_focused()


def compressed_size(client: httpx.Client, url: str) -> int:
    with client.stream("GET", url) as response:
        assert response.headers.get("Content-Encoding") in ("gzip", "br"), url
        return sum(len(part) for part in response.iter_raw())
