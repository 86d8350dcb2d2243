"""Random actions of several people with several browsers and lost pushes: each state equals a fresh load."""

import asyncio
import base64
import itertools
import json
import uuid

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import Session, User
from conftest import envelope
from messaging import sync
from messaging.accept import acceptance
from messaging.models import Message
from messaging.realtime import dispatcher
from tests.faults.mailbox import Mailbox, both_of
from vibechat.core.exceptions import Conflict

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("alice", "bob", "carol")
people = st.sampled_from(NAMES)
pairs = st.sampled_from(list(itertools.permutations(NAMES, 2)))
browsers = st.tuples(people, st.integers(0, 1))
ways = st.sampled_from(["thread", "loop"])


class Browser:
    """`has_missed`: a push was lost, and the browser does not know it yet."""

    def __init__(self, person):
        self.person = person
        self.mailbox = Mailbox()
        self.is_connected = True
        self.loses_pushes = self.has_missed = False

    def hear(self, pushes):
        for push in pushes:
            self.mailbox.take_push(push)
        if self.mailbox.has_hole:  # the 300 ms are over
            self.sync()

    def sync(self):
        more = True
        while more:
            answer = sync.changes_since(self.person.user, self.mailbox.cursor)
            self.mailbox.take_sync(answer)
            more = answer["more"]
        self.has_missed = False


class Person:
    def __init__(self, email):
        self.user = User.objects.create_user(email)
        self.session = Session.objects.begin(self.user)
        self.browsers = [Browser(self), Browser(self)]
        self.pushed = []  # every push for this person


def is_unread(message, email) -> bool:
    return message["recipient_email"] == email and message["read_at"] is None


