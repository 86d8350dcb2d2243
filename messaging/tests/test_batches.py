"""Batches of calls: waiting calls share one, within bounds, and no call delays or undoes another."""

import asyncio

import psycopg
import pytest
from django.db import connection

from conftest import envelope
from messaging.accept import acceptance, batches, postgresql
from messaging.accept.batches import Batches
from messaging.models import Message
from messaging.tests.test_concurrency import another_connection, until_somebody_waits
from vibechat.core.exceptions import Unavailable


class Backend:
    """Each call waits until it is released. `left_out`: senders whose calls must be accepted singly."""

    def __init__(self):
        self.together, self.alone = [], []
        self.may_go = asyncio.Event()
        self.left_out, self.locked, self.error = set(), set(), None
        self.unlocked = asyncio.Event()

    async def accept_together(self, calls):
        self.together.append([call["id"] for call in calls])
        await self.may_go.wait()
        if self.error:
            raise self.error
        return [None if call["sender"] in self.left_out else call["id"] for call in calls]

    async def accept(self, call):
        self.alone.append(call["id"])
        await asyncio.sleep(0)
        return None if call["sender"] in self.locked else call["id"]

    async def accept_when_unlocked(self, call):
        await self.unlocked.wait()
        return call["id"]


@pytest.fixture
async def backend():
    return Backend()


@pytest.fixture
async def queue(backend):
    return Batches(backend, lambda call, outcome: outcome)


def call(number, sender=None, charged=1):
    return {"id": number, "sender": number if sender is None else sender, "charged": charged}


async def put(queue, *calls):
    tasks = [asyncio.ensure_future(queue.accept(one)) for one in calls]
    await asyncio.sleep(0.01)
    return tasks


async def test_single_call_starts_at_once_and_later_ones_share_a_batch(queue, backend):
    tasks = await put(queue, call(1)) + await put(queue, call(2), call(3))
    assert backend.together == [[1]]
    backend.may_go.set()
    assert await asyncio.gather(*tasks) == [1, 2, 3]
    assert backend.together == [[1], [2, 3]]


async def test_batch_is_bounded_by_calls_sender_and_bytes(queue, backend):
    first = await put(queue, call(0))
    tasks = await put(
        queue, *[call(number, sender=1) for number in range(1, 11)], call(11), call(12, charged=2**20), call(13)
    )
    backend.may_go.set()
    assert await asyncio.gather(*first, *tasks) == list(range(14))
    assert backend.together == [[0], [*range(1, 9), 11, 12], [9, 10, 13]]
    backend.may_go.clear()
    tasks = await put(queue, call(0)) + await put(queue, *[call(number) for number in range(100, 170)])
    backend.may_go.set()
    await asyncio.gather(*tasks)
    assert [len(ids) for ids in backend.together[-3:]] == [1, 64, 6]


async def test_left_out_calls_of_a_sender_are_accepted_singly_in_order(queue, backend):
    backend.left_out.add(1)
    backend.may_go.set()
    tasks = await put(queue, call(10, 1), call(20, 2), call(11, 1), call(12, 1))
    assert await asyncio.gather(*tasks) == [10, 20, 11, 12]
    assert backend.alone == [10, 11, 12]
    assert not queue.turns


async def test_locked_mailboxes_block_no_other_single_calls_and_few_may_wait(queue, backend):
    backend.left_out |= set(range(10))
    backend.locked |= set(range(6))
    backend.may_go.set()
    waiting = await put(queue, *[call(number) for number in range(5)])
    with pytest.raises(Unavailable):
        await queue.accept(call(5))
    assert await asyncio.wait_for(queue.accept(call(6)), 5) == 6
    assert not any(task.done() for task in waiting)
    backend.unlocked.set()
    assert await asyncio.gather(*waiting) == [0, 1, 2, 3, 4]


async def test_failed_batch_fails_waiting_calls_but_no_later_ones(queue, backend):
    tasks = await put(queue, call(1)) + await put(queue, call(2))
    backend.error = Unavailable()
    backend.may_go.set()
    assert [type(error) for error in await asyncio.gather(*tasks, return_exceptions=True)] == [Unavailable] * 2
    backend.error = None
    assert await queue.accept(call(3)) == 3


async def test_queue_is_bounded(queue, backend, monkeypatch):
    monkeypatch.setattr(batches, "MOST_WAITING", 2)
    tasks = await put(queue, call(1), call(2))
    with pytest.raises(Unavailable):
        await queue.accept(call(3))
    backend.may_go.set()
    assert await asyncio.gather(*tasks) == [1, 2]
    assert await queue.accept(call(4)) == 4


async def test_call_of_a_cancelled_caller_is_concluded(backend):
    concluded = []
    queue = Batches(backend, lambda call, outcome: concluded.append(outcome))
    [task] = await put(queue, call(1))
    task.cancel()
    backend.may_go.set()
    assert await queue.accept(call(2)) is None
    assert concluded == [1, 2]


# --- the database ----------------------------------------------------------------------------------------------------

only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


async def send_all(*pairs):
    sending = [acceptance.accept(person.session.pk, person.user.pk, body) for person, body in pairs]
    return await asyncio.gather(*sending, return_exceptions=True)


@pytest.mark.django_db(transaction=True)
async def test_refusal_undoes_no_other_call_and_repeat_sees_the_first(alice, bob, mallory):
    await send_all((alice, envelope(bob)), (mallory, envelope(bob)))
    body = envelope(bob)
    answers = await send_all(
        (mallory, envelope(bob)),
        (alice, body),
        (alice, envelope("nobody@example.org")),
        (alice, body),
        (bob, envelope(alice)),
    )
    assert [getattr(answer, "is_new", answer.__class__.__name__) for answer in answers] == [
        True,
        True,
        "UserNotFound",
        False,
        True,
    ]
    assert await Message.objects.acount() == 5


@only_postgresql
@pytest.mark.django_db(transaction=True)
async def test_busy_mailbox_delays_no_other_call(alice, bob, mallory):
    await send_all((alice, envelope(bob)), (mallory, envelope(alice)))
    with another_connection() as other:
        other.execute("SELECT FROM mailboxes WHERE user_id = %s FOR UPDATE", [bob.user.pk])
        busy = asyncio.ensure_future(send_all((alice, envelope(bob)), (alice, envelope(mallory))))
        [accepted] = await send_all((mallory, envelope(alice)))
        assert accepted.is_new
        await asyncio.to_thread(until_somebody_waits)
        assert not busy.done()
        other.rollback()
    first, second = await busy
    assert first.sequence < second.sequence


@only_postgresql
@pytest.mark.django_db(transaction=True)
async def test_calls_of_a_failed_transaction_are_accepted_singly(alice, bob, mallory, monkeypatch):
    await send_all((alice, envelope(bob)), (mallory, envelope(bob)))

    async def fails(calls):
        raise psycopg.errors.DiskFull("no space left")

    monkeypatch.setattr(postgresql, "call_together", fails)
    answers = await send_all((alice, envelope(bob)), (mallory, envelope(bob, client_id=None)))
    assert [answer.is_new for answer in answers] == [True, True]
