"""Two people talk, each in a browser of their own."""

import itertools
import re
import time

import pytest
from playwright.sync_api import expect


def stay(person) -> None:
    person.page.evaluate("window.stayed = true")


def has_stayed(person) -> bool:
    return person.page.evaluate("window.stayed === true")


def test_it_works(alice, bob):
    stay(alice), stay(bob)
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("Are you there?")
    bob.open_chat(alice)
    bob.expect_message("Are you there?")
    bob.send("I am. 🙂")
    alice.expect_message("I am. 🙂")
    alice.send("Good.")
    bob.expect_message("Good.")
    assert has_stayed(alice), "what arrived must not need a reload"
    assert has_stayed(bob)
    alice.expect_in_order("Are you there?", "I am. 🙂", "Good.")


def test_somebody_who_wrote_first_is_a_chat_once_the_request_is_accepted(friends):
    alice, bob = friends
    alice.send("You don't know me yet")
    expect(bob.request_of(alice)).to_be_visible()
    expect(bob.chats().get_by_role("link")).to_have_count(0)
    bob.accept(alice)
    expect(bob.chat_link(alice)).to_be_visible()
    expect(bob.chats()).to_contain_text("You don't know me yet")


def test_delivered_when_it_has_arrived_and_read_when_it_was_seen(friends):
    alice, bob = friends
    bob.add(alice)
    bob.visit("/chat")
    alice.send("Tell me when you see this", "Delivered")
    bob.open_chat(alice)
    bob.expect_message("Tell me when you see this")
    alice.expect_state("Tell me when you see this", "Read")


def test_a_stranger_is_told_nothing_before_the_request_is_accepted(friends):
    alice, bob = friends
    alice.send("Is anybody there?")
    bob.show_request(alice)
    bob.expect_message("Is anybody there?")
    time.sleep(3)
    alice.expect_state("Is anybody there?", "Sent")
    bob.accept(alice)
    alice.expect_state("Is anybody there?", "Read")


def test_sent_as_long_as_the_other_browser_is_closed(friends):
    alice, bob = friends
    bob.add(alice)
    bob.page.close()
    alice.send("You are away", "Sent")
    bob.page = bob.context.new_page()
    bob.visit("/chat")
    alice.expect_state("You are away", "Delivered")


def test_a_reload_reads_everything(friends):
    alice, bob = friends
    alice.send("first")
    bob.open_chat(alice)
    bob.send("second")
    for person, other in ((alice, bob), (bob, alice)):
        person.expect_message("second")
        person.page.reload()
        person.expect_chat_page()
        person.open_chat(other)
        person.expect_message("first")
        person.expect_message("second")
    bob.send("third, after the reload")
    alice.expect_message("third, after the reload")


def test_two_tabs_show_the_same(friends):
    alice, bob = friends
    tab = alice.new_tab()
    tab.visit("/chat")
    tab.open_chat(bob)
    alice.send("from the first tab")
    tab.expect_state("from the first tab", "Sent", "Delivered", "Read")
    tab.send("from the second tab")
    alice.expect_state("from the second tab", "Sent", "Delivered", "Read")
    bob.open_chat(alice)
    bob.send("to both tabs")
    alice.expect_message("to both tabs")
    tab.expect_message("to both tabs")
    bob.expect_message("from the first tab")
    bob.expect_message("from the second tab")


def test_two_tabs_have_one_draft_and_send_it_once(friends):
    alice, bob = friends
    tab = alice.new_tab()
    tab.visit("/chat")
    tab.open_chat(bob)
    alice.message_box().press_sequentially("begun here")
    expect(tab.message_box()).to_have_value("begun here")
    tab.message_box().press("End")
    tab.message_box().press_sequentially(", ended there")
    expect(alice.message_box()).to_have_value("begun here, ended there")
    press = "document.querySelector('#composer').requestSubmit()"
    for page in (alice.page, tab.page):
        page.evaluate(f"setTimeout(() => {press}, 300 - Date.now() % 300 + 300)")
    for one in (alice, tab):
        one.expect_state("begun here, ended there", "Sent", "Delivered")
        expect(one.message_box()).to_have_value("")
    bob.open_chat(alice)
    bob.expect_message("begun here, ended there")


