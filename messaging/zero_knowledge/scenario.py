"""Two temporary people, each with a real browser, who do what people do, with canaries. Needs what
requirements-dev.txt brings; Django's database cannot be asked while a browser of Playwright's is open."""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from messaging.zero_knowledge.recording import Recording
from messaging.zero_knowledge.search import PASSWORD, Canaries
from tools.browser.person import Person
from tools.provision.chromium import ARGUMENTS, find_chromium

PATIENCE_MS = 30_000
SETTLE_SECONDS = 2  # a draft is stored a moment after the last key; logs and journals are written behind
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
    """With browsers, and not registered yet."""

    def new_context() -> Any:
        context = browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        recording.listen_to(context)
        return context

    people = [Person(name, url, new_context) for name in NAMES]
    for person in people:
        person.password = canaries.new(f"the password of {person.name}", PASSWORD) + " horse"
    return people


def live(alice: Person, bob: Person, canaries: Canaries) -> None:
    """Registers them and lets them write to each other; they are left online, each with the chat open."""
    alice.register_by_hand()
    bob.register_by_hand()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send(canaries.new("a message from Alice to Bob"))
    bob.open_chat(alice)
    bob.send(f"läuft {canaries.new('a message from Bob to Alice')} 🦊")
    alice.send(long_text(canaries.new("a long message")))
    while_away(alice, bob, canaries.new("a message to somebody who is away"))
    type_into_search(alice, canaries.new("what was typed into the search"))
    leave_a_draft(alice, bob, canaries)
    time.sleep(SETTLE_SECONDS)


def long_text(canary: str) -> str:
    return f"{canary} {'words ' * 300}{canary}"


def while_away(alice: Person, bob: Person, text: str) -> None:
    bob.page.goto("about:blank")
    alice.send(text, "Sent")
    bob.visit("/chat")
    bob.open_chat(alice)
    bob.expect_message(text)


def type_into_search(person: Person, text: str) -> None:
    box = person.page.get_by_role("searchbox")
    box.press_sequentially(text)
    box.fill("")


def leave_a_draft(person: Person, other: Person, canaries: Canaries) -> None:
    """One that is taken back, one that stays, through a reload."""
    person.message_box().press_sequentially(canaries.new("what was typed and taken back"))
    person.message_box().fill("")
    person.message_box().press_sequentially(canaries.new("a draft"))
    time.sleep(SETTLE_SECONDS)
    person.page.reload()
    person.open_chat(other)
