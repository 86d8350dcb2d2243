import base64
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from conftest import envelope
from messaging.mailboxes import Mailbox
from messaging.models import Message, SpentClientId

URL = "/api/messages/send"
UUID = "3f2b5c1e-9a7d-4e60-8c11-5d2a90b7c3e4"


def b64(raw):
    return base64.b64encode(raw).decode()


def counters():
    return {mailbox.user.email: mailbox.sequence for mailbox in Mailbox.objects.select_related("user")}


def test_it_works(alice, bob):
    body = envelope("BOB@example.org")
    response = alice.post(URL, body)
    assert response.status_code == 201
    message = response.json()
    assert set(message) == {
        "id", "client_id", "sender_email", "recipient_email", "ciphertext", "nonce", "salt", "message_type", "suite",
        "sender_fingerprint", "recipient_fingerprint", "quiet", "delete_after", "tag", "files",
        "created_at", "delivered_at", "read_at",
    }  # fmt: skip
    for name in ("client_id", "ciphertext", "nonce", "salt"):
        assert message[name] == body[name]
    assert (message["sender_email"], message["recipient_email"]) == (alice.email, bob.email)
    assert (message["message_type"], message["suite"]) == ("text", 1)
    assert message["delivered_at"] is message["read_at"] is message["sender_fingerprint"] is None
    assert (message["quiet"], message["delete_after"], message["tag"]) == (False, None, None)
    assert message["created_at"].endswith("Z")
    assert counters() == {alice.email: 1, bob.email: 1}


def test_table_has_only_these_columns():
    assert {field.attname for field in Message._meta.get_fields()} == {
        "id", "sender_id", "recipient_id", "sender_email", "recipient_email", "client_id", "ciphertext", "nonce",
        "salt", "message_type", "suite", "sender_fingerprint", "recipient_fingerprint", "quiet", "delete_after", "tag",
        "files", "created_at", "delivered_at", "read_at", "sender_sequence", "recipient_sequence", "sender_cleared",
        "recipient_cleared",
    }  # fmt: skip


def test_sender_is_the_signed_in_user(alice, bob, mallory):
    message = mallory.send(bob, sender_email=alice.email, sender=alice.user.pk, sender_id=alice.user.pk)
    assert message["sender_email"] == mallory.email


def test_recipient_without_a_key_is_accepted_if_none_is_named(alice, bob):
    assert alice.post(URL, envelope(bob)).status_code == 201


def test_other_suites_require_only_recipient_and_ciphertext(alice, bob):
    body = {"recipient_email": bob.email, "ciphertext": b64(b"c" * 16), "suite": 2}
    message = alice.post(URL, body).json()
    assert (message["nonce"], message["salt"], message["client_id"], message["suite"]) == (None, None, None, 2)


BAD = {
    "recipient_email": [None, "", "x", 5, ["a@b.cc"], "b\u043eb@example.org", "\ud800"],
    "ciphertext": [None, "", b64(b"c" * 15), b64(b"c" * (64 * 1024 + 1)), "!" * 24, b64(b"c" * 17).rstrip("="), 5,
                   b64(b"c" * 18)[:-1] + "\n", "AAAAAAAAAAAAAAAAAAAAAB==", b64(b"c" * 18).replace("Y", "-"),
                   b64(b"c" * 18)[:-1] + "\0", b64(b"c" * 18)[:-1] + "\ud800"],
    "nonce": [None, b64(b"n" * 11), b64(b"n" * 13), "x", 5],
    "salt": [None, b64(b"s" * 15), b64(b"s" * 33), "x", 5],
    "message_type": ["", "Text", "a b", "x" * 21, None, 5, "\u0442ext", "text\n", "text\0", "text\ud800"],
    "suite": [0, -1, "1", True, 1.5, None, 10**30, []],
    "client_id": [7, "", "x", UUID.upper(), UUID.replace("-", ""), f"{{{UUID}}}", f"{UUID}\n", True],
    "sender_fingerprint": ["x", "A" * 64, "0" * 63, 5, "", "0" * 63 + "\0", "0" * 63 + "\ud800"],
    "recipient_fingerprint": ["x", "A" * 64, "0" * 65, 5, ""],
    "quiet": [None, 0, 1, "true", ""],
    "delete_after": ["", "x", 5, True, "2026-11-30", "2026-11-30T12:00:00", "2026-11-30T12:00:00+02:00",
                     "2026-11-30T12:00:00Z\n", "2026-02-30T12:00:00Z", "2026-11-30T24:00:01Z", "1999-12-31T23:59:59Z",
                     "2026-11-30T12:00:00.1234567Z", "2026-11-30T12:00:6\u0663Z"],
    "tag": ["", "x", 5, b64(b"t" * 65), b64(b"t" * 32).rstrip("="), b64(b"t" * 32)[:-1] + "\n"],
}  # fmt: skip


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_invalid_field_is_400_and_takes_no_sequence(alice, bob, field, value):
    import json

    body = json.dumps(envelope(bob, **{field: value}))
    response = alice.client.post(URL, body, content_type="application/json")
    assert response.status_code == 400
    assert list(response.json()["fields"]) == [field]
    assert not Message.objects.exists()
    assert not Mailbox.objects.exists()


