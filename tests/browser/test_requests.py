"""Strangers: requests, blocked people."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

# What is said to a screen reader, which leaves the page after a while.
LISTEN = """() => {
    globalThis.told = [];
    const take = (node) => void told.push(node.textContent);
    new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach(take)))
        .observe(document.querySelector("#announcer"), { childList: true });
}"""
SECRET = "click https://evil.example/now"


@pytest.fixture
def asked(new_person):
    """Mallory has written to Alice, who does not know her."""
    alice, mallory = new_person("alice").register(), new_person("mallory").register()
    alice.page.evaluate(LISTEN)
    mallory.ask(alice, SECRET)
    return alice, mallory


def test_request_has_the_address_alone_until_it_is_shown(asked):
    alice, mallory = asked
    alice.page.wait_for_function('told.includes("1 request from people you don\'t know.")')
    assert alice.request_of(mallory).inner_text().split("\n")[0] == mallory.email
    buttons = alice.request_of(mallory).get_by_role("button")
    assert buttons.all_inner_texts() == ["Show", "Accept", "Delete", "Block", "Report"]
    expect(alice.chat_link(mallory)).to_have_count(0)
    alice.visit(f"/chat#/{mallory.email}")
    alice.page.reload()
    expect(alice.request_of(mallory)).to_be_visible()
    body = alice.page.locator("body")
    expect(body).not_to_contain_text(mallory.name)
    expect(body).not_to_contain_text("evil.example")
    assert "(1)" not in alice.page.title()
    alice.answer_request(mallory, "Show")
    alice.expect_message(SECRET)
    expect(alice.page.locator("#thread-name")).to_have_text(mallory.name)
    expect(alice.message_box()).to_be_hidden()
    mallory.expect_state(SECRET, "Sent")


def test_accepted_request_is_a_chat_with_receipts(asked):
    alice, mallory = asked
    alice.answer_request(mallory, "Accept")
    expect(alice.chat_link(mallory)).to_be_visible()
    expect(alice.requests()).to_be_hidden()
    alice.send("who are you?", "Sent", "Delivered", "Read")
    mallory.expect_message("who are you?")
    mallory.expect_state(SECRET, "Read")


def test_deleted_request_comes_again_with_the_next_message(asked):
    alice, mallory = asked
    alice.answer_request(mallory, "Show")
    alice.expect_message(SECRET)
    alice.answer_request(mallory, "Delete")
    expect(alice.requests()).to_be_hidden()
    expect(alice.log()).to_be_hidden()
    mallory.send("again", "Sent")
    expect(alice.request_of(mallory)).to_be_visible()
    expect(alice.request_of(mallory)).not_to_contain_text(mallory.name)


def test_blocked_stranger_sees_sent_and_is_heard_again_after_unblocking(asked):
    alice, mallory = asked
    with alice.page.expect_response(re.compile("/api/blocks/add")):
        alice.answer_request(mallory, "Block")
    expect(alice.requests()).to_be_hidden()
    mallory.send("meanwhile", "Sent")
    alice.page.get_by_role("button", name="Settings").click()
    settings = alice.page.get_by_role("dialog", name="Settings")
    settings.get_by_text("Blocked people").click()
    people = settings.get_by_role("list", name="Blocked people")
    expect(people).to_contain_text(mallory.email)
    with alice.page.expect_response(lambda answer: answer.request.method == "DELETE" and "/api/blocks/" in answer.url):
        people.get_by_role("button", name="Unblock").click()
    expect(people).to_contain_text("You have blocked nobody.")
    settings.get_by_role("button", name="Close").click()
    mallory.send("after", "Sent")
    expect(alice.request_of(mallory)).to_be_visible()
    alice.answer_request(mallory, "Show")
    alice.expect_message("after")
    expect(alice.message("meanwhile")).to_have_count(0)


def test_blocked_contact_keeps_the_chat_and_has_no_composer(friends):
    alice, bob = friends
    alice.send("hello", "Sent")
    alice.page.get_by_role("button", name="Chat details").click()
    with alice.page.expect_response(re.compile("/api/blocks/add")):
        alice.page.locator("#details").get_by_role("button", name="Block", exact=True).click()
    expect(alice.message_box()).to_be_hidden()
    expect(alice.page.locator(".standing")).to_contain_text(f"You blocked {bob.name}.")
    bob.open_chat(alice)
    bob.send("are you there?", "Sent")
    with alice.page.expect_response(re.compile(r"/api/blocks/\d+")):
        alice.page.locator(".standing").get_by_role("button", name="Unblock").click()
    expect(alice.message_box()).to_be_visible()
    bob.send("hello?", "Sent", "Delivered", "Read")
    alice.expect_message("hello?")
    expect(alice.message("are you there?")).to_have_count(0)


def test_the_focus_is_never_lost_while_strangers_are_answered(asked, new_person):
    alice, mallory = asked
    trent = new_person("trent").register()
    trent.ask(alice, "me too")
    page = alice.page

    def press(button):
        button.focus()
        page.keyboard.press("Enter")

    request = alice.request_of(mallory)
    press(alice.request_of(trent).get_by_role("button", name="Delete"))
    expect(request.get_by_role("button", name="Delete")).to_be_focused()
    press(request.get_by_role("button", name="Show"))
    expect(alice.log()).to_be_focused()
    press(request.get_by_role("button", name="Accept"))
    expect(alice.message_box()).to_be_focused()
    press(page.get_by_role("button", name="Chat details"))
    press(page.locator("#details-block"))
    expect(page.locator("#details-block")).to_have_text("Unblock")
    page.keyboard.press("Escape")
    press(page.locator(".standing").get_by_role("button", name="Unblock"))
    expect(alice.message_box()).to_be_focused()
    press(page.get_by_role("button", name="Chat details"))
    press(page.locator("#details-block"))
    expect(page.locator("#details-block")).to_have_text("Unblock")
    page.keyboard.press("Escape")
    press(page.get_by_role("button", name="Settings"))
    press(page.get_by_text("Blocked people"))
    press(page.get_by_role("list", name="Blocked people").get_by_role("button", name="Unblock"))
    expect(page.get_by_text("Blocked people")).to_be_focused()


def test_request_can_be_answered_on_a_phone(new_person):
    alice = new_person("alice", viewport={"width": 390, "height": 800}).register()
    mallory = new_person("mallory").register()
    mallory.ask(alice, "hello")
    alice.answer_request(mallory, "Show")
    alice.expect_message("hello")
    alice.requests().get_by_role("button", name="Accept").click()
    expect(alice.message_box()).to_be_visible()
    mallory.expect_state("hello", "Delivered", "Read")
