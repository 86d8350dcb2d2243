"""Whoever runs the server. She stands between each browser and the server, knows all that it knows, and lies."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.attacks.office import Office, without_servers_words
from tests.attacks.relay import Answer
from tests.attacks.wire import AnswerRule, Changed, Event, Rule, Wire
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
        """From here on the server is honest. What it has made up so far it goes on telling: that is in its database."""
        self.rules.clear()
        self.answer_rules.clear()
        self.frame_rules.clear()
        self.refusals.clear()
        self.takers.clear()

    # --- changes what comes ---

    def change(self, reader: Person, change: Rule) -> None:
        """Every event of one person's mailbox goes through `change`."""
        self.rules.append(lambda person, event: change(person, event) if person is reader else event)

    def change_each(self, reader: Person, *changes: Callable[[dict], dict]) -> None:
        """The first text that comes for the reader is changed in the first way, however often it comes; the second in
        the second; and so on.
        """
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
        """`call` is a pattern of "METHOD /path"; `change` takes the answer's body, and gives a body or an Answer."""
        self.answer_rules.append(AnswerRule(person, re.compile(call), change))

    def refuse_once(self, person: Person, call: str, refusal: dict, status: int) -> None:
        answers = [Answer(refusal, status)]
        self.change_answer(person, call, lambda body: answers.pop() if answers else body)

    def change_frames(self, person: Person, change: Callable[[dict], Changed]) -> None:
        """All that the socket says to that person, after everything else."""
        self.frame_rules.append(lambda reader, frame: change(frame) if reader is person else frame)

    def tell_all_again(self, person: Person) -> None:
        """As a server whose database was put back: the browser asks for everything from the beginning."""
        self.refuse_once(person, "GET /messages/sync", {"code": "sequence_ahead", "detail": "Start again."}, 400)
        self.resync(person)

    def resync(self, person: Person) -> None:
        """The page asks now what has happened since."""
        for socket in self.sockets.get(person, []):
            socket.send(json.dumps({"type": "resync"}))

    def cut_socket(self, person: Person) -> None:
        """The page has to connect anew, and asks what has happened since."""
        for socket in self.sockets.pop(person, []):
            socket.close(code=1012)

    # --- withholds and invents ---

    def hold_back(self, reader: Person, sender: Person) -> "Held":
        """All that comes for one of them from the other, until it is let go: with `stop` it is lost."""
        held = Held(self, reader, sender)
        self.rules.append(held.keep)
        return held

    def bring(self, reader: Person, sender, message: dict) -> dict:
        """Puts into the reader's mailbox what was never sent, or not now; returns it as the reader gets it.

        A row of the database stands behind it, with the server's next numbers, so that it comes by push, is there after
        a reload, and nothing else is missing from the mailbox for its sake. Nobody but the reader sees the row.
        """
        row = self.office.post_junk(sender, reader)
        self.stand_for(reader, row, lambda event: event | {"message": event["message"] | message})
        return row | message

    def bring_event(self, reader: Person, sender, event: Event) -> None:
        """Any other event in the reader's mailbox: it takes the place of a message, and its number."""
        row = self.office.post_junk(sender, reader)
        self.stand_for(reader, row, lambda given: {"sequence": given["sequence"]} | event)

    def stand_for(self, reader: Person, row: dict, tell: Callable[[Event], Changed]) -> None:
        for email in (row["sender_email"], row["recipient_email"]):
            self.made_up[email, row["id"]] = tell if email == reader.email else lambda event: None

    # --- takes what is sent ---

    def take(self, sender: Person, deliver: Callable[[dict], Any] = lambda envelope: None) -> None:
        """What one of them sends is accepted and not stored; `deliver` is told of each envelope."""
        self.takers.append(Taker(sender, deliver))

    def refuse_sending(self, sender: Person, refusal: dict, unless: Callable[[dict], bool] = lambda _: False) -> None:
        """With a 409, by either door; not those envelopes of which `unless` is true."""
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
        """The message as which the sender is told of it. The server's own row is nothing, and nobody else's."""
        row = self.office.post_junk(sender, Addressee(envelope["recipient_email"]))
        told = envelope | {"sender_email": sender.email}
        self.stand_for(sender, row, lambda event: event | {"message": event["message"] | told})
        self.accepted.add(row["id"])
        deliver(envelope)
        return row | told

    # --- has seen ---

    def wait_until(self, holds: Callable[[], Any], page: Page) -> None:
        """Nothing passes her while the test does not wait for a page."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, "it has not happened"
            page.wait_for_timeout(20)

    def envelopes(self, person: Person) -> list[dict]:
        """What has left that person's browser, oldest first, repetitions included."""
        return [sent.envelope for sent in self.sent if sent.person is person]

    def calls(self, person: Person) -> list[str]:
        return [call for asker, call in self.asked if asker is person]

    def texts(self, person: Person) -> list[dict]:
        return [envelope for envelope in self.envelopes(person) if envelope["message_type"] == "text"]

    def keys_used(self, person: Person, recipient) -> set[str]:
        """The fingerprints for which anything for the recipient has left that browser."""
        envelopes = [envelope for envelope in self.envelopes(person) if envelope["recipient_email"] == recipient.email]
        return {envelope["recipient_fingerprint"] for envelope in envelopes}


def is_text(event: Event) -> bool:
    return event["type"] == "new_message" and event["message"]["message_type"] == "text"


class Held:
    """What does not reach its reader."""

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
        """Now it comes, in the order of the indexes if there are any, as if it had been sent now.

        It never comes under its own id, which the browser's mailbox has left behind.
        """
        self.is_over = True
        messages = list(self.messages.values())
        for index in order or range(len(messages)):
            self.mallory.bring(self.reader, self.sender, without_servers_words(messages[index]) | forged)

    def lose(self) -> None:
        """Nothing more is held back; what was held back is gone."""
        self.is_over = True
