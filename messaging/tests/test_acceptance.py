"""Acceptance of a message, from an event loop and from a thread: one new row, or a refusal and no change."""

import asyncio
import json
import uuid
from contextlib import asynccontextmanager
from datetime import timedelta
from unittest.mock import patch

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection
from django.utils import timezone
from rest_framework.exceptions import APIException

from accounts.models import Session, User
from conftest import envelope
from messaging.accept import acceptance, postgresql
from messaging.mailboxes import Mailbox
from messaging.models import Message, SpentClientId
from messaging.realtime import dispatcher
from tests.support.whole_server import ask_server
from vibechat.core.errors import describe
from vibechat.core.exceptions import Unavailable

pytestmark = pytest.mark.django_db(transaction=True)
only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connections to a server")
URL = "/api/messages/send"


async def in_loop(person, body):
    return await acceptance.accept(person.session.pk, person.user.pk, body)


async def in_thread(person, body):
    return await sync_to_async(acceptance.accept_sync)(person.session.pk, person.user.pk, body)


@pytest.fixture(params=[in_loop, in_thread])
def accept(request):
    return request.param


async def refusal(accept, person, body) -> str:
    """Returns the code of the refusal, and checks that nothing has changed."""
    before = await in_the_database()
    with pytest.raises(APIException) as refused:
        await accept(person, body)
    assert await in_the_database() == before
    described = describe(refused.value)
    return next((errors[0]["code"] for errors in described.get("fields", {}).values()), described["code"])


async def in_the_database():
    sequences = await sync_to_async(
        lambda: dict(Mailbox.objects.filter(sequence__gt=0).values_list("user__email", "sequence"))
    )()
    return await Message.objects.acount(), sequences


async def test_it_works(alice, bob, accept):
    body = envelope(bob, sender_fingerprint=await sync_to_async(alice.upload_key)())
    accepted = await accept(alice, body)
    message = json.loads(accepted.text)
    listed = (await sync_to_async(alice.get)("/api/messages/sent")).json()["results"][0]
    assert message == listed
    assert (accepted.sequence, accepted.is_new, accepted.status) == (1, True, 201)
    assert (await sync_to_async(bob.sync)(0))["events"] == [{"type": "new_message", "sequence": 1, "message": message}]


async def test_repeat_returns_the_row_and_is_not_pushed(alice, bob, accept):
    body = envelope(bob)
    first = await accept(alice, body)
    await sync_to_async(bob.post)("/api/messages/receipts", {"read": [json.loads(first.text)["id"]]})
    with patch.object(dispatcher, "publish") as published:
        repeated = await accept(alice, body)
    listed = (await sync_to_async(alice.get)("/api/messages/sent")).json()["results"][0]
    assert listed["read_at"]
    assert json.loads(repeated.text) == listed
    assert (repeated.sequence, repeated.is_new, repeated.status) == (2, False, 200)
    assert not published.called


async def test_repeat_is_answered_after_the_recipient_is_deleted(alice, bob, accept):
    body = envelope(bob)
    first = await accept(alice, body)
    await sync_to_async(bob.user.delete)()
    assert (await accept(alice, body)).text == first.text
    assert await refusal(accept, alice, envelope(bob)) == "user_not_found"


