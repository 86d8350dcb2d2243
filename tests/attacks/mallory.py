"""Mallory runs the server. She is a proxy between each browser and the server, knows all that it knows, and lies."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.attacks.office import Office, without_servers_words
from tests.attacks.relay import Answer
from tests.attacks.wire import AnswerRule, CallRule, Changed, Event, Rule, Wire
from tools.browser.person import Person

PATIENCE_SECONDS = 20


@dataclass
class Addressee:
    email: str


@dataclass
class Taker:
    sender: Person
    deliver: Callable[[dict], Any]


@dataclass
class Refusal:
    sender: Person
    body: dict
    unless: Callable[[dict], bool]


class Mallory(Wire):
    def __init__(self, office: Office):
        super().__init__()
        self.office = office
        self.refusals: list[Refusal] = []
        self.takers: list[Taker] = []

    def stop(self) -> None:
        """Become honest. Made-up rows remain in the database and are still served."""
        self.rules.clear()
        self.answer_rules.clear()
        self.call_rules.clear()
        self.frame_rules.clear()
        self.refusals.clear()
        self.takers.clear()

    # --- change what is delivered ---

    def change(self, reader: Person, change: Rule) -> None:
        """Pass every event of the reader's mailbox through `change`."""
        self.rules.append(lambda person, event: change(person, event) if person is reader else event)

    def change_each(self, reader: Person, *changes: Callable[[dict], dict]) -> None:
        """Change the nth text message for the reader by the nth function, each time that it is served."""
        waiting, chosen = list(changes), {}

        def rule(_person: Person, event: Event) -> Event:
            message = event.get("message", {})
            if not is_text(event) or message["recipient_email"] != reader.email:
                return event
            if message["id"] not in chosen and waiting:
                chosen[message["id"]] = waiting.pop(0)
            return event | {"message": chosen.get(message["id"], dict)(message)}

        self.change(reader, rule)

    def change_answer(self, person: Person, call: str, change: Callable[[Any], Any]) -> None:
        """Change the responses to `call`, a pattern of "METHOD /path". `change` takes the body and returns a body or an
        Answer.
        """
        self.answer_rules.append(AnswerRule(person, re.compile(call), change))

    def answer_calls(self, person: Person, call: str, answer: Callable[[Any], Answer]) -> None:
        """Answer the calls that match without the server. `answer` takes the body of the request."""
        self.call_rules.append(CallRule(person, re.compile(call), answer))

    def refuse_once(self, person: Person, call: str, refusal: dict, status: int) -> None:
        answers = [Answer(refusal, status)]
        self.change_answer(person, call, lambda body: answers.pop() if answers else body)

    def change_frames(self, person: Person, change: Callable[[dict], Changed]) -> None:
        """Change all frames to the person, after all other rules."""
        self.frame_rules.append(lambda reader, frame: change(frame) if reader is person else frame)

    def tell_all_again(self, person: Person) -> None:
        """Act as a server that was restored from a backup, so that the browser syncs from the beginning."""
        self.refuse_once(person, "GET /messages/sync", {"code": "sequence_ahead", "detail": "Start again."}, 400)
        self.resync(person)

    def resync(self, person: Person) -> None:
        """Make the page sync now."""
        for socket in self.sockets.get(person, []):
            socket.send(json.dumps({"type": "resync"}))

    def cut_socket(self, person: Person) -> None:
        """Close the socket, so that the page reconnects and syncs."""
        for socket in self.sockets.pop(person, []):
            socket.close(code=1012)

    # --- withhold and invent messages ---

    def hold_back(self, reader: Person, sender: Person) -> "Held":
        """Hold back what the sender sends to the reader until it is released. After `stop` it is lost."""
        held = Held(self, reader, sender)
        self.rules.append(held.keep)
        return held

    def bring(self, reader: Person, sender, message: dict) -> dict:
        """Insert a message into the reader's mailbox and return it as the reader gets it.

        It has a row in the database with the next numbers of the server. So it is pushed, it is there after a reload,
        and the mailbox has no gap. Only the reader sees the row.
        """
        row = self.office.post_junk(sender, reader)
        self.stand_for(reader, row, lambda event: event | {"message": event["message"] | message})
        return row | message

    def bring_event(self, reader: Person, sender, event: Event) -> None:
        """Insert another event into the reader's mailbox, in place of a message and with its number."""
        row = self.office.post_junk(sender, reader)
        self.stand_for(reader, row, lambda given: {"sequence": given["sequence"]} | event)

    def stand_for(self, reader: Person, row: dict, tell: Callable[[Event], Changed]) -> None:
        for email in (row["sender_email"], row["recipient_email"]):
            self.made_up[email, row["id"]] = tell if email == reader.email else lambda event: None

    # --- intercept what is sent ---

    def take(self, sender: Person, deliver: Callable[[dict], Any] = lambda envelope: None) -> None:
        """Accept what the sender sends without storing it. `deliver` is called with each envelope."""
        self.takers.append(Taker(sender, deliver))

    def refuse_sending(self, sender: Person, refusal: dict, unless: Callable[[dict], bool] = lambda _: False) -> None:
        """Refuse envelopes with 409, by REST and socket, except those for which `unless` is true."""
        self.refusals.append(Refusal(sender, refusal, unless))

    def answer_to_sending(self, sender: Person, envelope: dict) -> Answer | None:
        for refusal in self.refusals:
            if refusal.sender is sender and not refusal.unless(envelope):
                return Answer(refusal.body, 409)
        for taker in self.takers:
            if taker.sender is sender:
                return Answer(self.accept(sender, envelope, taker.deliver), 201)
        return None

    def accept(self, sender: Person, envelope: dict, deliver: Callable[[dict], Any]) -> dict:
        """The response that the sender gets. The stored row is junk. It is served to the sender alone, as what they
        sent.
        """
        row = self.office.post_junk(sender, Addressee(envelope["recipient_email"]))
        told = envelope | {"sender_email": sender.email}
        self.stand_for(sender, row, lambda event: event | {"message": event["message"] | told})
        self.accepted.add(row["id"])
        deliver(envelope)
        return row | told

    # --- observe ---

    def wait_until(self, holds: Callable[[], Any], page: Page) -> None:
        """Wait until the condition holds. The relay runs only while the test waits for a page."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, "timed out"
            page.wait_for_timeout(20)

    def envelopes(self, person: Person) -> list[dict]:
        """The envelopes that the person's browser has sent, oldest first, with repetitions."""
        return [sent.envelope for sent in self.sent if sent.person is person]

    def calls(self, person: Person) -> list[str]:
        return [call for asker, call in self.asked if asker is person]

    def texts(self, person: Person) -> list[dict]:
        return [envelope for envelope in self.envelopes(person) if envelope["message_type"] == "text"]

    def keys_used(self, person: Person, recipient) -> set[str]:
        """The fingerprints of the recipient's keys for which the person's browser has sealed anything."""
        envelopes = [envelope for envelope in self.envelopes(person) if envelope["recipient_email"] == recipient.email]
        return {envelope["recipient_fingerprint"] for envelope in envelopes}


def is_text(event: Event) -> bool:
    return event["type"] == "new_message" and event["message"]["message_type"] == "text"


class Held:
    """Messages held back from a reader."""

    def __init__(self, mallory: Mallory, reader: Person, sender: Person):
        self.mallory, self.reader, self.sender = mallory, reader, sender
        self.messages: dict[int, dict] = {}
        self.is_over = False

    def keep(self, person: Person, event: Event) -> Event | None:
        message = event.get("message", {})
        if person is not self.reader or message.get("id") is None:
            return event
        if not self.is_over and event["type"] == "new_message" and message["sender_email"] == self.sender.email:
            self.messages[message["id"]] = message
        return None if message["id"] in self.messages else event

    def let_go(self, *order: int, **forged: object) -> None:
        """Deliver the messages as if they were sent now, in the order of the indexes if given.

        They get new ids, because the browser's cursor is already past their own.
        """
        self.is_over = True
        messages = list(self.messages.values())
        for index in order or range(len(messages)):
            self.mallory.bring(self.reader, self.sender, without_servers_words(messages[index]) | forged)

    def lose(self) -> None:
        """Hold back no further messages. Those already held back stay withheld."""
        self.is_over = True
