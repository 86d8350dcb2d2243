"""Setting messages to disappear, in the chat's details."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once


def timer(person):
    details = person.page.get_by_role("dialog").filter(has=person.page.get_by_label("Disappearing messages"))
    if not details.is_visible():
        person.page.get_by_role("button", name="Chat details").click()
    return details.get_by_label("Disappearing messages")


def test_a_timer_is_set_for_both_and_said_to_both(alone, bob):
    alice = alone
    alice.add(bob)
    alice.open_chat(bob)
    bob.add(alice)
    bob.open_chat(alice)
    bob.send("before", "Read")
    expect(timer(alice)).to_have_value("0")
    expect(timer(alice)).to_be_enabled()
    timer(alice).select_option("1 day")
    expect(alice.page.get_by_text("New messages disappear 1 day after they are sent.")).to_be_visible()
    expect(alice.log()).to_contain_text("You set messages to disappear 1 day after they are sent.")
    sign = alice.page.get_by_role("button", name="New messages disappear after 1 day")
    expect(sign).to_have_text("1 day")
    expect(bob.log()).to_contain_text("set messages to disappear 1 day after they are sent.")
    expect(timer(bob)).to_have_value("86400")
    timer(bob).select_option("Off")
    expect(alice.log()).to_contain_text("turned off disappearing messages.")
    expect(timer(alice)).to_have_value("0")
    expect(sign).to_be_hidden()
