"""Several browsers of one person: added by invitation, the same everywhere, signed out."""

import re

import pytest
from playwright.sync_api import expect

from tools.browser.ways import add_browser, browsers, close_settings, keep_code, settings, unlock_by_code, unlock_dialog

pytestmark = pytest.mark.once


@pytest.fixture
def at_home_and_away(friends, new_person):
    """Alice in two browsers, and Bob in one."""
    alice, bob = friends
    alice.send("before the second browser")
    away = new_person("alice", account=alice)
    code = keep_code(alice)
    away.log_in()
    unlock_by_code(away, code)
    away.open_chat(bob)
    bob.open_chat(alice)
    return alice, away, bob


def expect_unmarked(*people) -> None:
    for person in people:
        expect(person.page.locator("#keys-strip")).to_be_hidden()
        expect(person.log().get_by_text(re.compile(r"with your keys|the same keys|second browser is"))).to_have_count(0)


def test_two_browsers_of_one_person_show_the_same_and_nobody_sees_a_difference(at_home_and_away):
    alice, away, bob = at_home_and_away
    for writer, text in [(alice, "from home"), (bob, "to both"), (away, "from away"), (alice, "home again")]:
        writer.send(text)
        for reader in (alice, away, bob):
            reader.expect_message(text)
    texts = ("before the second browser", "from home", "to both", "from away", "home again")
    for reader in (alice, away, bob):
        reader.expect_in_order(*texts)
    expect_unmarked(alice, away, bob)
    away.page.reload()
    away.expect_in_order(*texts)
    expect_unmarked(away)


def test_a_browser_that_is_signed_out_is_out_within_a_minute_and_the_code_still_opens(at_home_and_away, new_person):
    alice, away, bob = at_home_and_away
    settings(alice)
    other = browsers(alice).get_by_role("listitem").filter(has_not_text="This browser")
    expect(other).to_have_count(1)
    other.get_by_role("button", name="Sign out").click()
    dialog = alice.page.get_by_role("dialog", name=re.compile("^Sign out"))
    dialog.get_by_role("button", name="Sign out").click()
    expect(dialog).to_be_hidden()
    expect(browsers(alice).get_by_role("listitem")).to_have_count(1)
    away.page.wait_for_url("**/login", timeout=60_000)
    close_settings(alice)
    alice.send("without the other")
    bob.expect_message("without the other")
    expect_unmarked(bob)


def test_the_person_is_told_of_a_new_browser_for_a_day(at_home_and_away):
    alice, _, _ = at_home_and_away
    news = alice.page.get_by_role("status").filter(has_text="was added to your account")
    expect(news).to_be_visible()
    alice.page.reload()
    expect(news).to_be_visible()
    news.get_by_role("button", name="OK", exact=True).click()
    expect(news).to_be_hidden()
    alice.page.reload()
    alice.expect_message("before the second browser")
    expect(news).to_be_hidden()


def test_another_browser_is_added_by_a_code_and_six_digits(friends, new_person):
    alice, bob = friends
    alice.send("an old message")
    away = new_person("alice", account=alice)
    keep_code(alice)
    away.log_in()
    add_browser(alice, away)
    away.open_chat(bob)
    away.expect_message("an old message")
    away.send("from the new browser")
    bob.open_chat(alice)
    bob.expect_message("from the new browser")
    expect_unmarked(bob)


def test_the_link_of_an_invitation_leads_through_the_log_in_to_the_six_digits(friends, new_person):
    alice, _ = friends
    alice.send("an old message")
    keep_code(alice)
    settings(alice).get_by_role("button", name="Add a browser").click()
    code = alice.page.get_by_label("Code for the new browser").text_content() or ""
    away = new_person("alice", account=alice)
    away.visit(f"/login#add={code.replace('-', '')}")
    away.send_credentials()
    digits = away.page.get_by_label("Six digits")
    expect(digits).to_have_text(re.compile(r"^\d{6}$"))
    assert "add=" not in away.page.url
    expect(alice.page.get_by_label("Six digits")).to_have_text(digits.text_content() or "")
    alice.page.get_by_role("button", name="Add this browser").click()
    expect(browsers(alice).get_by_role("listitem")).to_have_count(2)


def test_a_wrong_invitation_opens_nothing(friends, new_person):
    alice, _ = friends
    alice.send("an old message")
    keep_code(alice)
    away = new_person("alice", account=alice)
    away.log_in()
    dialog = unlock_dialog(away)
    dialog.get_by_role("button", name="Another browser").click()
    dialog.get_by_label("Code from your other browser").fill("0000-0000-0000")
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog.get_by_text("This code opens nothing.")).to_be_visible()
    expect(dialog.get_by_label("Code from your other browser")).to_be_focused()


def test_a_full_archive_is_said_in_the_settings_and_in_no_strip(friends):
    alice, _ = friends

    def refuse(route):
        if route.request.method != "PUT":
            return route.continue_()
        return route.fulfill(status=409, json={"code": "storage_full", "detail": "No room."})

    alice.page.route("**/api/streams/*/archive/*", refuse)
    alice.send("no room for this")
    keep_code(alice)
    settings(alice)
    expect(alice.page.locator("#ways").get_by_text("There's no room left on this server")).to_be_visible()
    close_settings(alice)
    expect(alice.page.locator("#vault-strip")).to_be_hidden()


def test_what_was_read_cleared_or_begun_in_one_browser_is_so_in_the_other(at_home_and_away):
    alice, away, bob = at_home_and_away
    for reader in (alice, away):
        reader.visit("/chat")
        expect(reader.chat_link(bob)).to_be_visible()
    bob.send("one from Bob", "Delivered")
    bob.send("more news", "Delivered")
    for reader in (alice, away):
        expect(reader.chats()).to_contain_text("2 unread messages")
    alice.open_chat(bob)
    alice.expect_message("more news")
    expect(away.chats()).not_to_contain_text("unread")
    bob.expect_state("more news", "Read")

    alice.send("an answer", "Read")
    away.open_chat(bob)
    away.expect_state("an answer", "Read")
    alice.message_box().press_sequentially("begun at home")
    expect(away.message_box()).to_have_value("begun at home")
    away.message_box().press("End")
    away.message_box().press_sequentially(", ended away")
    expect(alice.message_box()).to_have_value("begun at home, ended away")
    away.message_box().press("Enter")
    bob.expect_message("begun at home, ended away")
    expect(alice.message_box()).to_have_value("")

    alice.message_box().fill("half of a message at home")
    expect(away.message_box()).to_have_value("")  # it has just been sent from
    with alice.page.expect_response(lambda response: response.request.method == "GET" and "/states" in response.url):
        away.message_box().press_sequentially("another one away")
    expect(alice.message_box()).to_have_value("half of a message at home")
    away.message_box().press("Enter")
    alice.expect_message("another one away")
    alice.message_box().press("Enter")
    for reader in (alice, away, bob):
        reader.expect_in_order("another one away", "half of a message at home")
        expect(reader.message_box()).to_have_value("")

    alice.page.get_by_role("button", name="Chat details").click()
    details = alice.page.locator("#details")
    details.get_by_text("Clear this chat").click()
    details.get_by_role("button", name="Clear chat").click()
    expect(alice.log().get_by_role("article")).to_have_count(0)
    expect(away.log().get_by_role("article")).to_have_count(0)
    bob.send("after the clearing", "Delivered", "Read")
    for reader in (alice, away):
        reader.expect_message("after the clearing")
        expect(reader.log().get_by_role("article")).to_have_count(1)
    expect_unmarked(alice, away, bob)
