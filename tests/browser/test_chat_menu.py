"""What a person does with a whole chat: pin, mute, archive, mark as unread, nickname, download and delete."""

import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

# What is loaded after the first screen is there.
SHELL = "() => document.querySelector('#chat-menu') !== null"
CHOICES = ["Pin", "Mute", "Mark as unread", "Archive", "Nickname", "Download this chat", "Delete chat"]


def options(person, other):
    return person.chats().get_by_role("button", name=f"Chat options {other.name}")


def choose(person, other, choice: str) -> None:
    row(person, other).hover()
    options(person, other).click()
    item(person, choice).click()
    expect(person.page.get_by_role("menu")).to_have_count(0)


def row(person, other):
    return options(person, other).locator("xpath=..")


def item(person, choice: str):
    return person.page.get_by_role("menu", name="Chat options").get_by_role("menuitem", name=choice, exact=True)


def test_the_menu_opens_by_button_second_button_and_keyboard(talking):
    alice, bob = talking
    items = alice.page.get_by_role("menu", name="Chat options").get_by_role("menuitem")
    row(alice, bob).hover()
    options(alice, bob).click()
    expect(items).to_have_text(CHOICES)
    alice.page.keyboard.press("Escape")
    expect(items).to_have_count(0)
    row(alice, bob).click(button="right")
    expect(items).to_have_text(CHOICES)
    alice.page.keyboard.press("Escape")
    expect(items).to_have_count(0)
    alice.chat_link(bob).focus()
    alice.page.keyboard.press("Tab")
    expect(options(alice, bob)).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(item(alice, "Pin")).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(alice.chat_link(bob)).to_have_accessible_description(re.compile("Pinned"))
    expect(options(alice, bob)).to_be_focused()
    alice.chat_link(bob).focus()
    alice.page.keyboard.press("Shift+F10")
    expect(item(alice, "Unpin")).to_be_focused()


def test_the_menu_opens_by_a_long_press_and_opens_no_chat(new_person, bob):
    alice = new_person("alice", alone=True).register()
    alice.add(bob)
    alice.visit("/chat")
    expect(alice.chat_link(bob)).to_be_visible()
    alice.page.wait_for_function(SHELL)
    box = alice.chat_link(bob).bounding_box()
    touch = alice.context.new_cdp_session(alice.page)
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(item(alice, "Pin")).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(item(alice, "Pin")).to_be_visible()
    assert "#/" not in alice.page.url
    item(alice, "Mute").click()
    expect(alice.chat_link(bob)).to_have_accessible_description(re.compile("Muted"))


def test_an_archived_chat_is_found_by_search_and_returns_with_a_message(talking):
    alice, bob = talking
    choose(alice, bob, "Archive")
    expect(alice.chat_link(bob)).to_have_count(0)
    archive = alice.chats().get_by_role("button", name="Archived (1)")
    expect(archive).to_be_focused()
    archive.click()
    expect(alice.chat_link(bob)).to_be_visible()
    alice.chats().get_by_role("button", name="Back to all chats").click()
    expect(alice.chat_link(bob)).to_have_count(0)
    alice.page.get_by_role("searchbox", name="Search").fill(bob.name)
    expect(alice.chat_link(bob)).to_be_visible()
    alice.page.get_by_role("searchbox", name="Search").fill("")
    alice.page.reload()
    expect(archive).to_be_visible()
    bob.send("And you?", "Sent", "Delivered", "Read")
    expect(alice.chat_link(bob)).to_be_visible()
    expect(archive).to_have_count(0)


def test_a_chat_that_is_marked_as_unread_is_so_until_it_is_opened(talking):
    alice, bob = talking
    choose(alice, bob, "Mark as unread")
    expect(alice.message_box()).to_be_hidden()
    expect(alice.chat_link(bob)).to_have_accessible_description(re.compile("Marked as unread"))
    alice.page.reload()
    expect(alice.chat_link(bob)).to_have_accessible_description(re.compile("Marked as unread"))
    alice.open_chat(bob)
    expect(alice.chat_link(bob)).not_to_have_accessible_description(re.compile("Marked as unread"))