async def test_concurrent_first_messages_make_the_mailboxes(alice, bob, accept):
    answers = await asyncio.gather(
        *[accept(alice, envelope(bob)) for _ in range(3)], *[accept(bob, envelope(alice)) for _ in range(3)]
    )
    assert all(accepted.is_new for accepted in answers)
    assert await in_the_database() == (6, {alice.email: 6, bob.email: 6})


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("client_id_conflict", {"message_type": "other"}),
        ("client_id_conflict", {"recipient_email": "mallory@example.org"}),
        ("client_id_conflict", {"recipient_email": "nobody@example.org"}),
        ("client_id_conflict", {"sender_fingerprint": "0" * 64}),
        ("client_id_conflict", {"quiet": False}),
        ("client_id_conflict", {"delete_after": "2100-01-01T12:00:00.000001Z"}),
        ("client_id_conflict", {"delete_after": None}),
        ("client_id_conflict", {"tag": "dGFn"}),
    ],
)
async def test_client_id_of_another_message_is_refused(alice, bob, mallory, accept, code, change):
    first = envelope(bob, quiet=True, delete_after="2100-01-01T12:00:00Z")
    await accept(alice, first)
    assert not (await accept(alice, first)).is_new
    assert await refusal(accept, alice, first | change) == code


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("user_not_found", {"recipient_email": "nobody@example.org"}),
        ("yourself", {"recipient_email": "alice@example.org"}),
        ("stale_key", {"sender_fingerprint": "0" * 64}),
        ("stale_key", {"recipient_fingerprint": "0" * 64}),
        ("invalid_base64", {"nonce": "x"}),
        ("invalid", {"client_id": 7}),
        ("required", {"salt": None}),
    ],
)
async def test_invalid_message_is_refused(alice, bob, accept, code, change):
    await accept(alice, envelope(bob))
    assert await refusal(accept, alice, envelope(bob) | change) == code


@pytest.mark.parametrize(("code", "body"), [("invalid", []), ("null", None), ("invalid", "text"), ("invalid", 7)])
async def test_body_that_is_not_an_object_is_refused(alice, accept, code, body):
    assert await refusal(accept, alice, body) == code


async def test_address_is_normalized(alice, bob, accept):
    accepted = await accept(alice, envelope(bob) | {"recipient_email": f" {bob.email.upper()} "})
    assert json.loads(accepted.text)["recipient_email"] == bob.email


