"""What the page says by itself, and what it then asks: forgotten, cleared elsewhere, stopped; and one setting."""

import contextlib
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

NO_ED25519 = """
  const { generateKey } = SubtleCrypto.prototype;
  SubtleCrypto.prototype.generateKey = function (algorithm, ...rest) {
    if ((algorithm.name ?? algorithm) === "Ed25519") throw new DOMException("Unrecognized name.", "NotSupportedError");
    return generateKey.call(this, algorithm, ...rest);
  };
"""
FORGOTTEN = "This browser can't tell any more."
CLEARED = "You cleared this chat in another browser. Clear it here too?"


@contextlib.contextmanager
def api(person) -> Iterator[httpx.Client]:
    """In a session apart from the browser's."""
    with httpx.Client(base_url=person.url, timeout=20) as client:
        answer = client.post("/api/auth/login", json={"email": person.email, "password": person.password})
        client.headers["Authorization"] = f"Bearer {answer.json()['access']}"
        yield client


def test_numbers_that_were_compared_are_said_to_be_forgotten_until_it_was_read(chat):
    alice, bob = chat
    alice.send("Hello")
    alice.page.get_by_role("button", name="Chat details").click()
    alice.page.get_by_role("button", name="Compare numbers").click()
    numbers = alice.page.get_by_role("dialog", name="Compare numbers")
    numbers.get_by_role("button", name="They match").click()
    expect(numbers).to_contain_text("The numbers match")
    alice.page.reload()
    alice.log_out(forget=True)
    alice.log_in()
    expect(alice.page.get_by_text("this browser has forgotten your key")).to_be_visible()
    strip = alice.page.get_by_role("status").filter(has_text=FORGOTTEN)
    expect(strip).to_contain_text("You had compared numbers with 1 person.")
    alice.take_over()
    strip.get_by_role("button", name="OK").click()
    expect(strip).to_be_hidden()
    alice.page.reload()
    alice.expect_chat_page()
    expect(strip).to_be_hidden()


def test_a_new_browser_says_nothing_of_numbers(chat, new_person):
    alice, _ = chat
    alice.send("Hello")
    second = new_person("alice", account=alice)
    second.log_in()
    expect(second.page.get_by_text("your messages still go to your other browser")).to_be_visible()
    expect(second.page.get_by_text(FORGOTTEN)).to_be_hidden()


@pytest.mark.parametrize(("choice", "left"), [("Keep here", 1), ("Clear here", 0)])
def test_a_clearing_elsewhere_asks(chat, choice, left):
    alice, bob = chat
    alice.send("still here?")
    with api(alice) as client:
        client.delete(f"/api/messages/conversation/{bob.email}").raise_for_status()
    strip = alice.page.get_by_role("status").filter(has_text=CLEARED)
    expect(strip).to_be_visible()
    expect(alice.message("still here?")).to_have_count(1)
    strip.get_by_role("button", name=choice, exact=True).click()
    expect(strip).to_be_hidden()
    expect(alice.message("still here?")).to_have_count(left)
    expect(alice.message_box()).to_be_focused()
    alice.page.reload()
    expect(alice.message_box()).to_be_visible()
    expect(alice.message("still here?")).to_have_count(left)
    expect(strip).to_be_hidden()


def test_a_browser_that_is_too_old_says_so(new_person):
    alice = new_person("alice", alone=True)
    alice.page.add_init_script(NO_ED25519)
    alice.visit("/register")
    alice.fill_in_registration()
    alice.page.get_by_role("button", name="Create account").click()
    words = alice.page.get_by_role("heading", name="This browser is too old for VibeChat. Update it, or use another.")
    expect(words).to_be_visible()
    alice.page.get_by_role("button", name="Log out").last.click()
    alice.page.wait_for_url("**/login")


def test_who_is_logged_out_is_told_so_until_they_log_in_again(new_person):
    alice = new_person("alice")
    words = alice.page.get_by_role("status").filter(has_text="You have been logged out. Log in again to go on.")
    alice.visit_in_vain("/chat")
    expect(alice.page.get_by_role("button", name="Log in", exact=True)).to_be_enabled()
    expect(words).to_be_hidden()
    alice.register_by_hand()
    new_password = "another long enough password"
    with api(alice) as client:
        change = {"current_password": alice.password, "new_password": new_password}
        client.post("/api/auth/password", json=change).raise_for_status()
    alice.password = new_password
    alice.visit_in_vain("/chat")  # or 20 seconds later by itself
    expect(words).to_be_visible()
    alice.page.reload()
    expect(words).to_be_visible()
    alice.log_in()
    alice.log_out(forget=False)
    alice.visit("/login")
    expect(alice.page.get_by_role("button", name="Log in", exact=True)).to_be_enabled()
    expect(words).to_be_hidden()


def test_messages_of_an_earlier_account_stop_the_page_until_they_are_forgotten(friends):
    alice, bob = friends
    alice.send("of the earlier account")
    with api(alice) as client:
        client.request("DELETE", "/api/auth/me", json={"password": alice.password}).raise_for_status()
        account = {"email": alice.email, "password": alice.password, "display_name": alice.name}
        client.post("/api/auth/register", json=account).raise_for_status()
    alice.visit_in_vain("/chat")  # or 20 seconds later by itself
    alice.send_credentials()
    words = "This browser keeps messages of an earlier account with this address."
    expect(alice.page.get_by_role("heading", name=words)).to_be_visible()
    with api(bob) as client:
        assert client.get(f"/api/keys/email/{alice.email}").status_code == 404, "nothing was uploaded"
    alice.page.get_by_role("button", name="Forget them").click()
    alice.expect_chat_page()
    assert "of the earlier account" not in alice.page.locator("body").inner_text()


def test_who_does_not_show_what_was_read_does_not_see_it_either(friends):
    alice, bob = friends
    alice.send("Hello Bob")
    bob.open_chat(alice)
    bob.send("Hello Alice")
    bob.page.get_by_role("button", name="Settings").click()
    choice = bob.page.get_by_role("checkbox", name="Show others when I have read their messages")
    expect(choice).to_be_checked()
    bob.page.keyboard.press("Escape")
    bob.expect_state("Hello Alice", "Read")
    bob.page.get_by_role("button", name="Settings").click()
    choice.uncheck()
    bob.page.keyboard.press("Escape")
    bob.expect_state("Hello Alice", "Delivered")
    bob.page.reload()
    bob.expect_state("Hello Alice", "Delivered")
    bob.page.get_by_role("button", name="Settings").click()
    expect(choice).not_to_be_checked()
    bob.page.keyboard.press("Escape")
    alice.send("Did you read this?", "Delivered")
    bob.expect_message("Did you read this?")
    expect(alice.message("Did you read this?").locator(".state-word")).to_have_text("Delivered")
