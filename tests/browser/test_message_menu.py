"""What two people do with single messages: reply, react, edit, delete and look closer."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

DELETED = "This message was deleted."


def choose(person, text: str, *choices: str) -> None:
    """In the menu of that message."""
    message = person.message(text)
    message.hover()
    message.get_by_role("button", name="Message options").click()
    for choice in choices:
        person.page.get_by_role("menu").get_by_role("menuitem", name=choice, exact=True).click()


def test_a_reply_quotes_and_leads_to_what_it_answers(talking):
    alice, bob = talking
    choose(bob, "Are you there?", "Reply")
    expect(bob.page.locator("#composer-mode")).to_contain_text("Are you there?")
    bob.send("For you, always")
    quote = alice.message("For you, always").get_by_role("button", name="Are you there?")
    expect(quote).to_contain_text("You")
    quote.click()
    expect(alice.log().get_by_role("article").first).to_be_focused()


def test_a_reaction_is_a_button_with_its_count(talking):
    alice, bob = talking
    choose(alice, "I am", "React", "👍")
    chosen = alice.message("I am").get_by_role("button", name="👍 1")
    expect(chosen).to_have_attribute("aria-pressed", "true")
    bob.message("I am").get_by_role("button", name="👍 1").click()
    expect(alice.message("I am").get_by_role("button", name="👍 2")).to_be_visible()
    chosen.or_(alice.message("I am").get_by_role("button", name="👍 2")).click()
    expect(bob.message("I am").get_by_role("button", name="👍 1")).to_be_visible()


def test_an_edit_shows_everywhere_and_keeps_the_earlier_version_in_info(talking):
    alice, bob = talking
    bob.page.get_by_label("Message", exact=True).press("ArrowUp")
    expect(bob.page.get_by_label("Message", exact=True)).to_have_value("I am")
    bob.page.get_by_label("Message", exact=True).fill("I am not")
    bob.page.keyboard.press("Enter")
    expect(alice.message("I am not")).to_contain_text("edited")
    choose(alice, "I am not", "Info")
    info = alice.page.get_by_role("dialog", name="Message info")
    expect(info.get_by_role("listitem")).to_have_text(re.compile("^I am "))
    alice.page.keyboard.press("Escape")
    bob.page.reload()
    bob.expect_message("I am not")
    expect(bob.page.get_by_label("Message", exact=True)).to_have_value("")


def test_a_deleted_message_is_gone_for_both(talking):
    alice, bob = talking
    choose(alice, "Are you there?", "Delete for everyone")
    expect(bob.message(DELETED)).to_be_visible()
    expect(alice.message(DELETED)).to_be_visible()
    for person in (alice, bob):
        person.page.reload()
        person.expect_message(DELETED)
        expect(person.message("Are you there?")).to_have_count(0)


def test_delete_for_me_is_for_me_alone(talking):
    alice, bob = talking
    choose(alice, "I am", "Delete for me")
    expect(alice.message("I am")).to_have_count(0)
    alice.page.reload()
    alice.expect_message("Are you there?")
    expect(alice.message("I am")).to_have_count(0)
    bob.expect_message("I am")


def test_the_menu_offers_what_can_be_done(talking):
    alice, _ = talking
    for text, choices in {
        "Are you there?": ["Reply", "React", "Copy", "Edit", "Delete for me", "Delete for everyone", "Info"],
        "I am": ["Reply", "React", "Copy", "Delete for me", "Info"],
    }.items():
        choose(alice, text)
        expect(alice.page.get_by_role("menuitem")).to_have_text(choices)
        alice.page.keyboard.press("Escape")
        expect(alice.page.get_by_role("menu")).to_have_count(0)


def test_the_menu_opens_by_keyboard(talking):
    alice, _ = talking
    alice.message("I am").get_by_role("button", name="Message options").focus()
    alice.page.keyboard.press("Enter")
    expect(alice.page.get_by_role("menuitem", name="Reply")).to_be_focused()
    alice.page.keyboard.press("ArrowDown")
    alice.page.keyboard.press("Enter")
    expect(alice.page.get_by_role("menuitem", name="👍")).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(alice.message("I am").get_by_role("button", name="👍 1")).to_be_visible()
    expect(alice.message("I am").get_by_role("button", name="Message options")).to_be_focused()


def test_the_focus_stays_in_the_log_when_its_control_is_gone(talking):
    alice, _ = talking
    choose(alice, "I am", "React", "👍")
    chosen = alice.message("I am").get_by_role("button", name="👍 1")
    chosen.focus()
    alice.page.keyboard.press("Enter")
    expect(chosen).to_have_count(0)
    options = alice.message("I am").get_by_role("button", name="Message options")
    expect(options).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(alice.page.get_by_role("menuitem", name="Reply")).to_be_focused()
    alice.page.get_by_role("menuitem", name="Delete for me").focus()
    alice.page.keyboard.press("Enter")
    expect(alice.message("I am")).to_have_count(0)
    expect(alice.message("Are you there?").get_by_role("button", name="Message options")).to_be_focused()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_menu_is_beside_its_message_and_the_reply_above_the_text(talking, width):
    alice, _ = talking
    alice.page.set_viewport_size({"width": width, "height": 800})
    for text in ("I am", "Are you there?"):
        bubble = alice.message(text).locator(".bubble").bounding_box()
        options = alice.message(text).get_by_role("button", name="Message options").bounding_box()
        gap = max(bubble["x"] - options["x"] - options["width"], options["x"] - bubble["x"] - bubble["width"])
        assert 0 <= gap < 8, (text, gap)
    choose(alice, "I am", "Reply")
    strip = alice.page.locator("#composer-mode").bounding_box()
    box = alice.message_box().bounding_box()
    assert strip["y"] + strip["height"] <= box["y"]
    assert box["width"] > 100


def test_one_line_shows_a_text_without_its_marks(talking):
    alice, bob = talking
    bob.send("at *ten* then")
    alice.expect_message("at *ten* then")
    expect(alice.chats().get_by_role("listitem")).to_contain_text("at ten then")
    choose(alice, "at *ten* then", "Reply")
    expect(alice.page.locator("#composer-mode")).to_contain_text("at ten then")
    alice.send("Fine")
    expect(alice.message("Fine").get_by_role("button", name="at ten then")).to_be_visible()
    alice.page.get_by_label("Search", exact=True).fill("ten")
    expect(alice.page.get_by_role("list", name="Messages found")).to_contain_text("at ten then")


def test_info_tells_when_a_message_was_delivered_and_read(talking):
    alice, _ = talking
    alice.expect_state("Are you there?", "Read")
    info = alice.page.get_by_role("dialog", name="Message info")
    choose(alice, "Are you there?", "Info")
    expect(info.get_by_role("term")).to_have_text(["Sent", "Delivered", "Read", "Written in"])
