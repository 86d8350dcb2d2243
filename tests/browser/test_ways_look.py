"""How the pages of ways back in and browsers look, and how they can be reached."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_forced_colours import HAS_EDGE
from tests.browser.test_look import scrolls_sideways, serious_findings
from tools.browser.ways import keep_code, settings, unlock_dialog, ways

pytestmark = pytest.mark.once

AT_400_PERCENT = {"width": 320, "height": 256}


def dialogs_of_ways(person):
    """Opens one dialog after the other, and closes it with Escape."""
    settings(person)
    for opener, name in [
        ("Keep a way back", "Keep a way back in"),
        ("Renew", "Your recovery code"),
        ("Try it", "Try your recovery code"),
        ("Remove", "Remove your recovery code?"),
    ]:
        button = ways(person).get_by_role("button", name=opener)
        button.click()
        dialog = person.page.get_by_role("dialog", name=name)
        expect(dialog).to_be_visible()
        yield dialog
        person.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(button).to_be_focused()
    add = person.page.get_by_role("button", name="Add a browser")
    add.click()
    yield person.page.get_by_role("dialog", name="Add a browser")
    person.page.keyboard.press("Escape")
    expect(add).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(new_person, axe_source, scheme):
    alice = new_person("alice", color_scheme=scheme).register()
    keep_code(alice)
    settings(alice)
    assert serious_findings(alice, axe_source) == [], "settings"
    for dialog in dialogs_of_ways(alice):
        assert serious_findings(alice, axe_source) == [], dialog.get_attribute("id")
    other = new_person("alice", account=alice, color_scheme=scheme)
    other.log_in()
    dialog = unlock_dialog(other)
    dialog.get_by_role("button", name="Unlock").click()
    dialog.get_by_role("button", name="Another browser").click()
    assert serious_findings(other, axe_source) == []


def test_everything_is_in_reach_at_400_percent(new_person):
    alice = new_person("alice", viewport=AT_400_PERCENT).register()
    keep_code(alice)
    for dialog in dialogs_of_ways(alice):
        assert not scrolls_sideways(alice)
        assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth"), dialog.get_attribute("id")
        for button in dialog.get_by_role("button").all():
            button.scroll_into_view_if_needed()
            expect(button).to_be_in_viewport()


@pytest.mark.parametrize("width", [320, 390])
def test_the_whole_code_shows_in_its_field_on_a_phone(new_person, width):
    phone = {"width": width, "height": 760}
    alice = new_person("alice", viewport=phone).register()
    code = keep_code(alice)
    settings(alice)
    ways(alice).get_by_role("button", name="Try it").click()
    other = new_person("alice", account=alice, viewport=phone)
    other.log_in()
    for dialog in (alice.page.get_by_role("dialog", name="Try your recovery code"), unlock_dialog(other)):
        field = dialog.get_by_label("Recovery code")
        field.fill(code)
        assert field.evaluate("field => field.scrollWidth <= field.clientWidth")


@pytest.mark.parametrize("vendor", ["Apple Computer, Inc.", "Google Inc."])
def test_safari_says_that_it_forgets_after_a_week(new_person, vendor):
    alice = new_person("alice", alone=True)
    alice.page.add_init_script(f"Object.defineProperty(navigator, 'vendor', {{ value: {vendor!r} }})")
    alice.register()
    settings(alice).get_by_role("button", name="Keep a way back").click()
    says = alice.page.get_by_role("dialog", name="Keep a way back in").get_by_text("after a week")
    expect(says).to_be_visible(visible=vendor.startswith("Apple"))


def test_dialogs_have_an_edge_in_forced_colours(new_person):
    alice = new_person("alice", forced_colors="active").register()
    keep_code(alice)
    for dialog in dialogs_of_ways(alice):
        assert dialog.evaluate(HAS_EDGE), dialog.get_attribute("id")


def test_the_keyboard_alone_keeps_a_code(alice):
    keyboard = alice.page.keyboard
    alice.page.get_by_role("button", name="Settings").focus()
    keyboard.press("Enter")
    press_by_keyboard(alice, "Keep a way back")
    press_by_keyboard(alice, "Recovery code")
    shown = alice.page.get_by_label("Recovery code", exact=True)
    groups = shown.text_content().split("-")
    press_by_keyboard(alice, "Continue")
    for _ in range(2):
        label = alice.page.evaluate("document.activeElement.labels[0].textContent")
        keyboard.type(groups[int(label[-1]) - 1])
        keyboard.press("Tab")
    press_by_keyboard(alice, "Done")
    expect(ways(alice).get_by_role("listitem")).to_contain_text("Recovery code")


def press_by_keyboard(person, name: str) -> None:
    button = person.page.get_by_role("dialog").last.get_by_role("button", name=name, exact=True)
    expect(button).to_be_visible()
    for _ in range(40):
        if button.evaluate("button => button === document.activeElement"):
            break
        person.page.keyboard.press("Tab")
    person.page.keyboard.press("Enter")