def test_a_nickname_stands_everywhere_and_the_safety_number_names_the_address(talking):
    alice, bob = talking
    choose(alice, bob, "Nickname")
    dialog = alice.page.get_by_role("dialog", name="A nickname for")
    expect(dialog).to_contain_text(f"Their own name is {bob.name}.")
    dialog.get_by_label("Nickname").fill("My dear")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(alice.chats().get_by_role("link", name="My dear")).to_be_visible()
    expect(alice.page.get_by_role("heading", name="My dear")).to_be_visible()
    alice.page.get_by_role("button", name="Chat details").click()
    alice.page.get_by_role("button", name="Compare numbers").click()
    expect(alice.page.get_by_role("dialog", name=f"Compare numbers with My dear ({bob.email})")).to_be_visible()
    alice.page.reload()
    expect(alice.chats().get_by_role("link", name="My dear")).to_be_visible()
    expect(bob.chat_link(alice)).to_be_visible()


def test_one_chat_is_downloaded_and_no_other(talking, new_person):
    alice, bob = talking
    carol = new_person("carol").register()
    alice.add(carol)
    alice.open_chat(carol)
    alice.send("for Carol alone")
    choose(alice, bob, "Download this chat")
    dialog = alice.page.get_by_role("dialog", name=f"Download the chat with {bob.name}")
    with alice.page.expect_download() as download:
        dialog.get_by_role("button", name="Download as data (JSON)").click()
    file = json.loads(download.value.path().read_text())
    assert [chat["email"] for chat in file["chats"]] == [bob.email]
    assert [message["text"] for message in file["chats"][0]["messages"]] == ["Are you there?", "I am"]
    with alice.page.expect_download() as download:
        dialog.get_by_role("button", name="Download as a page to read").click()
    page = download.value.path().read_text()
    assert "I am" in page
    assert "for Carol alone" not in page


def test_a_deleted_chat_leaves_the_list_and_the_other_keeps_it(talking):
    alice, bob = talking
    choose(alice, bob, "Delete chat")
    dialog = alice.page.get_by_role("dialog", name=f"Delete the chat with {bob.name}?")
    expect(dialog).to_contain_text(f"{bob.name} keeps their copy.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(options(alice, bob)).to_be_focused()
    choose(alice, bob, "Delete chat")
    dialog.get_by_role("button", name="Delete chat").click()
    expect(alice.chat_link(bob)).to_have_count(0)
    expect(alice.message_box()).to_be_hidden()
    alice.page.reload()
    expect(alice.page.get_by_text("Start your first chat")).to_be_visible()
    bob.expect_in_order("Are you there?", "I am")
    bob.send("Still there?", "Sent", "Delivered", "Read")
    alice.open_chat(bob)
    alice.expect_in_order("Still there?")


def test_options_are_at_hand_in_the_details_too(talking):
    alice, bob = talking
    alice.page.set_viewport_size({"width": 390, "height": 800})
    alice.page.get_by_role("button", name="Chat details").click()
    alice.page.get_by_role("dialog", name=bob.name).get_by_role("button", name="Chat options").click()
    item(alice, "Pin").click()
    alice.page.set_viewport_size({"width": 1280, "height": 800})
    expect(alice.chat_link(bob)).to_have_accessible_description(re.compile("Pinned"))


def test_details_show_what_the_menu_has_set(talking):
    alice, bob = talking
    choose(alice, bob, "Mute")
    expect(alice.chat_link(bob)).to_have_accessible_description(re.compile("Muted"))
    alice.page.get_by_role("button", name="Chat details").click()
    expect(alice.page.get_by_label("Mute notifications")).to_be_checked()
