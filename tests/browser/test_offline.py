"""One of the two loses the network for a while; the line to the server is really cut, sockets and all."""

import contextlib
import os
import secrets
import signal

import pytest
from playwright.sync_api import Error, expect

# No unload, no last words: from the moment in which the log shows this, the page runs no more.
STOPS_AT = """([text, word]) => {
  const log = document.querySelector("[role=log]");
  const shown = (article) => article.textContent.includes(text) && article.textContent.includes(word);
  const look = () => { if ([...log.querySelectorAll("[role=article]")].some(shown)) for (;;); };
  new MutationObserver(look).observe(log, { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture
def line(new_line):
    return new_line("bob")


@pytest.fixture
def bob(new_person, line):
    return new_person("bob", line=line).register()


@pytest.fixture
def talking(friends):
    """Both have the chat open and have each heard from the other."""
    alice, bob = friends
    alice.send("before")
    bob.open_chat(alice)
    bob.send("also before")
    alice.expect_message("also before")
    return alice, bob


def go_offline(person, line):
    line.cut()
    person.context.set_offline(True)


def come_back(person, line):
    line.mend()
    person.context.set_offline(False)


def test_what_was_written_meanwhile_is_there_afterwards(talking, line):
    alice, bob = talking
    go_offline(bob, line)
    texts = ["while you were away, one", "while you were away, two", "while you were away, three"]
    for text in texts:
        alice.send(text, "Sent")
    expect(bob.message(texts[0])).to_have_count(0)
    come_back(bob, line)
    bob.expect_in_order(*texts)
    alice.expect_state(texts[2], "Delivered", "Read")


def test_what_was_typed_offline_goes_out_once(talking, line):
    alice, bob = talking
    go_offline(bob, line)
    texts = ["typed offline, one", "typed offline, two"]
    for text in texts:
        bob.type_and_send(text)
        bob.expect_state(text, "Sending")
    come_back(bob, line)
    for text in texts:
        bob.expect_state(text, "Sent", "Delivered", "Read")
    alice.expect_in_order(*texts)
    alice.page.reload()
    alice.open_chat(bob)
    for text in texts:
        alice.expect_message(text)


def test_what_was_typed_offline_survives_a_closed_tab(talking, line):
    alice, bob = talking
    go_offline(bob, line)
    bob.type_and_send("typed, then the tab was closed")
    bob.expect_state("typed, then the tab was closed", "Sending")
    bob.page.close()
    come_back(bob, line)
    bob.page = bob.context.new_page()
    bob.visit("/chat")
    alice.expect_message("typed, then the tab was closed")
    bob.open_chat(alice)
    bob.expect_state("typed, then the tab was closed", "Sent", "Delivered", "Read")


def die_at(person, text, word):
    """The tab is killed in the very moment in which its log shows the text and the word."""
    person.page.evaluate(STOPS_AT, [text, word])
    with contextlib.suppress(Error):  # no answer comes from a page that has stopped
        person.message_box().press("Enter", timeout=500)
    with person.page.expect_event("crash"):
        os.kill(busiest_renderer(person.context.browser), signal.SIGKILL)
    person.page.close()
    person.page = person.context.new_page()


def busiest_renderer(browser) -> int:
    """The process of the page that runs round in a circle."""
    session = browser.new_browser_cdp_session()
    before, after = renderer_times(session), renderer_times(session)
    while max(after[pid] - before.get(pid, 0) for pid in after) < 0.2:
        after = renderer_times(session)
    return max(after, key=lambda pid: after[pid] - before.get(pid, 0))


def renderer_times(session) -> dict[int, float]:
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return {process["id"]: process["cpuTime"] for process in processes if process["type"] == "renderer"}


def test_a_tab_killed_with_the_message_on_its_screen_loses_nothing(talking):
    """It is found again as what was begun or, from when it said "Sending", as a message that goes out by itself."""
    alice, bob = talking
    for word in ("", "Sending"):
        text = f"and then the tab died {secrets.token_hex(4)}"
        bob.message_box().fill(text)
        die_at(bob, text, word)
        bob.visit("/chat")
        bob.open_chat(alice)
        expect(bob.message("also before")).to_have_count(1)
        if not word and bob.message_box().input_value() == text:
            expect(bob.message(text)).to_have_count(0)
            bob.message_box().press("Enter")
        bob.expect_state(text, "Sent", "Delivered", "Read")
        alice.expect_message(text)
        expect(bob.message_box()).to_have_value("")


def test_the_page_says_so_quietly(talking, line):
    _, bob = talking
    go_offline(bob, line)
    expect(bob.page.get_by_text("Offline. Check your network connection.")).to_be_visible()
    come_back(bob, line)
    expect(bob.page.get_by_text("Offline. Check your network connection.")).to_be_hidden()


def test_a_server_that_was_away_is_found_again(talking, line):
    """The network is there, the server is not: no offline event helps."""
    alice, bob = talking
    line.cut()
    alice.send("while the server was away", "Sent")
    line.mend()
    bob.expect_message("while the server was away")
