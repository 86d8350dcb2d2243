"""Keys that an input method or another layout sends, in a real page."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

PRESS = """(node, init) => node.dispatchEvent(
  new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }))"""


def test_keys_of_an_input_method_do_nothing_in_the_search(chat):
    alice, _ = chat
    search = alice.page.get_by_label("Search", exact=False).first
    search.fill("Bo")
    for key in ("ArrowDown", "Enter", "Escape"):
        for composing in ({"isComposing": True}, {"isComposing": False, "keyCode": 229}):
            assert search.evaluate(PRESS, {"key": key, **composing}), f"{key} was taken"
    expect(search).to_have_value("Bo")
    expect(search).to_be_focused()
    search.press("ArrowDown")
    expect(search).not_to_be_focused()


def test_control_k_works_on_a_russian_layout(chat):
    alice, _ = chat
    box = alice.message_box()
    box.focus()
    box.evaluate(PRESS, {"key": "л", "code": "KeyK", "ctrlKey": True})
    expect(box).not_to_be_focused()
