"""Ways back in: keeping a recovery code, and what a new browser does with it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools.browser.ways import (
    asked,
    close_settings,
    groups_shown,
    keep_code,
    settings,
    unlock_by_code,
    unlock_dialog,
    ways,
)

pytestmark = pytest.mark.once

BAR = "If this browser is lost, your messages are too."


def fresh_browser(new_person, person):
    """Another browser of the same person, who has logged in."""
    other = new_person("alice", account=person)
    other.log_in()
    return other


def test_the_code_opens_every_message_in_a_fresh_browser(friends, new_person):
    alice, bob = friends
    alice.send("before the code")
    bob.open_chat(alice)
    bob.send("an answer")
    alice.expect_message("an answer")
    code = keep_code(alice)
    alice.send("after the code")
    bob.expect_message("after the code")
    alice.page.close()
    bob.send("while nobody was there")
    other = fresh_browser(new_person, alice)
    unlock_by_code(other, code.lower().replace("-", " "))
    other.open_chat(bob)
    other.expect_in_order("before the code", "an answer", "after the code", "while nobody was there")
    other.send("from the new browser")
    bob.expect_message("from the new browser")
    expect(bob.page.locator("#keys-strip")).to_be_hidden()
    other.page.reload()
    other.expect_in_order("before the code", "from the new browser")


def test_the_code_is_copied_downloaded_and_printed(alice):
    settings(alice).get_by_role("button", name="Keep a way back").click()
    alice.page.get_by_role("dialog").get_by_role("button", name="Recovery code").click()
    dialog = alice.page.get_by_role("dialog", name="Your recovery code")
    code = "-".join(groups_shown(dialog))
    alice.page.evaluate("""() => {
        navigator.clipboard.writeText = async (text) => void (globalThis.copied = text);
        globalThis.print = () => void (globalThis.isPrinted = true);
    }""")
    dialog.get_by_role("button", name="Copy").click()
    alice.page.wait_for_function("code => copied === code", arg=code)
    with alice.page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    assert code in Path(download.value.path()).read_text()
    dialog.get_by_role("button", name="Print").click()
    alice.page.wait_for_function("() => isPrinted")


def test_a_wrong_group_is_named_and_nothing_is_kept(alice):
    settings(alice).get_by_role("button", name="Keep a way back").click()
    alice.page.get_by_role("dialog").get_by_role("button", name="Recovery code").click()
    dialog = alice.page.get_by_role("dialog", name="Your recovery code")
    groups = groups_shown(dialog)
    dialog.get_by_role("button", name="Continue").click()
    first, second = asked(dialog)
    dialog.get_by_label(first).fill(groups[int(first[-1]) - 1])
    dialog.get_by_label(second).fill("0000")
    dialog.get_by_role("button", name="Done").click()
    expect(dialog.get_by_text(f"This is not {second.lower()}. Look again.")).to_be_visible()
    expect(dialog.get_by_label(second)).to_be_focused()
    alice.page.keyboard.press("Escape")
    expect(ways(alice).get_by_role("listitem")).to_have_count(0)


def damaged(code: str) -> str:
    return code[:11] + ("0" if code[11] != "0" else "1") + code[12:]


def test_codes_that_open_nothing_say_why(friends, new_person):
    alice, bob = friends
    alice.send("hello")
    code, foreign = keep_code(alice), keep_code(bob)
    other = fresh_browser(new_person, alice)
    dialog = unlock_dialog(other)
    for typed, words in [
        ("", "Type your recovery code."),
        ("K3F9", "A recovery code has 28 letters and digits"),
        (damaged(code), "Look at group 3."),
        (foreign, "This code opens nothing here."),
    ]:
        dialog.get_by_label("Recovery code").fill(typed)
        dialog.get_by_role("button", name="Unlock").click()
        expect(dialog.get_by_text(words)).to_be_visible()
        expect(dialog.get_by_label("Recovery code")).to_be_focused()
    unlock_by_code(other, code)
    other.open_chat(bob)
    other.expect_message("hello")


def test_a_removed_code_opens_nothing_and_a_kept_one_can_be_tried(friends, new_person):
    alice, bob = friends
    alice.send("hello")
    former = keep_code(alice)
    settings(alice)
    ways(alice).get_by_role("button", name="Try it").click()
    dialog = alice.page.get_by_role("dialog", name="Try your recovery code")
    dialog.get_by_label("Recovery code").fill(former)
    dialog.get_by_role("button", name="Try it").click()
    expect(dialog.get_by_text("It works.")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    ways(alice).get_by_role("button", name="Remove").click()
    alice.page.get_by_role("dialog", name="Remove your recovery code?").get_by_role("button", name="Remove").click()
    expect(ways(alice).get_by_role("listitem")).to_have_count(0)
    expect(alice.page.get_by_role("button", name="Keep a way back")).to_be_focused()
    alice.page.keyboard.press("Escape")
    code = keep_code(alice)
    other = fresh_browser(new_person, alice)
    dialog = unlock_dialog(other)
    dialog.get_by_label("Recovery code").fill(former)
    dialog.get_by_role("button", name="Unlock").click()
    expect(dialog.get_by_text("This code opens nothing here.")).to_be_visible()
    unlock_by_code(other, code)
    other.open_chat(bob)
    other.expect_message("hello")


def test_who_starts_without_old_messages_can_unlock_them_later(friends, new_person):
    alice, bob = friends
    alice.send("an old message")
    alice.send("another old message")
    code = keep_code(alice)
    other = fresh_browser(new_person, alice)
    dialog = unlock_dialog(other)
    expect(dialog.get_by_text("You won't see your earlier messages here")).to_be_visible()
    dialog.get_by_role("button", name="Start without old messages").click()
    expect(dialog).to_be_hidden()
    other.open_chat(bob)
    expect(other.log()).to_contain_text("2 earlier messages can't be opened here yet. Unlock them in Settings.")
    settings(other).get_by_role("button", name="Unlock your messages").click()
    unlock_by_code(other, code)
    other.page.keyboard.press("Escape")
    other.open_chat(bob)
    other.expect_message("another old message")


def test_a_browser_says_that_another_one_has_started_without_its_messages(friends, new_person):
    alice, bob = friends
    alice.send("an old message")
    keep_code(alice)
    other = fresh_browser(new_person, alice)
    unlock_dialog(other).get_by_role("button", name="Start without old messages").click()
    expect(unlock_dialog(other)).to_be_hidden()
    alice.type_and_send("from the first browser")
    strip = alice.page.get_by_role("status").filter(has_text="Another browser has started without your old messages.")
    expect(strip).to_be_visible()
    strip.get_by_role("button", name="Use this browser…").click()
    alice.take_over()
    expect(strip).to_be_hidden()
    alice.expect_state("from the first browser", "Sent")
    bob.open_chat(alice)
    bob.expect_message("from the first browser")


# --- the quiet bar, and the log-out ----------------------------------------------------------------------------------


def test_the_bar_comes_with_the_first_delivered_message_and_later_sends_it_away(friends):
    alice, bob = friends
    bar = alice.page.get_by_role("status").filter(has_text=BAR)
    alice.send("hello", "Sent")
    expect(bar).to_be_hidden()
    bob.add(alice)
    bob.open_chat(alice)
    alice.expect_state("hello", "Delivered", "Read")
    expect(bar).to_be_visible()
    alice.page.reload()
    bar.get_by_role("button", name="Later").click()
    expect(bar).to_be_hidden()
    alice.page.reload()
    alice.expect_message("hello")
    expect(bar).to_be_hidden()


def test_the_bar_leads_to_the_code_and_is_gone_afterwards(friends):
    alice, bob = friends
    bob.add(alice)
    bob.open_chat(alice)
    bob.send("hello")
    bar = alice.page.get_by_role("status").filter(has_text=BAR)
    bar.get_by_role("button", name=re.compile("Keep a way back")).click()
    dialog = alice.page.get_by_role("dialog", name="Keep a way back in")
    dialog.get_by_role("button", name="Later").click()
    expect(bar).to_be_hidden()
    keep_code(alice)
    expect(bar).to_be_hidden()


def test_log_out_warns_where_this_browser_is_the_only_way(friends):
    alice, bob = friends
    alice.send("hello")
    alice.page.get_by_role("button", name="Log out").click()
    dialog = alice.page.get_by_role("dialog")
    expect(dialog.get_by_text("This is the only way to your messages.")).to_be_visible()
    dialog.get_by_role("button", name="Save a code first").click()
    expect(alice.page.get_by_role("dialog", name="Keep a way back in")).to_be_visible()
    alice.page.keyboard.press("Escape")
    keep_code(alice)
    alice.page.get_by_role("button", name="Log out").click()
    expect(alice.page.get_by_role("dialog")).to_be_visible()
    expect(alice.page.get_by_text("This is the only way to your messages.")).to_be_hidden()
    dialog.get_by_role("checkbox", name="Forget my key and messages on this browser").check()
    expect(dialog).to_contain_text("Your ways back in can open them again.")


def test_ways_back_that_the_server_has_lost_are_made_anew(friends, new_person, site):
    alice, bob = friends
    alice.send("hello")
    former = keep_code(alice)
    site.execute("DELETE FROM vault_versions WHERE user_id = (SELECT id FROM users WHERE email = ?)", alice.email)
    alice.page.reload()
    strip = alice.page.locator("#vault-strip")
    expect(strip).to_contain_text("The server says that your ways back in are gone.")
    strip.get_by_role("button", name="What can I do?").click()
    ways(alice).get_by_role("button", name="Make new ways back").click()
    dialog = alice.page.get_by_role("dialog", name="Make new ways back?")
    dialog.get_by_role("button", name="Make new ways back").click()
    expect(dialog).to_be_hidden()
    alice.page.get_by_role("dialog", name="Keep a way back in").get_by_role("button", name="Later").click()
    expect(strip).to_be_hidden()
    close_settings(alice)
    code = keep_code(alice)
    assert code != former
    other = fresh_browser(new_person, alice)
    unlock_by_code(other, code)
    other.open_chat(bob)
    other.expect_message("hello")