class SeveralPeople(RuleBasedStateMachine):
    def __init__(self, runner, published):
        super().__init__()
        self.runner, self.published = runner, published
        published.clear()
        town = uuid.uuid4().hex
        self.emails = {name: f"{name}-{town}@example.org" for name in NAMES}
        self.people = {name: Person(email) for name, email in self.emails.items()}
        self.sent = []  # (sender's name, body, message id)
        self.fresh = {}  # loads since the last change

    def browser(self, which) -> Browser:
        name, number = which
        return self.people[name].browsers[number]

    # --- actions of people -------------------------------------------------------------------------------------------

    @rule(pair=pairs, data=st.data())
    def send_in_thread(self, pair, data):
        self.send(*pair, "thread", data)

    @rule(pair=pairs, data=st.data())
    def send_in_loop(self, pair, data):
        self.send(*pair, "loop", data)

    def send(self, sender, recipient, way, data):
        body = {
            "recipient_email": self.emails[recipient],
            "ciphertext": base64.b64encode(uuid.uuid4().bytes).decode(),
            "suite": 2,
            "client_id": str(uuid.uuid4()),
        }
        self.sent.append((sender, body, self.deliver(sender, body, way)))
        self.push(data)

    @precondition(lambda self: self.sent)
    @rule(way=ways, data=st.data())
    def repeat(self, way, data):
        sender, body, first = data.draw(st.sampled_from(self.sent))
        assert self.outcome(sender, body, way) in (first, "message_deleted")
        assert self.published == []

    def outcome(self, sender, body, way) -> int | str:
        try:
            return self.deliver(sender, body, way)
        except Conflict as conflict:
            return conflict.get_codes()

    def deliver(self, sender, body, way) -> int:
        """The message's id."""
        person = self.people[sender]
        call = (person.session.pk, person.user.pk, dict(body))
        accepted = self.runner.run(acceptance.accept(*call)) if way == "loop" else acceptance.accept_sync(*call)
        return json.loads(accepted.text)["id"]

    @precondition(lambda self: self.unread())
    @rule(kind=st.sampled_from(["delivered", "read"]), data=st.data())
    def mark(self, kind, data):
        name = data.draw(st.sampled_from(sorted(self.unread())))
        some = st.lists(st.sampled_from(self.unread()[name]), unique=True, min_size=1)
        Message.objects.mark(self.people[name].user, **{kind: data.draw(some)})
        self.push(data)

    def unread(self) -> dict[str, list[int]]:
        loads = {name: self.fresh_load(name).messages.values() for name in NAMES}
        mine = {name: [m["id"] for m in loads[name] if is_unread(m, self.emails[name])] for name in NAMES}
        return {name: ids for name, ids in mine.items() if ids}

    @precondition(lambda self: self.conversations())
    @rule(data=st.data())
    def clear(self, data):
        name, email = data.draw(st.sampled_from(self.conversations()))
        Message.objects.clear(self.people[name].user, email)
        self.push(data)

    @precondition(lambda self: self.conversations())
    @rule(data=st.data())
    def clear_through(self, data):
        name, email = data.draw(st.sampled_from(self.conversations()))
        ids = sorted(message["id"] for message in self.fresh_load(name).messages.values() if email in both_of(message))
        Message.objects.clear(self.people[name].user, email, data.draw(st.sampled_from([ids[0] - 1, *ids])))
        self.push(data)

    @precondition(lambda self: self.mine())
    @rule(data=st.data(), for_everyone=st.booleans())
    def remove(self, data, for_everyone):
        name, message = data.draw(st.sampled_from(self.mine()))
        is_sender = message["sender_email"] == self.emails[name]
        removed = Message.objects.remove(self.people[name].user, message["id"], for_everyone)
        assert removed is (is_sender or not for_everyone)
        self.push(data)

    def mine(self) -> list[tuple[str, dict]]:
        return [(name, message) for name in NAMES for message in self.fresh_load(name).messages.values()]

    def conversations(self) -> list[tuple[str, str]]:
        loads = {name: self.fresh_load(name).messages.values() for name in NAMES}
        both = {(name, email) for name in NAMES for message in loads[name] for email in both_of(message)}
        return sorted((name, email) for name, email in both if email != self.emails[name])

    @rule(name=people)
    def delete_account_and_register_again(self, name):
        """Register again with the same address, from which others have kept messages."""
        self.people[name].user.delete()
        assert self.published == []
        self.people[name], self.fresh = Person(self.emails[name]), {}
        self.sent = [(sender, body, first) for sender, body, first in self.sent if sender != name]

    # --- delivery of pushes ------------------------------------------------------------------------------------------

    def push(self, data):
        """Deliver to each browser in a different order, as a layer may between processes."""
        pushes, self.published[:], self.fresh = list(self.published), [], {}
        for person in self.people.values():
            mine = [json.loads(push.text) for push in pushes if push.user_id == person.user.pk]
            person.pushed += mine
            for browser in person.browsers if mine else ():
                self.carry(browser, data.draw(st.permutations(mine)) if len(mine) > 1 else mine)

    def carry(self, browser, pushes):
        if browser.is_connected and not browser.loses_pushes:
            browser.hear(pushes)
            browser.has_missed = False
        else:
            browser.has_missed = True

    @rule(which=browsers)
    def toggle_loss_of_pushes(self, which):
        self.browser(which).loses_pushes = not self.browser(which).loses_pushes

    @rule(which=browsers)
    def toggle_connection(self, which):
        browser = self.browser(which)
        browser.is_connected = not browser.is_connected
        self.resync(browser)

    @rule(which=browsers)
    def check(self, which):
        """The server's periodic check."""
        self.resync(self.browser(which))

    def resync(self, browser):
        if browser.is_connected:
            browser.sync()

    @rule(which=browsers, data=st.data())
    def repeat_an_old_push(self, which, data):
        pushed = self.browser(which).person.pushed
        if pushed and self.browser(which).is_connected:
            self.browser(which).hear([data.draw(st.sampled_from(pushed))])

    # --- invariants --------------------------------------------------------------------------------------------------

    @invariant()
    def every_connected_browser_equals_a_fresh_load(self):
        for name, person in self.people.items():
            fresh = self.fresh_load(name)
            for browser in person.browsers:
                if browser.is_connected and not browser.has_missed:
                    assert (browser.mailbox.cursor, browser.mailbox.messages) == (fresh.cursor, fresh.messages)

    @invariant()
    def every_sequence_is_taken_once_in_order_without_gaps(self):
        for name, person in self.people.items():
            numbers = [push["sequence"] for push in person.pushed]
            assert numbers == list(range(1, self.fresh_load(name).cursor + 1))

    def fresh_load(self, name) -> Mailbox:
        if name not in self.fresh:
            browser = Browser(self.people[name])
            browser.sync()
            self.fresh[name] = browser.mailbox
        return self.fresh[name]


def test_message_of_a_deleted_account_does_not_reappear(alice, bob):
    """Alice has cleared the message and Bob's account is deleted, so it is deleted. Another account has his address."""
    body = envelope(bob)
    alice.send(bob, **body)
    alice.delete(f"/api/messages/conversation/{bob.email}")
    bob.user.delete()
    assert not Message.objects.exists()
    Person(bob.email)
    again = alice.post("/api/messages/send", body)
    assert (again.status_code, again.json()["code"]) == (409, "message_deleted")


def test_state_always_equals_a_fresh_load(monkeypatch):
    published = []
    monkeypatch.setattr(dispatcher, "publish", published.extend)
    limits = settings(
        max_examples=40,
        stateful_step_count=30,
        derandomize=True,
        phases=[Phase.generate],  # Phase.shrink finds a shorter failing example, but may take minutes
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    with asyncio.Runner() as runner:
        try:
            run_state_machine_as_test(lambda: SeveralPeople(runner, published), settings=limits)
        finally:
            runner.run(acceptance.close())
