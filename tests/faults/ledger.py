"""Records what was sent, acknowledged and received during a fault, and counts the errors."""

from collections import Counter
from dataclasses import dataclass, field, fields

from tests.browser.site import Server
from tests.faults.mailbox import Mailbox


@dataclass
class Sent:
    outbox: str
    sender: str
    recipient: str


@dataclass
class Fresh:
    """A person's whole mailbox, loaded by `sync?after=0`."""

    events: list[dict]
    mailbox: Mailbox


@dataclass
class Counts:
    sent: int = 0
    acknowledged: int = 0
    found: int = 0
    lost: int = 0
    doubled: int = 0
    misordered: int = 0
    holes: int = 0
    unexpected: int = 0
    behind: int = 0

    def __add__(self, other):
        return Counts(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(self)))

    @property
    def is_exact(self) -> bool:
        wrong = (self.lost, self.doubled, self.misordered, self.holes, self.unexpected, self.behind)
        return self.sent == self.acknowledged == self.found > 0 and not any(wrong)


@dataclass
class Ledger:
    sent: dict[str, Sent] = field(default_factory=dict)  # by client_id, each outbox in the order of sending
    acknowledged: dict[str, set[int]] = field(default_factory=dict)  # the message ids in acknowledgements
    transports: Counter = field(default_factory=Counter)  # acknowledgements by transport
    first_numbers: dict[tuple[str, int], int] = field(default_factory=dict)  # by email and message id
    owners: dict[tuple[str, int], int | str] = field(
        default_factory=dict
    )  # the message id or cleared email, by email and sequence
    complaints: list[str] = field(default_factory=list)
    numbers_twice: int = 0
    database_is_away: bool = False
    outages_over: int = 0
    wrong_clocks: set[Server] = field(default_factory=set)  # processes whose clocks were wrong by more than a minute

    def complain(self, what: str) -> None:
        self.complaints.append(what)

    def begin_outage(self) -> None:
        self.database_is_away = True

    def end_outage(self) -> None:
        self.database_is_away = False
        self.outages_over += 1

    def was_away_since(self, outages_over: int) -> bool:
        """Whether the database was away at any time since `self.outages_over` had this value. A call may begin before
        an outage or in it, and be answered after it.
        """
        return self.database_is_away or self.outages_over > outages_over

    def note_acknowledgement(self, client_id: str, message: dict, transport: str) -> None:
        self.acknowledged.setdefault(client_id, set()).add(message["id"])
        self.transports[transport] += 1

    def note_event(self, email: str, event: dict) -> None:
        """Record an event that came by push or sync. Each sequence belongs to one change forever."""
        owner = event["email"] if event["type"] == "conversation_cleared" else event["message"]["id"]
        first = self.owners.setdefault((email, event["sequence"]), owner)
        if first != owner:
            self.complain(f"number {event['sequence']} of {email} belongs to {first} and to {owner}")
            self.numbers_twice += 1
        if event["type"] == "new_message":
            seen = self.first_numbers.get((email, owner), event["sequence"])
            self.first_numbers[email, owner] = min(seen, event["sequence"])

    def count(self, fresh: dict[str, Fresh], behind: int) -> Counts:
        for email, person in fresh.items():
            for event in person.events:
                self.note_event(email, event)
        copies = {email: Counter(client_ids(person)) for email, person in fresh.items()}
        return Counts(
            sent=len(self.sent),
            acknowledged=len(self.acknowledged),
            found=sum(copies[sent.recipient][client_id] > 0 for client_id, sent in self.sent.items()),
            lost=sum(self.is_lost(client_id, copies) for client_id in self.acknowledged),
            doubled=self.numbers_twice + sum(self.is_doubled(client_id, copies) for client_id in self.sent),
            misordered=self.misordered(fresh),
            holes=sum(holes(person) for person in fresh.values()),
            unexpected=len(self.complaints),
            behind=behind,
        )

    def is_lost(self, client_id: str, copies: dict[str, Counter]) -> bool:
        sent = self.sent[client_id]
        return not (copies[sent.recipient][client_id] and copies[sent.sender][client_id])

    def is_doubled(self, client_id: str, copies: dict[str, Counter]) -> bool:
        sent = self.sent[client_id]
        most = max(copies[sent.recipient][client_id], copies[sent.sender][client_id])
        return most > 1 or len(self.acknowledged.get(client_id, ())) > 1

    def misordered(self, fresh: dict[str, Fresh]) -> int:
        """The number of consecutive messages of one outbox that one recipient got in the wrong order."""
        arrivals: dict[tuple[str, str], list[int]] = {}
        numbers = {email: self.arrival_numbers(email, person) for email, person in fresh.items()}
        for client_id, sent in self.sent.items():
            if number := numbers[sent.recipient].get(client_id):
                arrivals.setdefault((sent.outbox, sent.recipient), []).append(number)
        return sum(
            earlier > later for order in arrivals.values() for earlier, later in zip(order, order[1:], strict=False)
        )

    def arrival_numbers(self, email: str, person: Fresh) -> dict[str, int]:
        """The first sequence of each message by client_id. A receipt gives the message a later sequence."""
        messages = person.mailbox.messages.values()
        return {message["client_id"]: self.first_numbers[email, message["id"]] for message in messages}


def client_ids(person: Fresh) -> list[str]:
    """The client_ids of all events. A message that is twice in one sync counts as doubled."""
    return [event["message"]["client_id"] for event in person.events if event["type"] == "new_message"]


def holes(person: Fresh) -> int:
    """The number of unused sequences. A message takes one, and another one when it is read; nobody clears here."""
    messages = person.mailbox.messages.values()
    taken = len(messages) + sum(message["read_at"] is not None for message in messages)
    return abs(person.mailbox.cursor - taken)
