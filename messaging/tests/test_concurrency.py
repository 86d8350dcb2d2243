"""Many at once, on PostgreSQL with real threads: the locks, what is numbered under them, and when it is pushed."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import psycopg
import pytest
from django.db import connection, transaction

from conftest import envelope
from messaging.accept import acceptance
from messaging.mailboxes import Mailbox as Counter
from messaging.models import Message
from messaging.realtime import dispatcher
from messaging.serializers import SendSerializer
from tests.faults.mailbox import Mailbox

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
URL = "/api/messages/send"
PATIENCE_SECONDS = 30


def alone(job, *arguments):
    """In a thread, on a connection that ends with the job."""
    try:
        return job(*arguments)
    finally:
        connection.close()


def together(*jobs):
    """The results of all jobs, which begin at once, each in a thread of its own."""
    start = threading.Barrier(len(jobs))

    def run(job):
        start.wait(PATIENCE_SECONDS)
        return job()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return [running.result(PATIENCE_SECONDS) for running in [threads.submit(alone, run, job) for job in jobs]]


def send_fully(person, body) -> tuple[int, bool]:
    """(the message's id, whether it is new)"""
    answer = person.post(URL, body)
    assert answer.status_code in (200, 201), answer.json()
    return answer.json()["id"], answer.status_code == 201


def send_quickly(person, body) -> tuple[int, bool]:
    """As both doors do: what the quick way leaves goes the full way."""

    async def send():
        try:
            return await acceptance.accept(person.session.pk, person.user.pk, dict(body))
        finally:
            await acceptance.close()

    taken = asyncio.run(send())
    return (json.loads(taken[0])["id"], True) if taken else send_fully(person, body)


WAYS = [send_fully, send_quickly]


@pytest.fixture
def published(monkeypatch):
    pushes = []
    monkeypatch.setattr(dispatcher, "publish", pushes.extend)
    return pushes


def numbers_of(person, pushes) -> list[int]:
    return [push.sequence for push in pushes if push.user_id == person.user.pk]


@contextmanager
def another_connection(**options):
    parameters = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(**{name: parameters[name] for name in names if name in parameters}, **options) as other:
        yield other


def until_somebody_waits():
    """For a lock of this database's tables."""
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    deadline = time.monotonic() + PATIENCE_SECONDS
    with another_connection(autocommit=True) as other:
        while not other.execute(query).fetchone():
            assert time.monotonic() < deadline, "nobody waits for a lock"
            time.sleep(0.01)


# --- one client_id ---------------------------------------------------------------------------------------------------


def test_the_same_message_by_both_ways_at_once_is_one_message(alice, bob, published):
    for _ in range(5):  # the first time both mailboxes are still to be made
        body = envelope(bob)
        answers = together(*[partial(way, alice, body) for way in WAYS * 4])
        assert len({message for message, _ in answers}) == 1
        assert [is_new for _, is_new in answers].count(True) == 1
    assert numbers_of(alice, published) == numbers_of(bob, published) == [1, 2, 3, 4, 5]


# --- numbers and commits ---------------------------------------------------------------------------------------------


class Unfinished:
    """A send in a thread of its own whose transaction stays open until it is told how to end."""

    def __init__(self, person, recipient):
        self.person, self.recipient = person, recipient
        self.has_numbers, self.may_end = threading.Event(), threading.Event()
        self.rolls_back = False
        self.thread = threading.Thread(target=alone, args=[self.run])

    def run(self):
        serializer = SendSerializer(data=envelope(self.recipient))
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            Message.objects.send(self.person.user, serializer.validated_data)
            self.has_numbers.set()
            self.may_end.wait(PATIENCE_SECONDS)
            transaction.set_rollback(self.rolls_back)

    def __enter__(self):
        self.thread.start()
        assert self.has_numbers.wait(PATIENCE_SECONDS)
        return self

    def end(self, rolls_back):
        self.rolls_back = rolls_back
        self.may_end.set()
        self.thread.join(PATIENCE_SECONDS)

    def __exit__(self, *_):
        self.end(rolls_back=True)


@pytest.fixture
def mailboxes(alice, bob, mallory):
    for person in (alice, bob, mallory):
        Counter.objects.create(user=person.user)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rolls_back", [False, True])
def test_no_number_is_given_while_a_lower_one_may_still_come(
    alice, bob, mallory, mailboxes, published, way, rolls_back
):
    with ThreadPoolExecutor() as threads, Unfinished(alice, bob) as first:
        second = threads.submit(alone, way, mallory, envelope(bob))
        until_somebody_waits()
        assert bob.sync() == {"events": [], "cursor": 0, "more": False}
        assert not second.done()
        assert published == []
        first.end(rolls_back)
        message, _ = second.result(PATIENCE_SECONDS)
    events_now = bob.sync()["events"]
    assert [event["sequence"] for event in events_now] == ([1] if rolls_back else [1, 2])
    assert events_now[-1]["message"]["id"] == message
    assert sorted(numbers_of(bob, published)) == ([1] if rolls_back else [1, 2])


def test_a_mailbox_that_was_made_meanwhile_is_not_numbered_without_its_lock(alice, bob, published):
    """The quick way has looked for mailboxes before Bob's was there, and waits for Alice's."""
    Counter.objects.create(user=alice.user)
    body = envelope(bob)
    with ThreadPoolExecutor() as threads, another_connection() as other:
        other.execute("SELECT FROM mailboxes WHERE user_id = %s FOR UPDATE", [alice.user.pk])
        sending = threads.submit(asyncio.run, quick_or_none(alice, body))
        until_somebody_waits()
        Counter.objects.create(user=bob.user)
        other.commit()
        assert sending.result(PATIENCE_SECONDS) is None
    assert not Message.objects.exists()
    assert published == []


async def quick_or_none(person, body):
    try:
        return await acceptance.accept(person.session.pk, person.user.pk, body)
    finally:
        await acceptance.close()


@pytest.mark.parametrize("way", WAYS)
def test_what_is_pushed_is_committed(alice, bob, mailboxes, monkeypatch, way):
    seen = []

    def look(pushes):
        with another_connection() as other:
            ids = [json.loads(push.text)["message"]["id"] for push in pushes]
            rows = other.execute("SELECT id FROM messages WHERE id = ANY(%s)", [ids]).fetchall()
            seen.append(({number for (number,) in rows}, set(ids)))

    monkeypatch.setattr(dispatcher, "publish", look)
    message, _ = way(alice, envelope(bob))
    assert seen == [({message}, {message})]


# --- everything at once ----------------------------------------------------------------------------------------------


def test_crossing_sends_receipts_and_clearings_wait_for_nobody_for_ever(alice, bob, published):
    """Readers that poll meanwhile never pass over a number that is committed later: they end where a fresh load is."""
    is_over = threading.Event()
    readers = {person: Reader(person, is_over) for person in (alice, bob)}
    jobs = [
        *[partial(send_many, *pair, way) for pair in ((alice, bob), (bob, alice)) for way in WAYS],
        *[partial(mark_many, person) for person in (alice, bob)],
        *[partial(clear_many, *pair) for pair in ((alice, bob), (bob, alice))],
    ]
    with ThreadPoolExecutor() as threads:
        reading = [threads.submit(alone, reader.read) for reader in readers.values()]
        try:
            together(*jobs)
        finally:
            is_over.set()
        [one.result(PATIENCE_SECONDS) for one in reading]
    for person, reader in readers.items():
        fresh = Mailbox()
        fresh.take_sync(person.sync())
        assert sorted(numbers_of(person, published)) == list(range(1, fresh.cursor + 1))
        assert (reader.mailbox.cursor, reader.mailbox.messages) == (fresh.cursor, fresh.messages)


def send_many(sender, recipient, way):
    for _ in range(12):
        way(sender, envelope(recipient))


def mark_many(person):
    for _ in range(12):
        received = person.get("/api/messages/inbox").json()["results"]
        ids = [message["id"] for message in received]
        assert person.post("/api/messages/receipts", {"delivered": ids, "read": ids[::2]}).status_code == 200


def clear_many(person, other):
    for _ in range(4):
        time.sleep(0.05)
        assert person.delete(f"/api/messages/conversation/{other.email}").status_code == 200


class Reader:
    def __init__(self, person, is_over):
        self.person, self.is_over = person, is_over
        self.mailbox = Mailbox()

    def read(self):
        while not self.is_over.is_set():
            self.mailbox.take_sync(self.person.sync(self.mailbox.cursor))
        self.mailbox.take_sync(self.person.sync(self.mailbox.cursor))
