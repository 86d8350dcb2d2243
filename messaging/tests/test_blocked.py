"""A message to somebody who has blocked its sender: for the sender all is as ever, for the other there is nothing."""

import json
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async

from conftest import Person, envelope
from contacts.models import Block
from messaging.accept import acceptance
from messaging.mailboxes import Mailbox
from messaging.models import Message, SpentClientId
from messaging.realtime import dispatcher
from messaging.tests.test_acceptance import accept  # noqa: F401  # a fixture: from an event loop, and from a thread
from messaging.tests.test_delete import chats, delete, deleted, ids
from messaging.tests.test_ephemeral import to
from messaging.tests.test_socket import signed_in

SEND = "/api/messages/send"


@pytest.fixture
def bob(alice, bob):
    """Bob has blocked Alice. They have written before."""
    Block.objects.create(user=bob.user, blocked=alice.user)
    return bob


def sequences():
    return dict(Mailbox.objects.values_list("user__email", "sequence"))


def own_state(person, other) -> dict:
    """What a sender sees of a chat, without the numbers that differ from message to message."""

    def plain(message):
        return {name: message[name] for name in ("ciphertext", "client_id", "delivered_at", "read_at", "quiet")}

    return {
        "events": [(e["type"], e["sequence"], plain(e["message"])) for e in person.sync()["events"]],
        "chats": [(chat["unread"], plain(chat["last_message"])) for chat in chats(person)],
        "sent": [plain(message) for message in person.get("/api/messages/sent").json()["results"]],
        "bytes": Mailbox.objects.get(user=person.user).stored_bytes,
    }


def story(person, other) -> list:
    """Everything that a sender can do with a message, with the answers."""
    body, second = envelope(other, client_id=None), envelope(other)
    answers = [person.post(SEND, body) for _ in range(2)]
    answers += [person.post(SEND, second), person.post(SEND, second), person.post(SEND, second | {"quiet": True})]
    told = [(answer.status_code, answer.json().get("code")) for answer in answers]
    told.append(own_state(person, other)["events"][-1][:2])
    path = f"/api/messages/conversation/{other.email}"
    told += [len(person.get(path).json()["results"]), person.delete(path).json(), person.get(path).json()["results"]]
    told += [(answer.status_code, answer.json().get("code")) for answer in [person.post(SEND, second)]]
    message = person.post(SEND, envelope(other)).json()
    told += [delete(person, message, "me"), delete(person, message, "everyone"), delete(person, message, "everyone")]
    told += [person.get(f"/api/keys/email/{other.email}").status_code, Mailbox.objects.get(user=person.user).sequence]
    return [*told, Mailbox.objects.get(user=person.user).stored_bytes]


@pytest.mark.django_db
def test_sender_sees_no_difference(alice, bob):
    carol, dora = Person("carol"), Person("dora")
    assert story(alice, bob) == story(carol, dora)


@pytest.mark.django_db(transaction=True)
async def test_message_is_stored_for_its_sender_alone(alice, bob, accept, monkeypatch):  # noqa: F811
    published = []
    monkeypatch.setattr(dispatcher, "publish", published.extend)
    try:
        body = envelope(bob)
        accepted = await accept(alice, body)
        again = await accept(alice, body)
    finally:
        await acceptance.close()
    assert (accepted.is_new, again.is_new, again.text) == (True, False, accepted.text)
    assert [(push.user_id, push.sequence) for push in published] == [(alice.user.pk, 1)]

    def look():
        assert sequences() == {alice.email: 1, bob.email: 0}
        assert bob.sync() == {"events": [], "cursor": 0, "more": False}
        assert [ids(bob, path) for path in ("inbox", f"conversation/{alice.email}")] == [[], []]
        assert chats(bob) == []
        assert ids(alice, "sent") == [json.loads(accepted.text)["id"]]

    await sync_to_async(look)()


@pytest.mark.django_db
def test_other_direction_and_other_people_are_not_concerned(alice, bob, mallory):
    for sender, recipient in ((bob, alice), (mallory, bob), (bob, mallory)):
        message = sender.send(recipient)
        assert message["id"] in ids(recipient, "inbox")
    assert sequences() == {alice.email: 1, bob.email: 3, mallory.email: 2}


@pytest.mark.django_db
def test_what_was_sent_before_stays_and_what_was_sent_meanwhile_never_comes(alice, bob):
    Block.objects.all().delete()
    before = alice.send(bob)
    block = bob.post("/api/blocks/add", {"email": alice.email}).json()
    meanwhile = alice.send(bob)
    bob.delete(f"/api/blocks/{block['id']}")
    after = alice.send(bob)
    assert ids(bob, "inbox") == [after["id"], before["id"]]
    assert ids(alice, "sent") == [after["id"], meanwhile["id"], before["id"]]
    assert chats(bob)[0]["unread"] == 2


@pytest.mark.django_db
def test_blocker_marks_and_deletes_nothing_that_did_not_arrive(alice, bob):
    message = alice.send(bob)
    for kind in ("delivered", "read"):
        assert bob.post(f"/api/messages/{message['id']}/{kind}").status_code == 404
        assert bob.post("/api/messages/receipts", {kind: [message["id"]]}).json() == {"updated": 0}
    assert [delete(bob, message, whom) for whom in ("me", "everyone")] == [404, 404]
    assert sequences() == {alice.email: 1, bob.email: 0}


@pytest.mark.django_db
def test_deletion_for_everyone_changes_the_senders_mailbox_alone(alice, bob):
    message = alice.send(bob)
    assert delete(alice, message, "everyone") == 204
    assert alice.sync()["events"] == [deleted(2, message)]
    assert sequences()[bob.email] == 0
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_clearing_by_both_deletes_it(alice, bob):
    alice.send(bob)
    for person, other, count in ((bob, alice, 0), (alice, bob, 1)):
        assert person.delete(f"/api/messages/conversation/{other.email}").json() == {"cleared": count}
    assert not Message.objects.exists()
    assert SpentClientId.objects.count() == 1
    assert sequences() == {alice.email: 2, bob.email: 0}


@pytest.mark.django_db
def test_it_goes_with_its_senders_account(alice, bob):
    alice.send(bob)
    alice.user.delete()
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_sender_keeps_it_when_the_blocker_deletes_the_account(alice, bob):
    message = alice.send(bob)
    bob.user.delete()
    assert ids(alice, "sent") == [message["id"]]


@pytest.mark.django_db
def test_blocker_sees_it_without_a_sequence_among_what_the_server_keeps(alice, bob):
    alice.send(bob)
    kinds = {kind["name"]: kind["results"] for kind in bob.get("/api/auth/me/data").json()["kinds"]}
    assert [(row["sender_email"], row["sequence"]) for row in kinds["messages"]] == [(alice.email, None)]
    assert [row["email"] for row in kinds["blocks"]] == [alice.email]
    hers = {kind["name"]: kind for kind in alice.get("/api/auth/me/data").json()["kinds"]}
    assert hers["blocks"]["results"] == []


@pytest.mark.django_db(transaction=True)
async def test_ephemeral_frames_are_dropped_both_ways_and_not_refused(alice, bob):
    alice, bob = (SimpleNamespace(**vars(person)) for person in (alice, bob))
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        await alices.say(**to(bob))
        await alices.say(type="keep_alive")
        assert await alices.hear() == {"type": "alive"}
        assert await bobs.receive_nothing()
        await bobs.say(**to(alice))
        await bobs.say(type="keep_alive")
        assert await bobs.hear() == {"type": "alive"}
        assert await alices.receive_nothing()
