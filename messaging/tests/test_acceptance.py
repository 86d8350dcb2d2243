"""The quick way takes what nothing stands in the way of, and leaves everything else, untouched, to the full way."""

import asyncio
import json
import uuid
from datetime import timedelta

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.models import Session, User
from conftest import envelope
from messaging.accept import acceptance, postgresql
from messaging.mailboxes import Mailbox
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)


async def send(person, body):
    return await acceptance.accept(person.session.pk, person.user.pk, body)


async def in_the_database():
    counters = await sync_to_async(lambda: dict(Mailbox.objects.values_list("user__email", "sequence")))()
    return await Message.objects.acount(), counters


@pytest.fixture
def mailboxes(alice, bob):
    alice.send(bob)
    return {alice.email: 1, bob.email: 1}


async def test_it_works(alice, bob, mailboxes):
    body = envelope(bob, sender_fingerprint=await sync_to_async(alice.upload_key)())
    text, sequence = await send(alice, body)
    message = json.loads(text)
    listed = (await sync_to_async(alice.get)("/api/messages/sent")).json()["results"][0]
    assert message == listed
    assert sequence == 2
    assert (await sync_to_async(bob.sync)(1))["events"] == [{"type": "new_message", "sequence": 2, "message": message}]
    assert (await sync_to_async(alice.post)("/api/messages/send", body)).json() == message


async def test_whatever_stands_in_the_way_is_left_to_the_full_way(alice, bob, mallory, mailboxes):
    first = envelope(bob)
    assert await send(alice, first)
    before = await in_the_database()
    left = [
        first,
        first | {"message_type": "other"},
        envelope("nobody@example.org"),
        envelope(alice),
        envelope(mallory),  # no mailbox yet
        envelope(bob, sender_fingerprint="0" * 64),
        envelope(bob, recipient_fingerprint="0" * 64),
        envelope(bob, nonce="x"),
        envelope(bob, client_id=7),
        [],
        None,
    ]
    for body in left:
        assert await send(alice, body) is None
    assert await in_the_database() == before


@pytest.mark.parametrize("end", ["revoked", "expired", "suspended", "gone", "never"])
async def test_a_session_that_is_over_sends_nothing(alice, bob, mailboxes, end):
    session = Session.objects.filter(pk=alice.session.pk)
    if end == "revoked":
        await session.aupdate(revoked_at=timezone.now())
    elif end == "expired":
        await session.aupdate(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "suspended":
        await User.objects.filter(pk=alice.user.pk).aupdate(is_active=False)
    elif end == "gone":
        await session.adelete()
    else:
        alice.session.pk = uuid.uuid4()
    before = await in_the_database()
    assert await send(alice, envelope(bob)) is None
    assert await in_the_database() == before


async def test_a_suspended_recipient_gets_nothing(alice, bob, mailboxes):
    await User.objects.filter(pk=bob.user.pk).aupdate(is_active=False)
    assert await send(alice, envelope(bob)) is None


async def test_a_deleted_message_does_not_come_back(alice, bob, mailboxes):
    body = envelope(bob)
    assert await send(alice, body)
    await sync_to_async(alice.delete)(f"/api/messages/conversation/{bob.email}")
    await sync_to_async(bob.delete)(f"/api/messages/conversation/{alice.email}")
    assert await send(alice, body) is None
    assert await Message.objects.acount() == 0


async def test_both_ways_at_once_number_without_a_hole_and_wait_for_nobody_for_ever(alice, bob, mailboxes):
    async def quickly(sender, recipient):
        for _ in range(15):
            assert await send(sender, envelope(recipient))

    async def fully(sender, recipient):
        for _ in range(5):
            await sync_to_async(sender.send, thread_sensitive=False)(recipient)

    async def clearing(person, other):
        for _ in range(3):
            await sync_to_async(person.delete, thread_sensitive=False)(f"/api/messages/conversation/{other.email}")

    jobs = [quickly(alice, bob), quickly(bob, alice), quickly(alice, bob), fully(bob, alice), fully(alice, bob)]
    await asyncio.wait_for(asyncio.gather(*jobs), 30)
    for person in (alice, bob):
        numbers = [event["sequence"] for event in (await sync_to_async(person.sync)())["events"]]
        assert numbers == list(range(1, 57))
    await asyncio.wait_for(asyncio.gather(clearing(alice, bob), clearing(bob, alice), quickly(alice, bob)), 30)


async def test_the_same_message_at_once_is_one_message(alice, bob, mailboxes):
    body = envelope(bob)
    answers = await asyncio.gather(*[send(alice, body) for _ in range(8)])
    assert len([answer for answer in answers if answer]) == 1
    assert await in_the_database() == (2, {alice.email: 2, bob.email: 2})


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connection that could break")
async def test_after_a_restart_of_the_database_one_message_goes_the_full_way_and_not_one_for_each_connection(
    alice, bob, mailboxes
):
    await asyncio.gather(*[send(alice, envelope(bob)) for _ in range(8)])
    await sync_to_async(end_connections_of_the_quick_way)()
    assert await send(alice, envelope(bob)) is None
    await asyncio.gather(*postgresql.checks)
    for _ in range(8):
        assert await send(alice, envelope(bob))


def end_connections_of_the_quick_way():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE '%pg_temp.accept_message(%'"
            " AND pid <> pg_backend_pid()"
        )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connection that could break")
async def test_a_connection_that_breaks_at_the_commit_is_unavailable_to_a_message_without_a_client_id(
    alice, bob, mailboxes, monkeypatch
):
    class Broken:
        def connection(self):
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    async def broken_pool():
        return Broken()

    monkeypatch.setattr(postgresql, "pool", broken_pool)
    assert await send(alice, envelope(bob)) is None  # a second way in finds the first message, if there is one
    with pytest.raises(OperationalError):
        await send(alice, envelope(bob, client_id=None))
