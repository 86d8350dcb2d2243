from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import envelope
from messaging.mailboxes import Mailbox
from messaging.models import Deletion, Message, SpentClientId
from messaging.realtime import dispatcher
from messaging.tests.test_send import in_threads

pytestmark = pytest.mark.django_db
SEND = "/api/messages/send"


def delete(person, message, whom):
    return person.delete(f"/api/messages/{message['id']}?for={whom}").status_code


def deleted(sequence, message):
    names = {name: message[name] for name in ("id", "client_id")}
    return {"type": "message_deleted", "sequence": sequence, "message": names}


def chats(person):
    return person.get("/api/messages/conversations").json()["results"]


def sequences():
    return dict(Mailbox.objects.values_list("user__email", "sequence"))


def ids(person, path):
    return [message["id"] for message in person.get(f"/api/messages/{path}").json()["results"]]


def test_deletion_for_everyone_deletes_the_row_and_is_listed_for_both(alice, bob):
    message = alice.send(bob)
    assert delete(alice, message, "everyone") == 204
    assert not Message.objects.exists()
    for person in (alice, bob):
        assert person.sync() == {"events": [deleted(2, message)], "cursor": 2, "more": False}
        assert person.sync(1)["events"] == [deleted(2, message)]
        assert person.sync(2)["events"] == []


@pytest.mark.parametrize("is_sender", [True, False])
def test_deletion_for_oneself_leaves_the_other_persons_copy(alice, bob, is_sender):
    message = alice.send(bob)
    person, other = (alice, bob) if is_sender else (bob, alice)
    assert delete(person, message, "me") == 204
    assert person.sync()["events"] == [deleted(2, message)]
    assert other.sync() == {
        "events": [{"type": "new_message", "sequence": 1, "message": message}],
        "cursor": 1,
        "more": False,
    }
    assert ids(person, "inbox") == ids(person, "sent") == ids(person, f"conversation/{other.email}") == []
    assert ids(other, f"conversation/{person.email}") == [message["id"]]


def test_message_that_both_have_deleted_for_themselves_is_deleted(alice, bob):
    body = envelope(bob)
    message = alice.post(SEND, body).json()
    delete(alice, message, "me")
    assert alice.post(SEND, body).status_code == 200  # Bob has it
    delete(bob, message, "me")
    assert not Message.objects.exists()
    assert alice.post(SEND, body).json()["code"] == "message_deleted"


def test_last_copy_is_deleted_where_the_other_side_has_cleared_or_is_gone(alice, bob, mallory):
    cleared, of_nobody = alice.send(bob), mallory.send(bob)
    alice.delete(f"/api/messages/conversation/{bob.email}")
    mallory.user.delete()
    for message in (cleared, of_nobody):
        assert delete(bob, message, "me") == 204
    assert not Message.objects.exists()
    assert [event["type"] for event in bob.sync()["events"]] == ["message_deleted"] * 2


@pytest.mark.parametrize("whom", ["me", "everyone"])
def test_repeat_is_204_and_takes_no_sequence(alice, bob, whom):
    message = alice.send(bob)
    delete(alice, message, whom)
    before = sequences()
    assert [delete(alice, message, whom) for _ in range(2)] == [204, 204]
    assert sequences() == before
    assert Deletion.objects.count() == (1 if whom == "me" else 2)


def test_sender_may_delete_for_everyone_after_deleting_or_clearing_for_oneself(alice, bob):
    first, second = alice.send(bob), alice.send(bob)
    delete(alice, first, "me")
    alice.delete(f"/api/messages/conversation/{bob.email}")
    before = sequences()
    assert [delete(alice, message, "everyone") for message in (first, second, first)] == [204, 204, 204]
    assert not Message.objects.exists()
    assert sequences() == before | {bob.email: 4}  # Alice's mailbox had neither of them any more
    assert bob.sync()["events"] == [deleted(3, first), deleted(4, second)]
    assert delete(bob, first, "me") == 204  # it is gone already


def test_only_the_sender_deletes_for_everyone_and_strangers_delete_nothing(alice, bob, mallory):
    message = alice.send(bob)
    refused = [delete(bob, message, "everyone"), delete(mallory, message, "everyone"), delete(mallory, message, "me")]
    assert refused == [404, 404, 404]
    alice.delete(f"/api/messages/conversation/{bob.email}")
    assert delete(alice, message, "me") == 404
    assert Message.objects.get().pk == message["id"]
    assert not Deletion.objects.exists()