def test_largest_ciphertext_is_accepted(alice, bob):
    assert alice.post(URL, envelope(bob, ciphertext=b64(b"c" * 64 * 1024))).status_code == 201


FURTHER = {"quiet": True, "delete_after": "2100-01-01T12:00:00.500000Z", "tag": b64(b"t" * 32)}


def test_message_with_a_tag_alone_has_a_stamp(alice, bob):
    assert "stamp" not in alice.send(bob)
    assert len(base64.b64decode(alice.send(bob, tag=b64(b"t" * 32))["stamp"])) == 32


def test_quiet_delete_after_and_tag_are_part_of_the_message(alice, bob):
    body = envelope(bob, **FURTHER)
    message = alice.post(URL, body).json()
    assert {name: message[name] for name in FURTHER} == FURTHER
    assert [event["message"] for event in bob.sync()["events"]] == [message]
    assert alice.post(URL, body).status_code == 200
    for same_time in ("2100-01-01T12:00:00.5Z", "2100-01-01T12:00:00.500000+00:00"):
        assert alice.post(URL, body | {"delete_after": same_time}).json() == message


def test_time_of_deletion_may_have_passed_so_that_a_late_repeat_is_answered(alice, bob):
    body = envelope(bob, delete_after="2000-01-01T00:00:00Z")
    assert [alice.post(URL, body).status_code for _ in range(2)] == [201, 200]


def test_message_to_oneself_is_400(alice):
    response = alice.post(URL, envelope("ALICE@example.org"))
    assert response.status_code == 400
    assert response.json()["fields"]["recipient_email"][0]["code"] == "yourself"


def test_unknown_and_suspended_recipients_are_404(alice, bob):
    User.objects.filter(pk=bob.user.pk).update(is_active=False)
    for email in ("nobody@example.org", bob.email):
        response = alice.post(URL, envelope(email))
        assert response.status_code == 404
        assert response.json()["code"] == "user_not_found"
    assert counters().get(alice.email, 0) == 0


