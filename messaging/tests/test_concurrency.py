"""Concurrent transactions on PostgreSQL in threads: locks, sequences, and the time of the push."""

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
from rest_framework.exceptions import APIException

from accounts.models import Session
from conftest import Person, envelope
from messaging.accept import acceptance, postgresql
from messaging.mailboxes import Mailbox as Counter
from messaging.realtime import dispatcher
from tests.faults.mailbox import Mailbox
from vibechat.core.errors import describe

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
URL = "/api/messages/send"
PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
def _patient_server(monkeypatch):
    """On a busy machine a send may take longer than the server waits for it. Other tests prove its bounds."""
    monkeypatch.setattr(postgresql, "POOL_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(postgresql, "CALL_SECONDS", PATIENCE_SECONDS)


def alone(job, *arguments):
    """Run the job and close the thread's connection afterwards."""
    try:
        return job(*arguments)
    finally:
        connection.close()


def together(*jobs):
    """Start all jobs at the same time, each in a thread; returns their results."""
    start = threading.Barrier(len(jobs))

    def run(job):
        start.wait(PATIENCE_SECONDS)
        return job()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return [running.result(PATIENCE_SECONDS) for running in [threads.submit(alone, run, job) for job in jobs]]


def send_in_thread(person, body) -> tuple[int, bool]:
    """Send by the viewset, on Django's connection. Returns (message id, whether it is new)."""
    answer = person.post(URL, body)
    assert answer.status_code in (200, 201), answer.json()
    return answer.json()["id"], answer.status_code == 201


def send_in_loop(person, body) -> tuple[int, bool]:
    """Send from an event loop, as the socket and SendMiddleware do."""

    async def send():
        try:
            return await acceptance.accept(person.session.pk, person.user.pk, dict(body))
        except APIException as refusal:
            raise AssertionError(describe(refusal)) from refusal
        finally:
            await acceptance.close()

    accepted = asyncio.run(send())
    return json.loads(accepted.text)["id"], accepted.is_new


WAYS = [send_in_thread, send_in_loop]


@pytest.fixture
def published(monkeypatch):
    pushes = []
    monkeypatch.setattr(dispatcher, "publish", pushes.extend)
    return pushes


def sequences_of(person, pushes) -> list[int]:
    return [push.sequence for push in pushes if push.user_id == person.user.pk]


@contextmanager
def another_connection(**options):
    parameters = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(**{name: parameters[name] for name in names if name in parameters}, **options) as other:
        yield other


def until_somebody_waits():
    """Wait until a transaction waits for a lock in this database."""
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    deadline = time.monotonic() + PATIENCE_SECONDS
    with another_connection(autocommit=True) as other:
        while not other.execute(query).fetchone():
            assert time.monotonic() < deadline, "nobody waits for a lock"
            time.sleep(0.01)


# --- concurrent repeats ----------------------------------------------------------------------------------------------


def test_concurrent_repeats_by_both_paths_are_one_message(alice, bob, published):
    for _ in range(5):  # in the first round both mailboxes are missing
        body = envelope(bob)
        answers = together(*[partial(way, alice, body) for way in WAYS * 4])
        assert len({message for message, _ in answers}) == 1
        assert [is_new for _, is_new in answers].count(True) == 1
    assert sequences_of(alice, published) == sequences_of(bob, published) == [1, 2, 3, 4, 5]


# --- sequences and commits -------------------------------------------------------------------------------------------


class Unfinished:
    """A send in a thread whose transaction stays open until `end` commits it or rolls it back."""

    def __init__(self, person, recipient):
        self.person, self.recipient = person, recipient
        self.has_numbers, self.may_end = threading.Event(), threading.Event()
        self.rolls_back = False
        self.thread = threading.Thread(target=alone, args=[self.run])

    def run(self):
        with transaction.atomic():
            acceptance.accept_sync(self.person.session.pk, self.person.user.pk, envelope(self.recipient))
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
def test_no_sequence_is_taken_while_a_lower_one_is_uncommitted(
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
    assert sorted(sequences_of(bob, published)) == ([1] if rolls_back else [1, 2])


def test_mailbox_made_meanwhile_is_locked_before_its_sequence_is_taken(alice, bob, published):
    """The first attempt reads before Bob's mailbox exists, and waits for Alice's."""
    Counter.objects.create(user=alice.user)
    with ThreadPoolExecutor() as threads, another_connection() as other:
        other.execute("SELECT FROM mailboxes WHERE user_id = %s FOR UPDATE", [alice.user.pk])
        sending = threads.submit(send_in_loop, alice, envelope(bob))
        until_somebody_waits()
        Counter.objects.create(user=bob.user)
        other.commit()
        assert sending.result(PATIENCE_SECONDS)[1]
    assert sequences_of(alice, published) == sequences_of(bob, published) == [1]
    assert set(Counter.objects.values_list("sequence", flat=True)) == {1}


def test_long_lock_wait_holds_no_connection_of_the_pool(alice, bob, mallory, mailboxes, monkeypatch):
    """Nor the mailboxes of others. Alice's is held: it is locked before Bob's."""
    carol = Person("carol")
    monkeypatch.setattr(postgresql, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(postgresql, "POOL_SIZE", 1)

    async def send_both():
        waiting = asyncio.create_task(acceptance.accept(alice.session.pk, alice.user.pk, envelope(bob)))
        await asyncio.to_thread(until_somebody_waits)
        try:
            other_one = await acceptance.accept(mallory.session.pk, mallory.user.pk, envelope(carol, client_id=None))
            assert not waiting.done()
            other.rollback()
            return other_one, await waiting
        finally:
            await acceptance.close()

    with another_connection() as other:
        other.execute("SELECT FROM mailboxes WHERE user_id = %s FOR UPDATE", [bob.user.pk])
        assert [accepted.is_new for accepted in asyncio.run(send_both())] == [True, True]


def test_log_in_and_upload_of_a_key_hold_up_no_message(alice, bob, mailboxes):
    """Their locks of the user's row leave room for those of the foreign keys. A send that they held up would be
    refused, because the server waits less long for a lock.
    """
    with transaction.atomic():
        alice.upload_key()
        Session.objects.begin(alice.user)
        with ThreadPoolExecutor() as threads:
            assert threads.submit(alone, send_in_loop, alice, envelope(bob)).result(PATIENCE_SECONDS)[1]


@pytest.mark.parametrize("way", WAYS)
def test_push_follows_the_commit(alice, bob, mailboxes, monkeypatch, way):
    seen = []

    def look(pushes):
        with another_connection() as other:
            ids = [json.loads(push.text)["message"]["id"] for push in pushes]
            rows = other.execute("SELECT id FROM messages WHERE id = ANY(%s)", [ids]).fetchall()
            seen.append(({number for (number,) in rows}, set(ids)))

    monkeypatch.setattr(dispatcher, "publish", look)
    message, _ = way(alice, envelope(bob))
    assert seen == [({message}, {message})]


# --- all changes concurrently ----------------------------------------------------------------------------------------


def test_concurrent_sends_receipts_and_clearings_do_not_deadlock(alice, bob, published):
    """Readers poll meanwhile. They never skip a sequence that is committed later: their state equals a fresh load."""
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
        assert sorted(sequences_of(person, published)) == list(range(1, fresh.cursor + 1))
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
