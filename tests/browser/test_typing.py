"""That the other person is typing."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

# Counts what was announced, also what has left the page since.
COUNT = """window.typings = 0; new MutationObserver(changes => changes.forEach(({addedNodes}) =>
  addedNodes.forEach(node => { window.typings += node.textContent.includes("is typing") ? 1 : 0; })
)).observe(document.querySelector("#announcer"), {childList: true});"""


def line(person):
    return person.page.locator("#thread-typing")


def meet(alice, bob) -> None:
    alice.add(bob)
    alice.open_chat(bob)
    bob.add(alice)
    bob.open_chat(alice)


def test_it_is_shown_and_ends_with_the_message(alone, bob):
    alice = alone
    meet(alice, bob)
    alice.page.evaluate("document.hasFocus = () => true")
    alice.page.evaluate(COUNT)
    bob.send("before", "Read")
    bob.message_box().press_sequentially("I am wri")
    expect(line(alice)).to_have_text("typing…")
    expect(line(alice)).to_be_visible()
    bob.message_box().fill("")
    expect(line(alice)).to_be_hidden()
    bob.message_box().press_sequentially("writing", delay=700)
    expect(line(alice)).to_be_visible(timeout=15_000)
    bob.page.keyboard.press("Enter")
    expect(line(alice)).to_be_hidden()
    alice.expect_message("writing")
    said = alice.page.evaluate("window.typings")
    assert 1 <= said < 3, "a screen reader hears it once in a minute, however often it shows"


def test_whoever_turns_it_off_shows_and_sees_none(alone, bob):
    alice = alone
    meet(alice, bob)
    alice.page.get_by_role("button", name="Settings").click()
    dialog = alice.page.get_by_role("dialog", name="Settings")
    box = dialog.get_by_label("Show others when I am typing to them")
    expect(box).to_be_checked()
    box.uncheck()
    dialog.get_by_role("button", name="Close").click()
    alice.message_box().press_sequentially("unseen")
    bob.message_box().press_sequentially("unseen as well")
    bob.page.keyboard.press("Enter")
    alice.expect_message("unseen as well")
    expect(line(bob)).to_be_hidden()
    expect(line(alice)).to_be_hidden()
