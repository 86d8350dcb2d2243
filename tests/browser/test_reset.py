"""A forgotten password: a link by email sets a new one, and the messages of this browser stay."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.site import Server
from tools.browser.ways import keep_code, unlock_by_code

pytestmark = pytest.mark.once
LINK = re.compile(r"^http://\S+/reset#link=(\S+)$", re.MULTILINE)
ON_ITS_WAY = re.compile("a link is on its way")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("mail") / "var", EMAIL_URL="console://")
    server.start()
    yield server
    server.stop()


def links(server: Server) -> list[re.Match]:
    """Those that the server has printed."""
    return list(LINK.finditer(server.log.read_text()))


def mailed_link(server: Server, person) -> re.Match:
    """Asks for a link and waits for the mail, which goes out after the answer."""
    before = len(links(server))
    ask_for_link(person)
    for _ in range(100):
        if found := links(server)[before:]:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("no mail was sent")


def ask_for_link(person) -> None:
    person.visit("/login")
    person.page.get_by_role("link", name="Forgot your password?").click()
    person.page.get_by_label("Email").fill(person.email)
    person.page.get_by_role("button", name="Send link").click()
    expect(person.page.get_by_text(ON_ITS_WAY)).to_be_visible()


def compare_numbers(person) -> None:
    """With the person whose chat is open."""
    for name in ("Chat details", "Compare numbers", "They match"):
        person.page.get_by_role("button", name=name).click()
    for _ in range(2):
        person.page.get_by_role("button", name="Close").last.click()


def set_password(person, password: str) -> None:
    person.page.get_by_label("New password").fill(password)
    person.page.get_by_role("button", name="Set password").click()


def go_on(person) -> None:
    done = person.page.get_by_role("status").filter(has_text="Your new password is set.")
    done.get_by_role("link", name="Log in").click()


def test_link_gives_the_account_back_and_the_messages_of_this_browser_stay(server, new_person):
    alice = new_person("alice", alone=True, address=server.url).register()
    bob = new_person("bob", address=server.url).register()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("before the password was forgotten")
    alice.log_out(forget=False)
    link = mailed_link(server, alice)
    seen = []
    alice.page.on("request", lambda request: seen.append(f"{request.url} {request.headers}"))
    alice.page.goto(link[0])
    expect(alice.page.get_by_label("New password")).to_be_visible()
    assert alice.page.url == f"{server.url}/reset"
    set_password(alice, "easy")
    expect(alice.page.get_by_text("Use at least 8 characters.")).to_be_visible()
    alice.password = "another correct horse"
    set_password(alice, alice.password)
    go_on(alice)
    alice.send_credentials()
    alice.expect_chat_page()
    alice.open_chat(bob)
    alice.expect_message("before the password was forgotten")
    alice.send("after the new one")
    bob.open_chat(alice)
    bob.expect_message("after the new one")
    expect(alice.page.get_by_role("dialog")).to_have_count(0)
    assert not [request for request in seen if link[1] in request]
    assert server.log.read_text().count(link[1]) == 1, "only in the mail that it printed"


def test_whoever_has_lost_password_and_browser_comes_back_by_a_link_and_the_code(site, friends, new_person):
    alice, bob = friends
    alice.send("before all was lost")
    bob.open_chat(alice)
    bob.send("an answer")
    alice.expect_message("an answer")
    compare_numbers(alice)
    code = keep_code(alice)
    alice.page.close()
    vault = "SELECT v.version, v.hash, v.blob FROM vault_versions v JOIN users u ON u.id = v.user_id WHERE u.email = ?"
    before = site.execute(vault, alice.email)
    away = new_person("alice", account=alice)
    away.page.goto(site.server_of("alice").reset_link(alice.email))
    expect(away.page.get_by_text("We cannot give your messages back.")).to_be_visible()
    away.password = "another correct horse"
    set_password(away, away.password)
    go_on(away)
    away.send_credentials()
    away.expect_chat_page()
    assert before
    assert site.execute(vault, alice.email) == before
    unlock_by_code(away, code)
    away.open_chat(bob)
    away.expect_in_order("before all was lost", "an answer")
    away.expect_state("before all was lost", "Read")
    away.page.get_by_role("button", name="Chat details").click()
    expect(away.page.get_by_text("You compared numbers on")).to_be_visible()
    away.page.keyboard.press("Escape")
    away.send("back again")
    bob.expect_message("back again")
    expect(bob.page.locator("#keys-strip")).to_be_hidden()


def test_link_that_was_used_says_so(server, new_person):
    alice = new_person("alice", alone=True, address=server.url).register()
    link = mailed_link(server, alice)[0]
    for words in ("Your new password is set.", "This link has been used, or is too old."):
        alice.page.goto("about:blank")
        alice.page.goto(link)
        set_password(alice, "another correct horse")
        expect(alice.page.get_by_text(words)).to_be_visible()
    alice.visit("/reset")
    expect(alice.page.get_by_text("This page needs the link")).to_be_visible()
    alice.page.get_by_role("link", name="Ask for a new link").click()
    expect(alice.page.get_by_role("button", name="Send link")).to_be_enabled()


def test_open_browser_of_the_account_is_logged_out_and_says_so(server, new_person):
    alice = new_person("alice", alone=True, address=server.url).register()
    alice.page.goto(mailed_link(server, alice)[0])
    set_password(alice, "another correct horse")
    go_on(alice)
    expect(alice.page.get_by_text("You have been logged out.")).to_be_visible()


def test_server_without_mail_says_who_makes_a_link(new_person):
    alice = new_person("alice")
    alice.visit("/forgot")
    expect(alice.page.get_by_text("Ask the person who runs it for a link")).to_be_visible()
    expect(alice.page.get_by_role("button", name="Send link")).to_be_hidden()
