"""Hooks for everything that passes between a browser and the server by REST and by the socket.

Whatever tells a browser about its mailbox goes through `events_for`: a push, an acknowledgement, the response to a
POST, a page of `sync`, of a conversation or of an inbox, and the list of chats. So an attack applies to all of them.
All other responses go through `answer_for`, all other frames through `frame_rules`.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.attacks.relay import Answer, Socket
from tools.browser.person import Person

PUSHES = ("new_message", "message_status", "message_deleted", "conversation_cleared")

Event = dict[str, Any]
Changed = Event | list[Event] | None
# A rule gets the reader and an event, and returns what replaces the event.
Rule = Callable[[Person, Event], Changed]


@dataclass
class AnswerRule:
    person: Person
    call: re.Pattern
    change: Callable[[Any], Any]


@dataclass
class CallRule:
    person: Person
    call: re.Pattern
    answer: Callable[[Any], Answer]


@dataclass
class Sent:
    """An envelope that a browser sent."""

    person: Person
    envelope: dict


class Wire:
    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.made_up: dict[tuple[str, int], Callable[[Event], Changed]] = {}
        self.answer_rules: list[AnswerRule] = []
        self.call_rules: list[CallRule] = []
        self.frame_rules: list[Callable[[Person, dict], Changed]] = []
        self.accepted: set[int] = set()
        self.sent: list[Sent] = []
        self.asked: list[tuple[Person, str]] = []
        self.sockets: dict[Person, list[Socket]] = {}

    def answer_to_sending(self, _sender: Person, _envelope: dict) -> Answer | None:
        """None passes the request to the server."""
        return None

    # --- events ---

    def events_for(self, reader: Person, event: Event) -> list[Event]:
        made_up = self.made_up.get((reader.email, event.get("message", {}).get("id", 0)))
        events = as_list(made_up(event)) if made_up else [event]
        for rule in list(self.rules):
            events = [changed for given in events for changed in as_list(rule(reader, given))]
        return events

    def messages_for(self, reader: Person, messages: list[dict]) -> list[dict]:
        """Messages of a page, which have no number."""
        given = [{"type": "new_message", "sequence": 0, "message": message} for message in messages]
        events = [changed for event in given for changed in self.events_for(reader, event)]
        return [event["message"] for event in events if event["type"] == "new_message"]

    # --- REST ---

    def answer_without_server(self, person: Person, call: str, body: Any) -> Answer | None:
        self.asked.append((person, call))
        if call == "POST /messages/send":
            return self.sending(person, body)
        for rule in self.call_rules:
            if rule.person is person and rule.call.search(call):
                return rule.answer(body)
        return None

    def sending(self, person: Person, envelope: dict) -> Answer | None:
        self.sent.append(Sent(person, envelope))
        return self.answer_to_sending(person, envelope)

    def answer_for(self, person: Person, call: str, given: Answer) -> Answer:
        answer = given
        if isinstance(given.body, dict) and given.status < 400:
            answer = Answer(self.mailbox_answer(person, call, given.body), given.status)
        for rule in list(self.answer_rules):
            if rule.person is person and rule.call.search(call):
                changed = rule.change(answer.body)
                answer = changed if isinstance(changed, Answer) else Answer(changed, answer.status)
        return answer

    def mailbox_answer(self, person: Person, call: str, body: dict) -> dict:
        if call == "GET /messages/sync":
            return body | {"events": [event for given in body["events"] for event in self.events_for(person, given)]}
        if call == "POST /messages/send":
            return (self.messages_for(person, [body]) or [body])[0]
        if call == "GET /messages/conversations":
            return body | {"results": [self.chat_for(person, chat) for chat in body["results"]]}
        if re.match(r"GET /messages/(conversation/|inbox|sent)", call):
            return body | {"results": self.messages_for(person, body["results"])}
        return body

    def chat_for(self, person: Person, chat: dict) -> dict:
        messages = self.messages_for(person, [chat["last_message"]] if chat["last_message"] else [])
        return chat | {"last_message": messages[0] if messages else None}

    # --- the socket ---

    def open_socket(self, person: Person, page: Socket) -> None:
        self.sockets.setdefault(person, []).append(page)

    def pass_up(self, person: Person, frame: str, page: Socket) -> None:
        said, answer = json.loads(frame), None
        if said.get("type") == "send_message":
            answer = self.sending(person, {name: value for name, value in said.items() if name != "type"})
        if answer is None:
            page.to_server.put_nowait(frame)
        elif answer.status >= 400:
            page.send(json.dumps({"type": "error", "client_id": said["client_id"]} | answer.body))
        # An acknowledgement comes with the push.

    def pass_down(self, person: Person, frame: str, page: Socket) -> None:
        told = json.loads(frame)
        is_event = told.get("type") in (*PUSHES, "message_accepted")
        frames = self.events_for(person, told) if is_event else [told]
        if told.get("type") == "new_message" and told["message"]["id"] in self.accepted:
            frames += [event | {"type": "message_accepted"} for event in frames]
        for rule in list(self.frame_rules):
            frames = [changed for given in frames for changed in as_list(rule(person, given))]
        for changed in frames:
            page.send(json.dumps(changed))


def as_list(given: Changed) -> list[Event]:
    return given if isinstance(given, list) else [] if given is None else [given]