def test_deletion_by_one_person_is_not_one_of_the_other(alice, bob, mallory):
    message = alice.send(bob)
    delete(alice, message, "everyone")
    assert delete(mallory, message, "me") == 404


@pytest.mark.parametrize("query", ["", "?for=", "?for=bob", "?for=Everyone", "?for=me%00", "?whom=me"])
def test_other_values_of_for_are_400(alice, bob, query):
    message = alice.send(bob)
    answer = alice.delete(f"/api/messages/{message['id']}{query}")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["for"])
    assert Message.objects.exists()


def test_client_id_is_remembered_for_30_days(alice, bob):
    body = envelope(bob)
    delete(alice, alice.post(SEND, body).json(), "everyone")
    assert alice.post(SEND, body).json()["code"] == "message_deleted"
    SpentClientId.objects.update(deleted_at=timezone.now() - timedelta(days=30, seconds=1))
    assert alice.post(SEND, body).status_code == 201


@pytest.mark.parametrize("whom", ["me", "everyone"])
def test_last_message_and_unread_follow(alice, bob, whom):
    first, last = alice.send(bob), alice.send(bob)
    person = bob if whom == "me" else alice
    delete(person, last, whom)
    (entry,) = chats(bob)
    assert (entry["last_message"], entry["unread"]) == (first, 1)
    delete(person, first, whom)
    assert chats(bob) == []


def test_deleted_message_is_marked_no_more(alice, bob):
    message = alice.send(bob)
    delete(bob, message, "me")
    before = sequences()
    assert bob.post(f"/api/messages/{message['id']}/read").status_code == 404
    assert bob.post("/api/messages/receipts", {"read": [message["id"]]}).json() == {"updated": 0}
    assert sequences() == before


def test_message_without_a_client_id_is_deleted_too(alice, bob):
    message = alice.send(bob, client_id=None)
    assert delete(alice, message, "everyone") == 204
    assert bob.sync()["events"] == [deleted(2, message)]


def test_bytes_are_credited_to_the_sender(alice, bob):
    message = alice.send(bob, client_id=None)
    assert Mailbox.objects.get(user=alice.user).stored_bytes > 0
    delete(alice, message, "everyone")
    assert set(Mailbox.objects.values_list("stored_bytes", flat=True)) == {0}


@pytest.mark.django_db(transaction=True)
def test_every_mailbox_that_changes_is_pushed_to_after_the_commit(alice, bob, monkeypatch):
    import json

    published = []
    first, second = alice.send(bob), alice.send(bob)
    monkeypatch.setattr(dispatcher, "publish", published.extend)
    delete(alice, first, "everyone")
    delete(bob, second, "me")
    assert [(push.user_id, json.loads(push.text)) for push in published] == [
        (alice.user.pk, deleted(3, first)),
        (bob.user.pk, deleted(3, first)),
        (bob.user.pk, deleted(4, second)),
    ]


@pytest.mark.django_db(transaction=True)
def test_concurrent_deletions_are_one(alice, bob):
    message, answers = alice.send(bob), []
    jobs = [(alice, "everyone"), (bob, "me"), (alice, "me"), (alice, "everyone")] * 2
    in_threads([lambda job=job: answers.append(delete(job[0], message, job[1])) for job in jobs])
    assert set(answers) == {204}
    assert not Message.objects.exists()
    for person in (alice, bob):
        assert person.sync() == {"events": [deleted(2, message)], "cursor": 2, "more": False}


def test_deletions_of_an_account_go_with_it(alice, bob):
    delete(alice, alice.send(bob), "everyone")
    alice.user.delete()
    assert list(Deletion.objects.values_list("user", flat=True)) == [bob.user.pk]


@pytest.mark.parametrize("whom", ["me", "everyone"])
def test_message_that_is_accepted_during_its_deletion_stays(alice, bob, monkeypatch, whom):
    """Ids can be guessed, and the message's mailboxes are not locked then."""
    lock = Mailbox.lock

    def lock_and_accept(*user_ids):
        monkeypatch.setattr(Mailbox, "lock", lock)
        message.append(alice.send(bob))
        return lock(*user_ids)

    alice.send(bob)
    message = []
    monkeypatch.setattr(Mailbox, "lock", lock_and_accept)
    following = Message.objects.get().pk + 1
    assert alice.delete(f"/api/messages/{following}?for={whom}").status_code == 404
    assert message[0]["id"] == following
    assert ids(bob, "inbox")[0] == following
