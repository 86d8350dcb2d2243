"""Two temporary people write canaries in real browsers. Needs the packages of requirements-dev.txt. Django refuses
database queries while Playwright's event loop runs."""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from messaging.zero_knowledge.key_recording import record_keys
from messaging.zero_knowledge.recording import Recording
from messaging.zero_knowledge.search import PASSWORD, Canaries
from tools.browser.person import Person
from tools.browser.ways import keep_code, unlock_by_code
from tools.provision.chromium import ARGUMENTS, find_chromium

PATIENCE_MS = 30_000
SETTLE_SECONDS = 2  # drafts, logs and journals are written with a delay
NAMES = ("audit-alice", "audit-bob")


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    chromium = find_chromium()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program, args=ARGUMENTS, env={**os.environ, **chromium.environment}
        )
        with contextlib.closing(browser):
            yield browser


def new_people(browser: Browser, url: str, canaries: Canaries, recording: Recording) -> list[Person]:
    """They have browsers, but no accounts yet."""

    def new_context() -> Any:
        context = browser.new_context(service_workers="block")
        context.set_default_timeout(PATIENCE_MS)
        recording.listen_to(context)
        record_keys(context, canaries)
        return context

    people = [Person(name, url, new_context) for name in NAMES]
    for person in people:
        person.password = canaries.new(f"the password of {person.name}", PASSWORD) + " horse"
    return people


def play(alice: Person, bob: Person, canaries: Canaries) -> None:
    """Registers both and lets them write to each other. Alice keeps a recovery code, and opens her messages in a second
    browser by it. Afterwards both are online with the chat open."""
    alice.register_by_hand()
    bob.register_by_hand()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send(canaries.new("a message from Alice to Bob"))
    bob.open_chat(alice)
    bob.send(f"läuft {canaries.new('a message from Bob to Alice')} 🦊")
    alice.send(long_text(canaries.new("a long message")))
    unlock_a_second_browser(alice, bob, keep_code_as_canary(alice, canaries))
    send_while_away(alice, bob, canaries.new("a message to somebody who is away"))
    search_contacts(alice, canaries.new("what was typed into the search"))
    leave_a_draft(alice, bob, canaries)
    change_password(bob, canaries.new("the new password of Bob", PASSWORD) + " horse")
    time.sleep(SETTLE_SECONDS)


def keep_code_as_canary(person: Person, canaries: Canaries) -> str:
    """The code. As it is read from the page and typed; what the page derives from it is noted by key_recording."""
    code = keep_code(person)
    for form in (code, code.lower()):
        canaries.add_secret("a recovery code as it is shown or typed", form.encode())
    return code


def unlock_a_second_browser(person: Person, other: Person, code: str) -> None:
    away = Person(person.name, person.url, person.new_context, person)
    away.log_in()
    unlock_by_code(away, code.lower())
    away.open_chat(other)
    expect(away.log().get_by_role("article").first).to_be_visible()


def long_text(canary: str) -> str:
    return f"{canary} {'words ' * 300}{canary}"


def send_while_away(alice: Person, bob: Person, text: str) -> None:
    bob.page.goto("about:blank")
    alice.send(text, "Sent")
    bob.visit("/chat")
    bob.open_chat(alice)
    bob.expect_message(text)


def search_contacts(person: Person, text: str) -> None:
    box = person.page.get_by_role("searchbox")
    box.press_sequentially(text)
    box.fill("")


def leave_a_draft(person: Person, other: Person, canaries: Canaries) -> None:
    """Types a text and deletes it, then a draft, and reloads the page."""
    person.message_box().press_sequentially(canaries.new("what was typed and taken back"))
    person.message_box().fill("")
    person.message_box().press_sequentially(canaries.new("a draft"))
    time.sleep(SETTLE_SECONDS)
    person.page.reload()
    person.open_chat(other)


def change_password(person: Person, password: str) -> None:
    person.page.get_by_role("button", name="Settings").click()
    dialog = person.page.get_by_role("dialog", name="Settings")
    dialog.get_by_text("Change password", exact=True).first.click()
    dialog.get_by_label("Current password").fill(person.password)
    dialog.get_by_label("New password").fill(password)
    dialog.get_by_role("button", name="Change password").click()
    expect(dialog.get_by_text("Your password is changed.")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    person.password = password
