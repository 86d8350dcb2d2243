"""How a browser tells of new messages while the person looks elsewhere."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

# Chromium without a window denies notifications, whatever is granted.
RECORD = """
window.told = [];
window.Notification = class extends EventTarget {
  static permission = "default";
  static requestPermission = async () => (this.permission = "granted");
  constructor(title, options) {
    super();
    this.told = {title, body: options.body, isOpen: true};
    window.told.push(this.told);
  }
  close() { this.told.isOpen = false; }
};
document.hasFocus = () => !window.isElsewhere;
"""
TOLD = "window.told.map(({title, body, isOpen}) => [title, body, isOpen])"
ICON = "document.querySelector('link[rel=icon]').href"


def look(person, *, elsewhere: bool) -> None:
    person.page.evaluate(
        "is => { window.isElsewhere = is; dispatchEvent(new Event(is ? 'blur' : 'focus')); }",
        elsewhere,
    )


def choose(person, shown: str) -> None:
    person.page.get_by_role("button", name="Settings").click()
    dialog = person.page.get_by_role("dialog", name="Settings")
    dialog.get_by_label("Notifications of this browser").select_option(shown)
    dialog.get_by_role("button", name="Close").click()


def told(person, count: int) -> list:
    person.page.wait_for_function(f"() => window.told.length === {count}")
    return person.page.evaluate(TOLD)


def test_new_messages_are_told_while_the_person_looks_elsewhere(alone, bob):
    alice = alone
    alice.page.add_init_script(RECORD)
    alice.page.reload()
    alice.add(bob)
    alice.open_chat(bob)
    bob.add(alice)
    bob.open_chat(alice)
    strip = alice.page.get_by_text("A message came while you looked elsewhere")

    bob.send("seen at once", "Read")
    expect(strip).to_be_hidden()
    look(alice, elsewhere=True)
    bob.send("the first one missed", "Delivered")
    expect(alice.message("the first one missed")).to_be_visible()
    alice.page.wait_for_function(f"{ICON}.includes('icon-unread')")
    look(alice, elsewhere=False)
    expect(strip, "it is explained before the browser asks").to_be_visible()
    assert alice.page.evaluate(TOLD) == []
    alice.page.get_by_role("button", name="Tell me").click()
    expect(strip).to_be_hidden()
    alice.page.wait_for_function(f"!{ICON}.includes('icon-unread')")

    look(alice, elsewhere=True)
    bob.send("told by name", "Delivered")
    assert told(alice, 1) == [["Bob", "New message", True]]
    look(alice, elsewhere=False)
    assert told(alice, 1) == [["Bob", "New message", False]], "who has come back needs it no more"

    choose(alice, "With name and text")
    look(alice, elsewhere=True)
    bob.send("told with its text", "Delivered")
    assert told(alice, 2)[-1] == ["Bob", "told with its text", True]
    look(alice, elsewhere=False)

    alice.page.get_by_role("button", name="Chat details").click()
    mute = alice.page.get_by_label("Mute notifications")
    mute.check()
    expect(mute).to_be_enabled()  # it is stored
    alice.page.reload()  # the choice stays
    alice.page.evaluate("Notification.permission = 'granted'")
    alice.open_chat(bob)
    expect(alice.message("told with its text")).to_be_visible()
    look(alice, elsewhere=True)
    bob.send("not told", "Delivered")
    expect(alice.message("not told")).to_be_visible()
    assert alice.page.evaluate(TOLD) == []
