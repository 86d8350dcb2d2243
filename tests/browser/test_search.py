"""Search in the messages of all chats."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once


def test_a_found_message_is_shown_in_its_chat(friends):
    alice, bob = friends
    for text in ("The key lies under the stone", *(f"line {number}" for number in range(1, 41))):
        alice.message_box().fill(text)
        alice.message_box().press("Enter")
    alice.expect_state("line 40", "Sent", "Delivered")
    alice.page.goto("about:blank")
    alice.visit("/chat")  # no chat is open

    search = alice.page.get_by_label("Search", exact=True)
    found = alice.page.get_by_role("list", name="Messages found")
    search.fill("the KEY")
    expect(found.get_by_role("listitem")).to_have_count(1)
    expect(found.get_by_role("listitem")).to_contain_text("You: The key lies under the stone")
    found.get_by_role("link").click()
    expect(alice.message("The key lies")).to_be_in_viewport()
    expect(alice.message("line 40")).not_to_be_in_viewport()
    key = alice.message("The key lies")
    key.hover()
    key.get_by_role("button", name="Message options").click()
    alice.page.get_by_role("menu").get_by_role("menuitem", name="Delete for me").click()
    expect(found.get_by_role("listitem")).to_have_count(0)  # without a further key in the field
    search.fill("line 4")
    expect(found.get_by_role("listitem").first).to_contain_text("line 40")
    expect(found.get_by_role("listitem")).to_have_count(5)
    search.fill("nothing like this")
    expect(alice.page.get_by_text("No message found.")).to_be_visible()
    for clear in (lambda: search.fill(""), lambda: search.press("Escape")):
        search.fill("line 4")
        expect(found).to_be_visible()
        clear()
        expect(search).to_have_value("")
        expect(found).to_be_hidden()


def test_found_messages_are_reached_by_the_keyboard(friends):
    alice, _ = friends
    alice.send("the first stone")
    alice.send("the second stone")
    search = alice.page.get_by_label("Search", exact=True)
    links = alice.page.get_by_role("list", name="Messages found").get_by_role("link")
    search.fill("stone")
    expect(links).to_have_count(2)
    steps = [("ArrowDown", links.nth(0)), ("ArrowDown", links.nth(1)), ("ArrowUp", links.nth(0)), ("ArrowUp", search)]
    for key, place in steps:
        alice.page.keyboard.press(key)
        expect(place).to_be_focused()
    alice.page.goto("about:blank")
    alice.visit("/chat")
    search.fill("first stone")
    expect(links).to_have_count(1)
    search.press("Enter")
    expect(alice.message("the first stone")).to_be_visible()