@pytest.mark.parametrize("end", ["revoked", "expired", "suspended", "gone", "never", "deleted", "of_another"])
async def test_ended_session_sends_nothing(alice, bob, mallory, accept, end):
    await accept(alice, envelope(bob))
    session = Session.objects.filter(pk=alice.session.pk)
    if end == "revoked":
        await session.aupdate(revoked_at=timezone.now())
    elif end == "expired":
        await session.aupdate(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "suspended":
        await User.objects.filter(pk=alice.user.pk).aupdate(is_active=False)
    elif end == "gone":
        await session.adelete()
    elif end == "never":
        alice.session.pk = uuid.uuid4()
    elif end == "deleted":
        pk = alice.user.pk
        await sync_to_async(alice.user.delete)()
        alice.user.pk = pk
    else:
        alice.session = mallory.session
    assert await refusal(accept, alice, envelope(bob)) == "token_not_valid"


async def test_suspended_recipient_is_not_found(alice, bob, accept):
    await User.objects.filter(pk=bob.user.pk).aupdate(is_active=False)
    assert await refusal(accept, alice, envelope(bob)) == "user_not_found"


async def test_client_id_of_a_deleted_message_is_refused_for_30_days(alice, bob, accept):
    body = envelope(bob)
    await accept(alice, body)
    await sync_to_async(alice.delete)(f"/api/messages/conversation/{bob.email}")
    await sync_to_async(bob.delete)(f"/api/messages/conversation/{alice.email}")
    assert await refusal(accept, alice, body) == "message_deleted"
    await SpentClientId.objects.aupdate(deleted_at=timezone.now() - timedelta(days=31))
    assert (await accept(alice, body)).is_new


async def test_checks_run_in_the_order_of_the_contract(alice, bob, accept, settings):
    """Session, client_id, recipient, keys, storage: each body fails one check and all that follow."""
    first = envelope(bob)
    await accept(alice, first)
    settings.ACCOUNT_STORAGE_BYTES = 1
    keys = {"sender_fingerprint": "0" * 64}
    nobody = {"recipient_email": "nobody@example.org"}
    conflict = first | keys | nobody
    assert await refusal(accept, alice, conflict) == "client_id_conflict"
    assert await refusal(accept, alice, envelope(bob) | keys | nobody) == "user_not_found"
    assert await refusal(accept, alice, envelope(bob) | keys) == "stale_key"
    assert await refusal(accept, alice, envelope(bob)) == "storage_full"
    await Session.objects.filter(pk=alice.session.pk).aupdate(revoked_at=timezone.now())
    assert await refusal(accept, alice, conflict) == "token_not_valid"


async def test_concurrent_loop_and_thread_leave_no_gap_and_no_deadlock(alice, bob):
    async def send(accept, sender, recipient, count):
        for _ in range(count):
            assert (await accept(sender, envelope(recipient))).is_new

    async def clear(person, other):
        for _ in range(3):
            await sync_to_async(person.delete, thread_sensitive=False)(f"/api/messages/conversation/{other.email}")

    pairs = [(in_loop, alice, bob, 15), (in_loop, bob, alice, 15), (in_loop, alice, bob, 15)]
    pairs += [(in_thread, bob, alice, 5), (in_thread, alice, bob, 5)]
    await asyncio.wait_for(asyncio.gather(*[send(*pair) for pair in pairs]), 30)
    for person in (alice, bob):
        sequences = [event["sequence"] for event in (await sync_to_async(person.sync)())["events"]]
        assert sequences == list(range(1, 56))
    await asyncio.wait_for(asyncio.gather(clear(alice, bob), clear(bob, alice), send(in_loop, alice, bob, 15)), 30)


async def test_concurrent_repeats_are_one_message(alice, bob):
    body = envelope(bob)
    answers = await asyncio.gather(*[in_loop(alice, body) for _ in range(8)])
    assert [accepted.is_new for accepted in answers].count(True) == 1
    assert len({accepted.text for accepted in answers}) == 1
    assert await in_the_database() == (1, {alice.email: 1, bob.email: 1})


# --- the request -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "change"),
    [
        (201, None, {}),
        (404, "user_not_found", {"recipient_email": "nobody@example.org"}),
        (409, "stale_key", {"sender_fingerprint": "0" * 64}),
        (400, "invalid", {"recipient_email": "alice@example.org"}),
        (400, "invalid", {"salt": "x"}),
    ],
)
async def test_middleware_and_viewset_give_the_same_answer(alice, bob, status, code, change):
    body, token = envelope(bob, client_id=None) | change, alice.tokens["access"]
    answers = [await ask_server("POST", URL, body, token)]
    with patch("messaging.accept.middleware.claims_of", lambda scope: None):
        answers.append(await ask_server("POST", URL, body, token))
    shapes = [without_what_differs(answer) for answer in answers]
    assert shapes[0] == shapes[1]
    assert (answers[0].status, json.loads(answers[0].body).get("code")) == (status, code)


def without_what_differs(answer):
    kept = {name: value for name, value in answer.headers.items() if name in ("content-type", "www-authenticate")}
    return answer.status, kept, json.loads(answer.body) | {"id": 0, "created_at": ""}


@pytest.mark.parametrize("change", [{}, {"salt": "x"}])
async def test_ended_session_is_401_for_any_body(alice, bob, change):
    assert (await ask_server("POST", URL, envelope(bob), alice.tokens["access"])).status == 201
    await Session.objects.filter(pk=alice.session.pk).aupdate(revoked_at=timezone.now())
    answer = await ask_server("POST", URL, envelope(bob) | change, alice.tokens["access"])
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert json.loads(answer.body)["code"] == "token_not_valid"


# --- connections -----------------------------------------------------------------------------------------------------


@only_postgresql
async def test_database_restart_fails_no_message_with_a_client_id(alice, bob):
    await asyncio.gather(*[in_loop(alice, envelope(bob)) for _ in range(8)])
    await sync_to_async(end_connections_of_the_pool)()
    for _ in range(8):
        assert (await in_loop(alice, envelope(bob))).is_new


def end_connections_of_the_pool():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE '%FROM accept_message_%'"
            " AND pid <> pg_backend_pid()"
        )


