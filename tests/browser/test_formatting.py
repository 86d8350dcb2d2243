"""Bold, italic and code in messages, and the emoji picker."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

TEXT = "*bold* and _italic_, `code`\n```\nfirst\n  second\n```\nhttps://example.org/_a_"
SELECTED = """(article) => {
  const text = article.querySelector(".message-text");
  getSelection().selectAllChildren(text);
  return getSelection().toString();
}"""


def write(person, text: str) -> None:
    person.message_box().fill(text)
    person.page.get_by_role("button", name="Send").click()


def test_a_formatted_message_shows_its_form_and_is_copied_as_it_was_typed(friends):
    alice, bob = friends
    write(alice, TEXT)
    bob.open_chat(alice)
    article = bob.message("bold")
    expect(article.locator("strong")).to_have_text("*bold*")
    expect(article.locator("em")).to_have_text("_italic_")
    expect(article.locator("code")).to_have_text(["code", "```\nfirst\n  second\n```"])
    expect(article.get_by_role("link")).to_have_attribute("href", "https://example.org/_a_")
    assert article.locator(".message-text").evaluate("node => node.textContent") == TEXT
    assert article.locator(".message-text").inner_text() == TEXT
    assert article.evaluate(SELECTED) == TEXT
    expect(article).to_have_accessible_name(re.compile(f"{alice.name}: bold and italic, code\\s+first\\s+second"))


def test_the_picker_reacts_with_any_emoji(friends):
    alice, bob = friends
    alice.send("Look at this")
    bob.open_chat(alice)
    bob.send("I look")
    alice.expect_message("I look")
    bob.message("Look at this").hover()
    bob.message("Look at this").get_by_role("button", name="Message options").click()
    bob.page.get_by_role("menuitem", name="React").click()
    bob.page.get_by_role("menuitem", name="More emoji").click()
    picker = bob.page.get_by_role("dialog", name="Choose an emoji")
    picker.get_by_role("searchbox", name="Search emoji").fill("otter")
    expect(picker.get_by_role("button", name="otter", exact=True)).to_be_visible()
    bob.page.keyboard.press("Enter")
    expect(picker).to_be_hidden()
    expect(alice.message("Look at this").get_by_role("button", name="🦦 1")).to_be_visible()


def test_the_picker_writes_at_the_caret_and_works_by_keyboard(friends):
    alice, _ = friends
    alice.message_box().fill("Good !")
    alice.message_box().press("ArrowLeft")
    alice.page.get_by_role("button", name="Emoji", exact=True).click()
    picker = alice.page.get_by_role("dialog", name="Choose an emoji")
    expect(picker.get_by_role("button", name="grinning face", exact=True)).to_be_visible()
    picker.get_by_label("Skin tone").select_option("🏿")
    search = picker.get_by_role("searchbox", name="Search emoji")
    search.fill("waving hand")
    expect(picker.get_by_role("button", name="waving hand: dark skin tone")).to_be_visible()
    search.press("ArrowDown")
    expect(picker.get_by_role("button", name="waving hand: dark skin tone")).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(alice.message_box()).to_have_value("Good 👋🏿!")
    expect(alice.message_box()).to_be_focused()