@pytest.mark.once
def test_a_tab_that_is_closed_while_composing_takes_no_letters_of_another_tab(new_person, bob):
    alice = new_person("alice", alone=True).register()
    alice.add(bob)
    alice.open_chat(bob)
    tab = alice.new_tab()
    tab.visit("/chat")
    tab.open_chat(bob)
    tab.message_box().focus()
    input_method = alice.context.new_cdp_session(tab.page)
    input_method.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    expect(alice.message_box()).to_have_value("に")
    alice.message_box().press("End")
    alice.message_box().press_sequentially(" from here")
    tab.page.wait_for_timeout(1000)
    input_method.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    tab.page.wait_for_timeout(1000)
    tab.page.close()
    alice.page.reload()
    alice.open_chat(bob)
    expect(alice.message_box()).to_have_value(re.compile("from here"))
    expect(alice.message_box()).to_have_value(re.compile("にほ"))


def test_markup_stays_text(friends):
    alice, bob = friends
    markup = "<img src=x onerror=\"window.owned = 1\"><script>window.owned = 1</script><b>bold</b> & 'quotes'"
    alice.send(markup)
    bob.open_chat(alice)
    bob.expect_message(markup)
    for person in (alice, bob):
        assert person.page.evaluate("window.owned") is None
        expect(person.log().locator("b, script, img[src='x']")).to_have_count(0)


def test_lines_and_long_texts_arrive_whole(friends):
    alice, bob = friends
    box = alice.message_box()
    box.press_sequentially("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    box.press("Enter")
    long_text = "ünï " * 1000
    alice.type_and_send(long_text.strip())
    alice.expect_state("one\ntwo", "Sent", "Delivered")
    bob.open_chat(alice)
    bob.expect_message("one\ntwo")
    expect(bob.log().get_by_role("article").last).to_contain_text(long_text.strip())


def test_an_address_that_nobody_has_is_told_in_the_dialog(alice):
    alice.page.get_by_role("button", name="Add contact").click()
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_label("Email").fill("nobody@example.org")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_contain_text(re.compile("We couldn.t find anyone with that address on this server[.]"))
    expect(alice.chats().get_by_role("link")).to_have_count(0)


def test_the_chat_begins_with_who_can_read_it(chat):
    alice, bob = chat
    expect(alice.page.get_by_role("main")).to_contain_text(
        f"Only you and {bob.name} can read this chat. Not even the people who run this server."
    )


def test_a_click_as_soon_as_the_button_shows_is_not_lost(new_person, new_line):
    """The page is there before its scripts are, on a slow line for quite a while."""
    line = new_line("alice")
    alice = new_person("alice", line=line, alone=True).register_by_hand()
    alice.use_no_cache()
    line.delay_seconds = 0.1
    alice.page.reload(wait_until="commit")
    alice.page.get_by_role("button", name="Add contact").click()
    expect(alice.page.get_by_role("dialog").get_by_label("Email")).to_be_focused()


def test_a_form_sent_before_its_script_is_there_is_not_lost(new_person, new_line):
    line = new_line("alice")
    line.delay_seconds = 0.1
    alice = new_person("alice", line=line, alone=True)
    alice.page.goto(f"{line.url}/register", wait_until="commit")
    alice.fill_in_registration()
    alice.page.get_by_role("button", name="Create account").click()
    alice.expect_chat_page()


@pytest.mark.once
def test_address_with_a_slash_is_one_like_others(alice, new_person):
    carol = new_person("carol/home").register()
    alice.add(carol)
    alice.open_chat(carol)
    alice.send("Are you at home?")
    carol.open_chat(alice)
    carol.expect_message("Are you at home?")
    carol.send("I am.")
    alice.expect_message("I am.")


SEND_MANY = """(count) => {
    const text = document.querySelector("#composer-text");
    for (let number = 0; number < count; number += 1) {
        text.value = `number ${number}`;
        text.dispatchEvent(new Event("input"));
        document.querySelector("#composer").requestSubmit();
    }
}"""


@pytest.mark.once
def test_what_was_on_the_screen_is_read_and_the_unread_line_stands_before_the_first(friends):
    alice, bob = friends
    alice.send("seen")
    bob.open_chat(alice)
    bob.send("answer")
    bob.page.goto("about:blank")
    alice.page.evaluate(SEND_MANY, 40)
    alice.expect_state("number 39", "Sent")
    bob.visit("/chat")
    bob.open_chat(alice)
    expect(bob.page.get_by_role("heading", name="40 unread messages")).to_be_in_viewport()
    alice.expect_state("number 0", "Read")
    alice.expect_state("number 39", "Delivered")
    bob.log().hover()
    last = alice.message("number 39").filter(has_text="Read")
    # Down and up again: on a busy machine one frame can jump over messages, which are not read until they are shown.
    for step in itertools.islice(itertools.cycle([150] * 40 + [-150] * 40), 800):
        if last.is_visible():
            break
        bob.page.mouse.wheel(0, step)
        bob.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    alice.expect_state("number 39", "Read")
    expect(bob.page).to_have_title(re.compile(r"^\w"))
