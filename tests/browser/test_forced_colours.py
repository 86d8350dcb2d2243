"""In forced colours backgrounds and shadows are gone: borders and outlines say where a thing begins."""

import pytest

pytestmark = pytest.mark.once

HAS_EDGE = """node => {
  const style = getComputedStyle(node);
  const has = (width, kind) => parseFloat(width) > 0 && kind !== "none";
  return has(style.borderTopWidth, style.borderTopStyle) || has(style.outlineWidth, style.outlineStyle);
}"""


@pytest.fixture
def friends(new_person):
    alice, bob = (new_person(name, media={"forced_colors": "active"}).register() for name in ("alice", "bob"))
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("hello")
    bob.open_chat(alice)
    bob.send("hello back")
    alice.expect_message("hello back")
    return alice, bob


def test_bubbles_dialogs_current_chat_and_focus_have_an_edge(friends):
    alice, bob = friends
    for text in ("hello", "hello back"):
        assert alice.message(text).first.locator(".bubble").evaluate(HAS_EDGE), text
    assert alice.chat_link(bob).evaluate(f"link => ({HAS_EDGE})(link.closest('.chat-row') ?? link)")
    assert alice.message_box().evaluate(f"box => [box, box.parentElement].some({HAS_EDGE})")
    for name in ("Settings", "Log out", "Add contact"):
        alice.page.get_by_role("button", name=name, exact=True).click()
        dialog = alice.page.get_by_role("dialog").last
        assert dialog.evaluate(HAS_EDGE), name
        alice.page.keyboard.press("Escape")
    alice.page.set_viewport_size({"width": 900, "height": 700})
    assert alice.page.locator("#side").evaluate("side => side.scrollWidth <= side.clientWidth")