class TestClientId:
    def test_repeat_creates_no_second_message(self, alice, bob):
        body = envelope(bob)
        first, again = alice.post(URL, body), alice.post(URL, body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert Message.objects.count() == 1
        assert counters() == {alice.email: 1, bob.email: 1}

    def test_explicit_defaults_are_the_same_content(self, alice, bob):
        body = envelope(bob)
        alice.post(URL, body)
        spelled_out = body | {
            "suite": 1,
            "message_type": "text",
            "recipient_email": bob.email.upper(),
            "sender_fingerprint": None,
            "quiet": False,
            "delete_after": None,
            "tag": None,
            "files": None,
        }
        assert alice.post(URL, spelled_out).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [{"ciphertext": b64(b"other" * 8)}, {"nonce": b64(b"m" * 12)}, {"salt": b64(b"t" * 16)},
         {"message_type": "other"},
         {"quiet": True}, {"delete_after": "2100-01-01T00:00:00Z"}, {"tag": b64(b"t")},
         {"suite": 2}, {"sender_fingerprint": "0" * 64}, {"recipient_fingerprint": "0" * 64},
         {"recipient_email": "mallory@example.org"}, {"recipient_email": "nobody@example.org"}],
    )  # fmt: skip
    def test_other_content_is_a_conflict_before_any_other_refusal(self, alice, bob, mallory, change):
        body = envelope(bob)
        alice.post(URL, body)
        response = alice.post(URL, body | change)
        assert response.status_code == 409
        assert response.json()["code"] == "client_id_conflict"
        assert Message.objects.count() == 1

    def test_two_senders_may_use_the_same_client_id(self, alice, bob, mallory):
        body = envelope(bob)
        assert alice.post(URL, body).status_code == mallory.post(URL, body).status_code == 201

    def test_repeat_returns_the_first_message_after_keys_change_or_recipient_is_deleted(self, alice, bob):
        body = envelope(bob, sender_fingerprint=alice.upload_key(), recipient_fingerprint=bob.upload_key())
        first = alice.post(URL, body).json()
        alice.upload_key()
        bob.upload_key()
        assert alice.post(URL, body).status_code == 200
        bob.user.delete()
        again = alice.post(URL, body)
        assert (again.status_code, again.json()) == (200, first)

    def test_client_id_of_a_deleted_message_is_refused_for_30_days(self, alice, bob):
        body = envelope(bob)
        alice.post(URL, body)
        alice.delete(f"/api/messages/conversation/{bob.email}")
        assert alice.post(URL, body).status_code == 200  # Bob has not cleared it
        bob.delete(f"/api/messages/conversation/{alice.email}")
        assert not Message.objects.exists()
        response = alice.post(URL, body)
        assert response.status_code == 409
        assert response.json()["code"] == "message_deleted"
        SpentClientId.objects.update(deleted_at=timezone.now() - timedelta(days=30, seconds=1))
        assert alice.post(URL, body).status_code == 201
        for person, other in ((alice, bob), (bob, alice)):
            person.delete(f"/api/messages/conversation/{other.email}")
        assert alice.post(URL, body).json()["code"] == "message_deleted"  # its 30 days begin again


class TestKeys:
    def test_current_keys_are_accepted(self, alice, bob):
        named = {"sender_fingerprint": alice.upload_key(), "recipient_fingerprint": bob.upload_key()}
        message = alice.send(bob, **named)
        assert {name: message[name] for name in named} == named

    def test_former_or_foreign_key_is_stale(self, alice, bob, mallory):
        old, bobs_old, mallorys = alice.upload_key(), bob.upload_key(), mallory.upload_key()
        new, bobs_new = alice.upload_key(), bob.upload_key()
        for named in (
            {"sender_fingerprint": old},
            {"sender_fingerprint": mallorys},
            {"recipient_fingerprint": bobs_old},
            {"recipient_fingerprint": mallorys},
            {"sender_fingerprint": bobs_new, "recipient_fingerprint": new},
            {"sender_fingerprint": "0" * 64},
        ):
            response = alice.post(URL, envelope(bob, **named))
            assert response.status_code == 409
            assert response.json()["code"] == "stale_key"
        assert counters() == {alice.email: 0, bob.email: 0}


def in_threads(jobs):
    def run(job):
        try:
            job()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


@pytest.mark.django_db(transaction=True)
class TestConcurrentSends:
    def test_concurrent_repeats_are_one_message(self, alice, bob):
        body, answers = envelope(bob), []
        in_threads([lambda: answers.append(alice.post(URL, body).status_code) for _ in range(8)])
        assert sorted(answers) == [200] * 7 + [201]
        assert Message.objects.count() == 1
        assert counters() == {alice.email: 1, bob.email: 1}

    def test_sequences_of_each_mailbox_have_no_gap(self, alice, bob, mallory):
        pairs = [(alice, bob), (bob, alice), (mallory, bob), (alice, mallory), (bob, mallory), (mallory, alice)]
        answers = []

        def send_ten(sender, recipient):
            for _ in range(10):
                answers.append(sender.post(URL, envelope(recipient)).status_code)

        in_threads([lambda pair=pair: send_ten(*pair) for pair in pairs])
        assert answers == [201] * 60
        for person in (alice, bob, mallory):
            numbers = sorted(event["sequence"] for event in person.sync()["events"])
            assert numbers == list(range(1, 41))
            assert person.sync()["cursor"] == 40

    def test_send_to_an_account_being_deleted_is_201_or_404(self, alice, bob):
        answers = []

        def send():
            for _ in range(5):
                answers.append(alice.post(URL, envelope(bob)).status_code)

        in_threads([send, send, bob.user.delete, send])
        assert set(answers) <= {201, 404}
        assert Message.objects.filter(sender=alice.user, recipient=None).count() == answers.count(201)
