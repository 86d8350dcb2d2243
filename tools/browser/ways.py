"""What a person does with ways back in and browsers, by the names on the page."""

import re

from playwright.sync_api import Locator, expect

from tools.browser.person import Person

GROUPS = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}")


def settings(person: Person) -> Locator:
    dialog = person.page.get_by_role("dialog", name="Settings")
    if not dialog.is_visible():
        person.page.get_by_role("button", name="Settings").click()
    return dialog


def ways(person: Person) -> Locator:
    return person.page.get_by_role("region", name="Ways back in")


def browsers(person: Person) -> Locator:
    return person.page.get_by_role("region", name="Browsers")


def close_settings(person: Person) -> None:
    settings(person).get_by_role("button", name="Close").click()
    expect(person.page.get_by_role("dialog")).to_have_count(0)


def keep_code(person: Person) -> str:
    """Keeps a recovery code by the settings, and returns it."""
    settings(person).get_by_role("button", name="Keep a way back").click()
    dialog = person.page.get_by_role("dialog", name="Keep a way back in")
    dialog.get_by_role("button", name="Recovery code").click()
    return kept_code(person)


def renew_code(person: Person) -> str:
    settings(person)
    ways(person).get_by_role("button", name="Renew").click()
    return kept_code(person)


def kept_code(person: Person) -> str:
    code = confirm_code(person)
    expect(ways(person).get_by_role("listitem")).to_contain_text("Recovery code")
    close_settings(person)
    return code


def confirm_code(person: Person) -> str:
    dialog = person.page.get_by_role("dialog", name="Your recovery code")
    groups = groups_shown(dialog)
    dialog.get_by_role("button", name="Continue").click()
    for label in asked(dialog):
        dialog.get_by_label(label).fill(groups[int(label[-1]) - 1].lower())
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_be_hidden()
    return "-".join(groups)


def groups_shown(dialog: Locator) -> list[str]:
    shown = dialog.get_by_label("Recovery code", exact=True)
    expect(shown).to_be_visible()
    groups = GROUPS.findall(shown.text_content() or "")
    assert len(groups) == 7, groups
    return groups


def asked(dialog: Locator) -> list[str]:
    """The labels of the fields for two of the groups."""
    fields = dialog.get_by_label(re.compile(r"^Group [1-7]$"))
    expect(fields).to_have_count(2)
    return fields.evaluate_all("fields => fields.map(field => field.labels[0].textContent)")


def unlock_dialog(person: Person) -> Locator:
    return person.page.get_by_role("dialog", name="Unlock your messages")


def unlock_by_code(person: Person, code: str) -> None:
    dialog = unlock_dialog(person)
    dialog.get_by_label("Recovery code").fill(code)
    dialog.get_by_role("button", name="Unlock").click()
    expect(dialog).to_be_hidden()


def add_browser(old: Person, new: Person) -> None:
    """`new` has logged in and is asked to unlock; `old` is in."""
    settings(old).get_by_role("button", name="Add a browser").click()
    code = old.page.get_by_label("Code for the new browser").text_content() or ""
    dialog = unlock_dialog(new)
    dialog.get_by_role("button", name="Another browser").click()
    dialog.get_by_label("Code from your other browser").fill(code.lower())
    dialog.get_by_role("button", name="Continue").click()
    digits = new.page.get_by_label("Six digits")
    expect(digits).to_have_text(re.compile(r"^\d{6}$"))
    expect(old.page.get_by_label("Six digits")).to_have_text(digits.text_content() or "")
    old.page.get_by_role("button", name="Add this browser").click()
    expect(dialog).to_be_hidden()
    expect(browsers(old).get_by_role("listitem")).to_have_count(2)
    close_settings(old)
