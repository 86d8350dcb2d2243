"""The storage limit of an account: messages are charged to the sender, and credited when they are deleted."""

import base64
import importlib
import uuid
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from conftest import envelope
from messaging.mailboxes import Mailbox
from messaging.models import Message, SpentClientId
from messaging.storage_quota import ROW_BYTES, SPENT_CLIENT_ID_BYTES
from messaging.tests.test_concurrency import WAYS, send_in_thread, together

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/messages/send"
SIZE = ROW_BYTES + 44 + 16 + 24  # of a message made by `envelope`


def used(person) -> int:
    return Mailbox.objects.filter(user=person.user).values_list("stored_bytes", flat=True).first()


def clear(person, other):
    assert person.delete(f"/api/messages/conversation/{other.email}").status_code == 200


def receipt(to, size):
    return envelope(to, message_type="receipt", ciphertext=base64.b64encode(b"r" * size).decode())


@pytest.fixture
def room_for(settings):
    def set_to(count):
        settings.ACCOUNT_STORAGE_BYTES = count * SIZE

    return set_to


@pytest.mark.parametrize("way", WAYS)
def test_it_works(alice, bob, room_for, way):
    bob.send(alice)
    room_for(2)
    for _ in range(2):
        assert way(alice, envelope(bob))[1]
    assert (used(alice), used(bob)) == (2 * SIZE, SIZE)
    answer = alice.post(URL, envelope(bob))
    assert answer.status_code == 409
    assert answer.json() | {"detail": ""} == {
        "code": "storage_full",
        "detail": "",
        "used": 2 * SIZE,
        "allowed": 2 * SIZE,
    }
    assert Message.objects.count() == 3
    assert way(bob, envelope(alice))[1]


@pytest.mark.parametrize("way", WAYS)
def test_repeat_is_not_charged_and_is_answered_when_full(alice, bob, room_for, way):
    body = envelope(bob)
    way(alice, body)
    room_for(1)
    assert way(alice, body)[1] is False
    assert used(alice) == SIZE


@pytest.mark.parametrize("way", WAYS)
def test_receipts_are_accepted_up_to_the_reserve(alice, bob, settings, way):
    alice.send(bob)
    settings.ACCOUNT_STORAGE_BYTES = used(alice)
    small, large = receipt(bob, 4096), receipt(bob, 4097)
    assert alice.post(URL, small).status_code == 409  # the reserve, a sixteenth, is smaller than this receipt
    settings.ACCOUNT_STORAGE_BYTES = 110_000
    Mailbox.objects.filter(user=alice.user).update(stored_bytes=110_000)
    assert alice.post(URL, large).json()["code"] == "storage_full"
    assert alice.post(URL, envelope(bob)).json()["code"] == "storage_full"
    assert way(alice, small)[1]
    assert alice.post(URL, receipt(bob, 4096)).json()["code"] == "storage_full"


def test_full_account_can_clear_read_and_receive(alice, bob, settings):
    message = bob.send(alice)
    alice.send(bob)
    settings.ACCOUNT_STORAGE_BYTES = SIZE + SPENT_CLIENT_ID_BYTES
    assert alice.post(f"/api/messages/{message['id']}/read").status_code == 200
    clear(alice, bob)
    assert alice.post(URL, envelope(bob)).status_code == 409  # Bob has not cleared it
    clear(bob, alice)
    alice.send(bob)


def test_client_id_of_a_deleted_message_is_charged_until_it_is_pruned(alice, bob):
    alice.send(bob)
    alice.send(bob, client_id=None)
    clear(alice, bob)
    assert used(alice) == 2 * SIZE
    clear(bob, alice)
    assert used(alice) == SPENT_CLIENT_ID_BYTES
    SpentClientId.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    call_command("prune_messages", older_than=1, delete=True)
    assert used(alice) == 0


def test_client_id_deleted_twice_is_charged_once(alice, bob):
    client_id = str(uuid.uuid4())
    for _ in range(2):
        alice.send(bob, client_id=client_id)
        clear(alice, bob)
        clear(bob, alice)
        assert used(alice) == SPENT_CLIENT_ID_BYTES
        SpentClientId.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    call_command("prune_messages", older_than=1, delete=True)
    assert used(alice) == 0


def test_pruned_messages_are_credited(alice, bob, mallory):
    for person in (alice, bob, mallory):
        for other in {alice, bob, mallory} - {person}:
            person.send(other)
    Message.objects.filter(sender=alice.user).update(created_at=timezone.now() - timedelta(days=3))
    call_command("prune_messages", older_than=2, delete=True)
    assert (used(alice), used(bob)) == (2 * SPENT_CLIENT_ID_BYTES, 2 * SIZE)


def test_messages_deleted_with_the_recipient_are_credited(alice, bob):
    alice.send(bob)
    clear(alice, bob)
    alice.send(bob)
    bob.user.delete()
    assert used(alice) == SIZE + SPENT_CLIENT_ID_BYTES


def test_size_counts_every_stored_byte(alice, bob):
    text = base64.b64encode(b"x" * 5000).decode()
    message = alice.send(bob, suite=2, nonce=None, salt=None, ciphertext=text)
    assert used(alice) == ROW_BYTES + len(text)
    clear(alice, bob)
    clear(bob, alice)
    assert (used(alice), message["nonce"]) == (SPENT_CLIENT_ID_BYTES, None)


def test_migration_counts_existing_messages(alice, bob):
    alice.send(bob)
    clear(alice, bob)
    clear(bob, alice)
    alice.send(bob, suite=2, salt=None)
    counted = dict(Mailbox.objects.values_list("user", "stored_bytes"))
    Mailbox.objects.update(stored_bytes=7)
    with connection.schema_editor() as editor:
        importlib.import_module("messaging.migrations.0002_storage").fill(apps, editor)
    assert dict(Mailbox.objects.values_list("user", "stored_bytes")) == counted


async def test_socket_gives_the_same_refusal(alice, bob, room_for):
    from messaging.tests.test_socket import signed_in

    await sync_to_async(alice.send)(bob)
    room_for(1)
    async with signed_in(alice) as socket:
        client_id = str(uuid.uuid4())
        await socket.say(type="send_message", **envelope(bob, client_id=client_id))
        error = await socket.hear("error")
    assert error | {"detail": ""} == {
        "type": "error",
        "client_id": client_id,
        "code": "storage_full",
        "detail": "",
        "used": SIZE,
        "allowed": SIZE,
    }


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.parametrize("way", WAYS)
def test_concurrent_sends_do_not_exceed_the_limit(alice, bob, mallory, room_for, way):
    alice.send(bob)
    bob.send(mallory)
    room_for(4)

    def attempt(to):
        try:
            return way(alice, envelope(to))[1]
        except AssertionError as refused:
            return "storage_full" not in str(refused) and refused

    results = together(*[lambda to=to: attempt(to) for to in [bob, mallory] * 4])
    assert sorted(results) == [False] * 5 + [True] * 3
    assert used(alice) == 4 * SIZE


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_concurrent_sends_and_clearings_keep_the_sum_correct(alice, bob):
    def send():
        for _ in range(8):
            send_in_thread(alice, envelope(bob))

    together(send, send, lambda: [clear(bob, alice) for _ in range(6)], lambda: [clear(alice, bob) for _ in range(6)])
    rows, ids = Message.objects.filter(sender=alice.user).count(), SpentClientId.objects.count()
    assert used(alice) == rows * SIZE + ids * SPENT_CLIENT_ID_BYTES
