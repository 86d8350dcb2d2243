import base64

import pytest

from messaging.models import Message


def test_it_works(alice, bob):
    first, second = alice.send(bob), bob.send(alice)
    body = alice.sync()
    assert body == {
        "events": [
            {"type": "new_message", "sequence": 1, "message": first},
            {"type": "new_message", "sequence": 2, "message": second},
        ],
        "cursor": 2,
        "more": False,
    }
    assert alice.sync(1)["events"] == body["events"][1:]
    assert alice.sync(2) == {"events": [], "cursor": 2, "more": False}


def test_default_cursor_is_0(alice, bob):
    alice.send(bob)
    assert alice.get("/api/messages/sync").json() == alice.sync(0)


def test_message_is_listed_once_in_its_current_state(alice, bob):
    sent = alice.send(bob)
    read = bob.post(f"/api/messages/{sent['id']}/delivered") and bob.post(f"/api/messages/{sent['id']}/read").json()
    assert alice.sync()["events"] == [{"type": "new_message", "sequence": 3, "message": read}]
    assert bob.sync()["events"] == [{"type": "new_message", "sequence": 3, "message": read}]
    assert bob.sync(2)["events"] == bob.sync()["events"]


def test_clearing_is_listed_for_the_person_who_cleared(alice, bob):
    alice.send(bob)
    alice.delete(f"/api/messages/conversation/{bob.email}")
    later = alice.send(bob)
    assert alice.sync()["events"] == [
        {"type": "conversation_cleared", "sequence": 2, "email": bob.email},
        {"type": "new_message", "sequence": 3, "message": later},
    ]
    assert [event["type"] for event in bob.sync()["events"]] == ["new_message", "new_message"]


def test_second_clearing_replaces_the_first(alice, bob):
    for _ in range(2):
        alice.send(bob)
        alice.delete(f"/api/messages/conversation/{bob.email}")
    assert [(event["type"], event["sequence"]) for event in alice.sync()["events"]] == [("conversation_cleared", 4)]


def test_pages_hold_at_most_200_events_and_list_each_once(alice, bob):
    sent = alice.send(bob)
    row = Message.objects.get(pk=sent["id"])
    for number in range(2, 452):
        row.pk, row.client_id, row.sender_sequence, row.recipient_sequence = None, None, number, number
        row.save(force_insert=True)
    from messaging.mailboxes import Mailbox

    Mailbox.objects.update(sequence=451)
    seen, cursor, sizes, more = [], 0, [], True
    while more:
        body = bob.sync(cursor)
        seen += [event["sequence"] for event in body["events"]]
        sizes.append(len(body["events"]))
        cursor, more = body["cursor"], body["more"]
    assert seen == list(range(1, 452))
    assert sizes == [200, 200, 51]
    assert cursor == 451


def test_pages_of_large_messages_are_smaller_and_list_each_once(alice, bob, monkeypatch):
    monkeypatch.setattr("messaging.sync.BYTES_A_CALL", 1000)
    monkeypatch.setattr("messaging.sync.ROWS_A_QUERY", 2)
    for sender, recipient in [(alice, bob), (bob, alice), (alice, bob), (alice, bob), (bob, alice)]:
        sender.send(recipient, ciphertext=base64.b64encode(bytes(600)).decode())
    first = bob.sync()
    assert ([event["sequence"] for event in first["events"]], first["cursor"], first["more"]) == ([1, 2], 2, True)
    second = bob.sync(2)
    assert ([event["sequence"] for event in second["events"]], second["more"]) == ([3, 4], True)
    assert (bob.sync(4)["cursor"], bob.sync(4)["more"]) == (5, False)


def test_cursor_beyond_the_sequence_is_sequence_ahead(alice, bob):
    alice.send(bob)
    response = alice.get("/api/messages/sync", after=2)
    assert response.status_code == 400
    assert response.json()["code"] == "sequence_ahead"
    assert response.json()["fields"] == {}


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "", "9" * 30, "%00"])
def test_invalid_cursor_is_400(alice, after):
    response = alice.get("/api/messages/sync", after=after)
    assert response.status_code == 400
    assert response.json()["fields"]["after"]


def test_outsider_gets_no_events(alice, bob, mallory):
    alice.send(bob)
    assert mallory.sync() == {"events": [], "cursor": 0, "more": False}
