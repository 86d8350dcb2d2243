"""Two temporary people write canaries in real browsers. Needs the packages of requirements-dev.txt. Django refuses
database queries while Playwright's event loop runs."""

import base64
import contextlib
import os
import re
import time
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, FilePayload, expect, sync_playwright

from messaging.zero_knowledge.key_recording import record_keys
from messaging.zero_knowledge.recording import Recording
from messaging.zero_knowledge.search import PASSWORD, REASON, Canaries
from tools.browser.person import Person
from tools.browser.ways import keep_code, unlock_by_code
from tools.provision.chromium import ARGUMENTS, find_chromium

PATIENCE_MS = 30_000
SETTLE_SECONDS = 2  # drafts, logs and journals are written with a delay
NAMES = ("audit-alice", "audit-bob")
EMOJI = "👍"
REACTION = rf",\"emoji\":\"{EMOJI}\"}}"  # the end of its body, as it stands in the content (docs/protocol.md §5.8)
DRAW = """async () => {
  const canvas = new OffscreenCanvas(64, 64);
  const context = canvas.getContext("2d");
  for (let at = 0; at < 4096; at += 1) {
    context.fillStyle = `hsl(${Math.random() * 360} 80% 50%)`;
    context.fillRect(at % 64, at >> 6, 1, 1);
  }
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}"""


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
    change_messages(alice, bob, canaries)
    report(bob, canaries)
    send_a_file(alice, bob, canaries)
    choose_a_picture(bob)
    expect(alice.page.locator("#thread-avatar img")).to_be_attached()
    search(alice, canaries.new("what was typed into the search"))
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


def change_messages(alice: Person, bob: Person, canaries: Canaries) -> None:
    """An answer, an edit and a reaction."""
    first, edited = canaries.new("a message before its edit"), canaries.new("an edit")
    alice.send(first)
    bob.expect_message(first)
    choose(bob, first, "Reply")
    answer = canaries.new("an answer")
    bob.send(answer)
    alice.expect_message(answer)
    choose(alice, first, "Edit")
    expect(alice.message_box()).to_have_value(first)
    alice.type_and_send(edited)
    expect(bob.message(edited)).to_have_count(2)  # the answer quotes it
    canaries.add_secret("a reaction", REACTION.encode())
    choose(bob, edited, "React", EMOJI)
    expect(alice.message(edited).get_by_role("button", name=EMOJI)).to_be_visible()


def report(person: Person, canaries: Canaries) -> None:
    """The newest messages of the other person, to the operators, if the server takes reports."""
    person.page.get_by_role("button", name="Chat details").click()
    person.page.get_by_role("button", name="Report", exact=True).click()
    dialog = person.page.get_by_role("dialog", name="Report")
    reason = dialog.get_by_label("What is wrong?")
    expect(reason.or_(dialog.get_by_text("take no reports here"))).to_be_visible()
    if not reason.is_visible():
        dialog.get_by_role("button", name="Cancel").click()
        return
    reason.fill(canaries.new(REASON))
    dialog.get_by_label(re.compile("^Block ")).uncheck()
    dialog.get_by_role("button", name="Send report").click()
    expect(dialog).to_be_hidden()


def choose(person: Person, text: str, *choices: str) -> None:
    """In the menu of that message."""
    message = person.message(text).first
    message.hover()
    message.get_by_role("button", name="Message options").click()
    for choice in choices:
        person.page.get_by_role("menu").get_by_role("menuitem", name=choice, exact=True).click()


def send_a_file(sender: Person, reader: Person, canaries: Canaries) -> None:
    name, kind = f"{canaries.new('the name of a file')}.bin", f"application/x-{canaries.new('the type of a file')}"
    content = canaries.new("what is in a file").encode()
    sender.page.get_by_label("Files").set_input_files(FilePayload(name=name, mimeType=kind, buffer=content))
    sender.page.get_by_role("button", name="Send", exact=True).click()
    reader.expect_message(name)
    with reader.page.expect_download():
        reader.page.get_by_role("button", name=f"Save {name}").click()


def choose_a_picture(person: Person) -> None:
    """In Settings. The bytes that the page makes of it are noted by key_recording."""
    drawn = person.page.evaluate(DRAW)
    person.page.get_by_role("button", name="Settings").click()
    dialog = person.page.get_by_role("dialog", name="Settings")
    file = FilePayload(name="me.png", mimeType="image/png", buffer=base64.b64decode(drawn))
    dialog.get_by_label("Picture", exact=True).set_input_files(file)
    expect(dialog.get_by_text("Your picture is saved.")).to_be_visible()
    dialog.get_by_role("button", name="Close", exact=True).click()


def search(person: Person, text: str) -> None:
    """Looks for a text that is in no message, then for one that is."""
    box = person.page.get_by_role("searchbox")
    box.press_sequentially(text)
    box.fill("läuft")
    expect(person.page.get_by_role("list", name="Messages found").get_by_role("listitem")).to_have_count(1)
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