@only_postgresql
@pytest.mark.parametrize("is_committed", [False, True])
@pytest.mark.parametrize("call", ["call_together", "accept_once"])
async def test_connection_loss_at_commit_repeats_only_messages_with_a_client_id(
    alice, bob, monkeypatch, is_committed, call
):
    """With a client_id the message is repeated and pushed; without, it is refused, since a repeat could duplicate
    it."""
    await in_loop(alice, envelope(bob))
    accept = getattr(postgresql, call)
    broken = iter([True, False, True])

    async def breaks(parameters):
        is_broken = next(broken)
        outcome = await accept(parameters) if is_committed or not is_broken else None
        if is_broken:
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return outcome

    async def left_out(calls):
        return [[postgresql.LEFT_OUT]] * len(calls)

    monkeypatch.setattr(postgresql, "call_together", left_out)
    monkeypatch.setattr(postgresql, call, breaks)
    with patch.object(dispatcher, "publish") as published:
        assert (await in_loop(alice, envelope(bob))).is_new
    assert len(published.call_args.args[0]) == 2
    assert await Message.objects.acount() == 2
    if call == "call_together":
        await in_loop(alice, envelope(bob))
    with pytest.raises(Unavailable):
        await in_loop(alice, envelope(bob, client_id=None))


@only_postgresql
@pytest.mark.parametrize("stays_locked", [False, True])
async def test_broken_connection_and_then_a_locked_mailbox(alice, bob, monkeypatch, stays_locked):
    """The message, which is committed, is pushed; where the lock stays, the answer is that of a database away."""
    await in_loop(alice, envelope(bob))
    accept, accept_sync = postgresql.accept_once, postgresql.accept_sync
    errors = iter([psycopg.OperationalError("server closed the connection"), psycopg.errors.LockNotAvailable()])

    async def breaks(call):
        error = next(errors)
        if isinstance(error, psycopg.errors.LockNotAvailable):
            raise error
        await accept(call)
        raise error

    def locked(*arguments):
        if stays_locked:
            raise OperationalError("canceling statement due to lock timeout")
        return accept_sync(*arguments)

    async def left_out(calls):
        return [[postgresql.LEFT_OUT]] * len(calls)

    monkeypatch.setattr(postgresql, "call_together", left_out)
    monkeypatch.setattr(postgresql, "accept_once", breaks)
    monkeypatch.setattr(postgresql, "accept_sync", locked)
    with patch.object(dispatcher, "publish") as published:
        if stays_locked:
            with pytest.raises(Unavailable):
                await in_loop(alice, envelope(bob))
        else:
            assert (await in_loop(alice, envelope(bob))).is_new
            assert len(published.call_args.args[0]) == 2
    assert await Message.objects.acount() == 2


@only_postgresql
@pytest.mark.parametrize("client_id", [None, uuid.uuid4()])
async def test_database_that_does_not_answer_is_away_after_a_while(alice, bob, monkeypatch, client_id):
    await in_loop(alice, envelope(bob))
    calls = []

    class Frozen:
        async def execute(self, *_):
            calls.append(1)
            await asyncio.Event().wait()

    class Pool:
        @asynccontextmanager
        async def connection(self):
            yield Frozen()

        async def drain(self):
            pass

        async def check(self):
            await asyncio.Event().wait()

    async def frozen_pool():
        return Pool()

    monkeypatch.setattr(postgresql, "CALL_SECONDS", 0.05)
    monkeypatch.setattr(postgresql, "pool", frozen_pool)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(in_loop(alice, envelope(bob, client_id=client_id and str(client_id))), 5)
    # Together; then alone only where a repeat cannot become a second message.
    assert len(calls) == (1 if client_id is None else 2)


@only_postgresql
async def test_column_of_a_newer_release_gets_its_default(alice, bob, accept):
    def change(statement):
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE messages {statement}")

    await sync_to_async(change)("ADD COLUMN newer text NOT NULL DEFAULT 'x'")
    try:
        assert (await accept(alice, envelope(bob))).is_new
    finally:
        await sync_to_async(change)("DROP COLUMN newer")
