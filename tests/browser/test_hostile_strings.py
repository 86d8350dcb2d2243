"""Names, addresses and texts of hostile people, and of a hostile server: they stay where they are, and as they are."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

TURNING = "\u202e"  # right-to-left override
ZALGO = "Z" + "\u0300\u0301\u0302\u0303\u0306\u0308" * 40
NAMES = {
    "turned around": f"Bob {TURNING}eveb \u2066\u2069",
    "never closed": f"\u2067\u2068{TURNING}Bob",
    "invisible": "\u200b\u2060\u00ad",
    "of one long word": "W" * 100,
    "that climbs": ZALGO,
    "markup": "<b onclick=alert(1)>Bob</b>",
}
# Where such a text stands without anything around it that keeps it from turning its neighbours.
UNISOLATED = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!/[\\u202a-\\u202e\\u2066-\\u2069]/u.test(node.data)) continue;
    const { unicodeBidi, display } = getComputedStyle(node.parentElement);
    const isAlone = display !== "inline" && node.parentElement.childNodes.length === 1;
    const isApart = display === "inline" && /isolate|plaintext/.test(unicodeBidi);
    if (!isAlone && !isApart) found.push(node.parentElement.outerHTML.slice(0, 200));
  }
  for (const node of document.querySelectorAll("[aria-label], [title], [placeholder]"))
    for (const name of ["aria-label", "title", "placeholder"])
      if (/[\\u202a-\\u202e\\u2066-\\u2069]/u.test(node.getAttribute(name) ?? "")) found.push(`${name} of ${node.id}`);
  if (/[\\u202a-\\u202e\\u2066-\\u2069]/u.test(document.title)) found.push("the title");
  return found;
}"""
# What reaches out of its place, sideways.
TOO_WIDE = """() =>
  [document.documentElement, ...document.querySelectorAll("dialog[open], #log, .strip, .thread-strip")]
  .filter((node) => node.scrollWidth > node.clientWidth && node.clientWidth > 0)
  .map((node) => node.id || node.tagName)"""


def rename(site, people, name: str) -> None:
    for person in people:
        site.execute("UPDATE users SET display_name = ? WHERE email = ?", name, person.email)


def test_names_keep_to_their_place(pair_of, site):
    alice, bob = pair_of
    bob.send(f"{TURNING}txet {ZALGO} {'W' * 300}")
    for kind, name in NAMES.items():
        rename(site, pair_of, name)
        alice.page.reload()
        expect(alice.log().get_by_role("article")).to_have_count(2)
        assert misplaced(alice) == ([], []), f"{kind}, the chat"
        alice.page.get_by_role("button", name="Chat details").click()
        expect(alice.page.get_by_role("button", name="Compare numbers")).to_be_visible()
        assert misplaced(alice) == ([], []), f"{kind}, details"
        alice.page.get_by_role("button", name="Compare numbers").click()
        expect(alice.page.get_by_role("button", name="They match")).to_be_visible()
        alice.page.get_by_role("button", name="They don't match").click()
        expect(alice.page.get_by_text("The numbers do not match.")).to_be_visible()
        assert misplaced(alice) == ([], []), f"{kind}, numbers"
        assert alice.page.locator("b").count() == 0
    expect(alice.log()).to_contain_text(NAMES["markup"])


def misplaced(person) -> tuple[list, list]:
    return person.page.evaluate(UNISOLATED), person.page.evaluate(TOO_WIDE)


@pytest.fixture
def pair_of(new_person, bob):
    """On a phone, where there is the least room."""
    alice = new_person("alice", viewport={"width": 375, "height": 700}).register()
    alice.add(bob)
    alice.send("Hello", "Sent", "Delivered", "Read")
    bob.open_chat(alice)
    bob.expect_message("Hello")
    return alice, bob


def test_the_check_would_find_something(alice):
    alice.page.evaluate(f"document.querySelector('h1').append('{TURNING}', document.createElement('i'))")
    assert alice.page.evaluate(UNISOLATED) != []


def test_two_that_look_the_same_are_told_apart_by_their_addresses(alice, office):
    bobs = [office.make_account("Bob"), office.make_account("B\u200dob", at="bob")]
    for person in bobs:
        alice.add(person)
    for person in bobs:
        expect(alice.chats().get_by_role("link").filter(has_text=person.email)).to_have_count(1)


def test_an_address_of_this_page_cannot_put_words_into_its_mouth(alice):
    alice.page.goto(f"{alice.url}/chat#/Your account is locked. Call 555 at once")
    alice.page.reload()
    expect(alice.page.get_by_role("heading", name="Start your first chat")).to_be_visible()
    assert "locked" not in alice.page.locator("body").inner_text()


# --- addresses in messages -------------------------------------------------------------------------------------------


def link_dialog(person):
    return person.page.get_by_role("dialog", name="Is this where you want to go?")


def test_an_address_that_looks_like_another_is_asked_about_first(friends):
    alice, bob = friends
    lists = []

    def hold(route):  # Playwright cannot take a method of a list
        lists.append(route)

    bob.page.route("**/api/messages/conversations", hold)
    alice.type_and_send("log in at https://\u0430pple.com/login")
    alice.expect_state("log in at", "Sent", "Delivered", "Read")
    bob.open_chat(alice)
    link = bob.message("log in at").get_by_role("button", name="xn--pple")
    link.focus()
    for call in lists:
        call.continue_()
    bob.page.unroute("**/api/messages/conversations")
    expect(bob.page.get_by_role("heading", name="Alice", exact=True)).to_be_visible()
    expect(link, "the name of the writer came after the message").to_be_focused()
    expect(link).to_have_text("https://xn--pple-43d.com/login")
    expect(bob.message("log in at").get_by_role("link")).to_have_count(0)
    for press in ("Enter", "click"):
        link.click() if press == "click" else link.press(press)
        expect(link_dialog(bob)).to_contain_text("xn--pple-43d.com")
        expect(link_dialog(bob)).to_contain_text("\u0430pple.com")
        link_dialog(bob).get_by_role("button", name="Don't open").click()
        expect(link_dialog(bob)).to_be_hidden()
        expect(link).to_be_focused()
    assert len(bob.context.pages) == 1
    link.click()
    way = link_dialog(bob).get_by_role("link", name="Open anyway")
    expect(way).to_have_attribute("href", "https://xn--pple-43d.com/login")
    expect(way).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(way).to_have_attribute("target", "_blank")


def test_an_ordinary_address_is_a_link(chat):
    alice, _ = chat
    alice.send("see https://example.org/a", "Sent")
    link = alice.message("see https").get_by_role("link")
    expect(link).to_have_attribute("href", "https://example.org/a")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_a_message_of_invisible_characters_is_not_sent(chat):
    alice, _ = chat
    alice.message_box().fill("\u200b\u3164")
    expect(alice.page.get_by_role("button", name="Send")).to_be_disabled()
    alice.message_box().press("Enter")
    expect(alice.message_box()).to_have_value("\u200b\u3164")
    expect(alice.log().get_by_role("article")).to_have_count(0)
