import datetime
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import LoginNetwork, Session, SpentRefreshToken
from conftest import envelope
from keys.models import PublicKey
from messaging import pruning
from messaging.models import Message, SpentClientId

pytestmark = pytest.mark.django_db
KINDS = {
    "messages": "messages",
    "keys": "keys without an owner that no message names",
    "client_ids": "client ids of deleted messages",
    "deletions": "deletions of single messages",
    "reports": "reports that are over",
    "tokens": "spent refresh tokens",
    "sessions": "sessions that are over",
    "networks": "networks of log-ins long ago",
    "vaults": "old versions of vaults",
    "invitations": "invitations of browsers that are over",
    "challenges": "spent challenges of passkeys",
}


def ago(**span):
    return timezone.now() - datetime.timedelta(**span)


def prune(capsys, *arguments, days=90) -> dict:
    call_command("prune_messages", "--older-than", str(days), *arguments)
    lines = capsys.readouterr().out.splitlines()
    counted = {kind: int(count) for count, kind in (line.split(maxsplit=1) for line in lines[:-1])}
    assert set(counted) == set(KINDS.values())
    return {name: counted[kind] for name, kind in KINDS.items() if counted[kind]}


def sent_long_ago(sender, recipient, days=91, **more):
    message = sender.send(recipient, **more)
    Message.objects.filter(pk=message["id"]).update(created_at=ago(days=days))
    return message


def test_it_works(alice, bob, capsys):
    old, new = sent_long_ago(alice, bob), sent_long_ago(bob, alice, days=89)
    assert prune(capsys, "--delete") == {"messages": 1}
    assert list(Message.objects.values_list("pk", flat=True)) == [new["id"]]
    assert [message["id"] for message in alice.get("/api/messages/inbox").json()["results"]] == [new["id"]]
    assert old["id"] not in [event["message"]["id"] for event in bob.sync()["events"]]


def test_without_delete_rows_are_only_counted(alice, bob, capsys):
    sent_long_ago(alice, bob)
    Session.objects.filter(pk=bob.session.pk).update(revoked_at=ago(days=31))
    assert prune(capsys) == {"messages": 1, "sessions": 1}
    assert (Message.objects.count(), Session.objects.count()) == (1, 2)


def test_output_states_whether_rows_were_deleted(alice, capsys):
    call_command("prune_messages", "--older-than", "1")
    call_command("prune_messages", "--older-than", "1", "--delete")
    said = [line for line in capsys.readouterr().out.splitlines() if line.endswith(".") or "Nothing" in line]
    assert said == ["Nothing was deleted. Say --delete to do it.", "Deleted."]


def test_client_ids_are_kept_for_30_days(alice, bob, capsys):
    body = envelope(bob)
    message = alice.post("/api/messages/send", body).json()
    Message.objects.filter(pk=message["id"]).update(created_at=ago(days=91))
    prune(capsys, "--delete")
    assert alice.post("/api/messages/send", body).json()["code"] == "message_deleted"
    SpentClientId.objects.update(deleted_at=ago(days=29))
    assert prune(capsys, "--delete") == {}
    SpentClientId.objects.update(deleted_at=ago(days=30))
    assert prune(capsys) == prune(capsys, "--delete") == {"client_ids": 1}
    assert not SpentClientId.objects.exists()


def test_networks_are_deleted_90_days_after_the_last_log_in(alice, bob, capsys):
    LoginNetwork.objects.create(user=alice.user, network="old", last_success_at=ago(days=90))
    LoginNetwork.objects.create(user=bob.user, network="new", last_success_at=ago(days=89))
    assert prune(capsys) == prune(capsys, "--delete") == {"networks": 1}
    assert LoginNetwork.objects.get().network == "new"


def test_sessions_are_deleted_30_days_after_their_end(alice, bob, mallory, capsys):
    Session.objects.filter(pk=alice.session.pk).update(revoked_at=ago(days=31))
    Session.objects.filter(pk=bob.session.pk).update(expires_at=ago(days=31))
    Session.objects.filter(pk=mallory.session.pk).update(revoked_at=ago(days=29), expires_at=ago(days=29))
    assert prune(capsys, "--delete") == {"sessions": 2}
    assert list(Session.objects.all()) == [mallory.session]


def test_spent_tokens_are_deleted_when_repeats_are_refused(alice, capsys):
    tokens = alice.client.post("/api/auth/refresh", {"refresh": alice.tokens["refresh"]}).json()
    assert prune(capsys, "--delete") == {}
    SpentRefreshToken.objects.update(spent_at=ago(seconds=21))
    assert prune(capsys, "--delete") == {"tokens": 1}
    assert not SpentRefreshToken.objects.exists()
    assert alice.client.post("/api/auth/refresh", {"refresh": tokens["refresh"]}).status_code == 200
    assert alice.client.post("/api/auth/refresh", {"refresh": alice.tokens["refresh"]}).status_code == 401


def test_keys_of_deleted_accounts_are_deleted_with_the_last_message_naming_them(alice, bob, mallory, capsys):
    named, kept = alice.upload_key(), bob.upload_key()
    sent_long_ago(alice, mallory, sender_fingerprint=named)
    bob.send(mallory, sender_fingerprint=kept)
    for person in (alice, bob):
        person.user.delete()
    assert PublicKey.objects.filter(user=None).count() == 2
    assert prune(capsys, days=365) == {}
    assert prune(capsys) == prune(capsys, "--delete") == {"messages": 1, "keys": 1}
    assert PublicKey.objects.get().fingerprint == kept


def test_keys_with_an_owner_are_kept(alice, capsys):
    alice.upload_key()
    alice.upload_key()
    assert prune(capsys, "--delete") == {}
    assert PublicKey.objects.count() == 2


def test_rows_are_deleted_in_batches_without_reading_ciphertext(
    alice, bob, capsys, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(pruning, "BATCH_ROWS", 3)
    messages = [
        Message(
            sender=alice.user, recipient=bob.user, sender_email=alice.email, recipient_email=bob.email,
            ciphertext="x", nonce="n", salt="s", client_id=uuid.uuid4(),
            sender_sequence=number, recipient_sequence=number, created_at=ago(days=91),
        )
        for number in range(1, 11)
    ]  # fmt: skip
    alice.send(bob)
    Message.objects.all().delete()
    Message.objects.bulk_create(messages)
    with django_assert_num_queries(5 + 4 * 9 + 10) as queries:
        assert prune(capsys, "--delete") == {"messages": 10}
    assert SpentClientId.objects.count() == 10
    selects = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert selects
    assert not [sql for sql in selects if "ciphertext" in sql.replace('LENGTH("messages"."ciphertext")', "")]


def test_messages_of_deleted_accounts_are_deleted(alice, bob, capsys):
    sent_long_ago(alice, bob)
    alice.user.delete()
    assert prune(capsys, "--delete") == {"messages": 1}
    assert not SpentClientId.objects.exists()


def test_mailbox_sequence_continues(alice, bob, capsys):
    sent_long_ago(alice, bob)
    prune(capsys, "--delete")
    alice.send(bob)
    assert [event["sequence"] for event in bob.sync(after=1)["events"]] == [2]
    assert bob.sync()["cursor"] == 2


BAD_DAYS = ["0", "-1", "x", "1.5", "", "99999999"]


@pytest.mark.parametrize("arguments", [[], *(["--older-than", days] for days in BAD_DAYS)])
def test_invalid_arguments_delete_nothing(alice, bob, arguments):
    sent_long_ago(alice, bob)
    with pytest.raises(CommandError):
        call_command("prune_messages", "--delete", *arguments)
    assert Message.objects.exists()
