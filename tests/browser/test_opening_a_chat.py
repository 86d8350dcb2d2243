"""What is typed goes to the chat that was opened last, however soon after that it is typed."""

import pytest
from playwright.sync_api import expect

# In the task of the gesture, before the browser has told anybody of the new address.
TYPE_AND_SEND = """(text) => {
    const box = document.querySelector("[aria-label=Message]");
    box.value = text;
    box.dispatchEvent(new InputEvent("input"));
    box.form.requestSubmit();
}"""
SEND_AS_THE_DIALOG_CLOSES = f"""(text) => {{
    const dialog = document.querySelector("dialog[open]");
    const closed = () => dialog.open || ({TYPE_AND_SEND})(text);
    new MutationObserver(closed).observe(dialog, {{ attributeFilter: ["open"] }});
}}"""
CLICK_AND_SEND = f"""(link, text) => {{
    link.click();
    ({TYPE_AND_SEND})(text);
}}"""

pytestmark = pytest.mark.once


@pytest.fixture
def carol(office):
    return office.make_account("Carol")


def test_typed_as_the_dialog_closes_goes_to_who_was_added(chat, carol):
    alice, bob = chat
    alice.page.get_by_role("button", name="Add contact").click()
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_label("Email").fill(carol.email)
    alice.page.evaluate(SEND_AS_THE_DIALOG_CLOSES, "Hello Carol")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(alice.page.get_by_role("heading", name=carol.name)).to_be_visible()
    alice.expect_message("Hello Carol")
    alice.open_chat(bob)
    expect(alice.message("Hello Carol")).to_have_count(0)


def test_typed_as_a_chat_is_chosen_goes_to_that_chat(chat, carol):
    alice, bob = chat
    alice.add(carol)
    alice.chat_link(bob).evaluate(CLICK_AND_SEND, "Hello Bob")
    alice.expect_message("Hello Bob")
    expect(alice.page.get_by_role("heading", name=bob.name)).to_be_visible()
    alice.open_chat(carol)
    expect(alice.message("Hello Bob")).to_have_count(0)
