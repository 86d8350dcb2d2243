import asyncio
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from conftest import envelope
from messaging import expiry
from messaging.expiry import ExpiryTimer, delete_expired
from messaging.mailboxes import Mailbox
from messaging.models import Deletion, Message
from messaging.tests.test_delete import chats, deleted
from messaging.tests.test_send import in_threads

pytestmark = pytest.mark.django_db
PAST, FUTURE = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"


def test_it_works(alice, bob, capsys):
    kept = [alice.send(bob), alice.send(bob, delete_after=FUTURE)]
    body = envelope(bob, delete_after=PAST)
    gone = alice.post("/api/messages/send", body).json()
    call_command("delete_expired")
    assert capsys.readouterr().out == "1 deleted.\n"
    assert list(Message.objects.order_by("pk").values_list("pk", flat=True)) == [message["id"] for message in kept]
    for person in (alice, bob):
        assert person.sync(3)["events"] == [deleted(4, gone)]
    assert chats(bob)[0]["last_message"] == kept[1]
    assert chats(bob)[0]["unread"] == 2
    assert alice.post("/api/messages/send", body).json()["code"] == "message_deleted"
    call_command("delete_expired")
    assert capsys.readouterr().out == "0 deleted.\n"


def test_the_time_itself_has_passed(alice, bob, monkeypatch):
    alice.send(bob, delete_after="2030-01-01T00:00:00Z")
    moment = timezone.datetime(2030, 1, 1, tzinfo=timezone.get_fixed_timezone(0))
    monkeypatch.setattr(expiry.timezone, "now", lambda: moment - timedelta(microseconds=1))
    assert delete_expired() == 0
    monkeypatch.setattr(expiry.timezone, "now", lambda: moment)
    assert delete_expired() == 1


def test_side_that_has_cleared_or_is_gone_takes_no_sequence(alice, bob, mallory):
    cleared = alice.send(bob, delete_after=PAST)
    mallory.send(bob, delete_after=PAST)
    alice.delete(f"/api/messages/conversation/{bob.email}")
    mallory.user.delete()
    assert delete_expired() == 2
    assert [event["type"] for event in alice.sync()["events"]] == ["conversation_cleared"]
    assert [event["sequence"] for event in bob.sync()["events"]] == [3, 4]
    assert bob.sync()["events"][0] == deleted(3, cleared)
    assert set(Mailbox.objects.values_list("user__email", "stored_bytes")) == {(alice.email, 160), (bob.email, 0)}


def test_batches_stop_when_they_may_not_go_on(alice, bob, monkeypatch):
    monkeypatch.setattr(expiry, "BATCH_ROWS", 2)
    for _ in range(5):
        alice.send(bob, delete_after=PAST)
    rounds = iter([True, True, False])
    assert delete_expired(lambda: next(rounds)) == 4
    assert delete_expired() == 1


def test_ciphertext_is_not_read(alice, bob, django_assert_max_num_queries):
    for _ in range(3):
        alice.send(bob, delete_after=PAST)
    with django_assert_max_num_queries(20) as queries:
        delete_expired()
    selects = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert not [sql for sql in selects if "ciphertext" in sql.replace('LENGTH("messages"."ciphertext")', "")]


@pytest.mark.django_db(transaction=True)
def test_processes_delete_each_message_once(alice, bob, mallory, monkeypatch):
    monkeypatch.setattr(expiry, "BATCH_ROWS", 3)
    people = (alice, bob, mallory)
    for _ in range(4):
        for sender, recipient in ((alice, bob), (bob, mallory), (mallory, alice)):
            sender.send(recipient, delete_after=PAST)
    counts = []
    in_threads([lambda: counts.append(delete_expired()) for _ in range(4)])
    assert sum(counts) == 12
    assert len(counts) == 4
    for person in people:
        assert [event["sequence"] for event in person.sync()["events"]] == list(range(9, 17))


@pytest.mark.django_db(transaction=True)
async def test_timer_deletes_at_once_and_survives_a_database_that_is_away(alice, bob, monkeypatch):
    from asgiref.sync import sync_to_async

    await sync_to_async(alice.send)(bob, delete_after=PAST)
    monkeypatch.setattr(expiry, "PAUSE_SECONDS", 0.01)
    real, failures = expiry.expired_ids, [OperationalError("away")]

    def away_at_first():
        if failures:
            raise failures.pop()
        return real()

    monkeypatch.setattr(expiry, "expired_ids", away_at_first)
    timer = ExpiryTimer()
    timer.start()
    async with asyncio.timeout(60):
        while await Message.objects.aexists():
            await asyncio.sleep(0.02)
    timer.stop()


def test_deletions_are_forgotten_after_30_days_or_100000_changes(alice, bob):
    for _ in range(3):
        alice.send(bob, delete_after=PAST)
    delete_expired()
    Deletion.objects.filter(user=bob.user.pk, sequence=4).update(deleted_at=timezone.now() - timedelta(days=30))
    Mailbox.objects.filter(user=alice.user).update(sequence=100_005)
    ExpiryTimer().once()
    assert list(Deletion.objects.order_by("pk").values_list("user__email", "sequence")) == [
        (bob.email, 5),
        (alice.email, 6),
        (bob.email, 6),
    ]
