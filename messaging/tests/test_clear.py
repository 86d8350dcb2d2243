import pytest

from accounts.models import User
from messaging.mailboxes import Mailbox
from messaging.models import Message, SpentClientId
from messaging.tests.test_send import in_threads


def clear(person, other):
    response = person.delete(f"/api/messages/conversation/{other.email}")
    assert response.status_code == 200
    return response.json()["cleared"]


def ids(person, path="conversation/bob@example.org"):
    return [message["id"] for message in person.get(f"/api/messages/{path}").json()["results"]]


def test_it_clears_for_the_caller_only(alice, bob):
    alice.send(bob)
    bob.send(alice)
    assert clear(alice, bob) == 2
    assert ids(alice) == []
    assert ids(alice, "inbox") == ids(alice, "sent") == []
    assert alice.get("/api/messages/conversations").json()["results"] == []
    assert len(ids(bob, f"conversation/{alice.email}")) == 2


def test_message_cleared_by_both_is_deleted(alice, bob):
    sent = alice.send(bob)
    clear(alice, bob)
    assert Message.objects.count() == 1
    assert clear(bob, alice) == 1
    assert not Message.objects.exists()
    assert str(SpentClientId.objects.get().client_id) == sent["client_id"]


def test_empty_conversation_clears_0_and_takes_no_sequence(alice, bob):
    assert clear(alice, bob) == 0
    alice.send(bob)
    assert clear(alice, bob) == 1
    before = Mailbox.objects.get(pk=alice.user.pk).sequence
    assert clear(alice, bob) == 0
    assert Mailbox.objects.get(pk=alice.user.pk).sequence == before


def test_other_mailbox_takes_no_sequence(alice, bob):
    alice.send(bob)
    clear(alice, bob)
    assert Mailbox.objects.get(pk=bob.user.pk).sequence == 1


def test_other_conversations_are_not_cleared(alice, bob, mallory):
    alice.send(bob)
    kept = alice.send(mallory)
    clear(alice, bob)
    assert ids(alice, "sent") == [kept["id"]]


def test_later_message_is_not_cleared(alice, bob):
    alice.send(bob)
    clear(alice, bob)
    later = bob.send(alice)
    assert ids(alice) == [later["id"]]


class TestThrough:
    """`through` bounds a clearing to the messages that the person has seen."""

    def clear(self, person, other, through):
        answer = person.delete(f"/api/messages/conversation/{other.email}?through={through}")
        assert answer.status_code == 200
        return answer.json()["cleared"]

    def test_it_works(self, alice, bob):
        _, second, later, own = alice.send(bob), bob.send(alice), bob.send(alice), alice.send(bob)
        assert self.clear(alice, bob, second["id"]) == 2
        assert ids(alice) == [own["id"], later["id"]]
        assert len(ids(bob, f"conversation/{alice.email}")) == 4
        events = alice.sync()["events"]
        assert events[-1] == {
            "type": "conversation_cleared",
            "sequence": 5,
            "email": bob.email,
            "through": second["id"],
        }
        assert clear(alice, bob) == 2
        assert "through" not in alice.sync()["events"][-1]

    def test_receipts_are_cleared_with_the_messages(self, alice, bob):
        message = alice.send(bob)
        bob.send(alice, message_type="receipt")
        later = bob.send(alice)
        assert self.clear(alice, bob, message["id"] - 1) == 0
        assert self.clear(alice, bob, message["id"]) == 2
        assert ids(alice) == [later["id"]]

    def test_no_message_up_to_it_clears_0_and_takes_no_sequence(self, alice, bob):
        message = alice.send(bob)
        for through in (0, message["id"] - 1):
            assert self.clear(alice, bob, through) == 0
        assert self.clear(alice, bob, 2**63 - 1) == 1
        assert Mailbox.objects.get(pk=alice.user.pk).sequence == 2

    @pytest.mark.parametrize("through", ["-1", "x", "", "1.0", str(2**63), "٣"])
    def test_invalid_id_is_400_and_clears_nothing(self, alice, bob, through):
        alice.send(bob)
        answer = alice.delete(f"/api/messages/conversation/{bob.email}?through={through}")
        assert answer.status_code == 400
        assert len(ids(alice)) == 1


def test_conversation_with_a_deleted_or_suspended_account_is_cleared(alice, bob, mallory):
    alice.send(bob)
    bob.send(alice)
    mallory.send(alice)
    bob.user.delete()
    User.objects.filter(pk=mallory.user.pk).update(is_active=False)
    assert clear(alice, bob) == 2
    assert clear(alice, mallory) == 1
    assert Message.objects.count() == 1  # mallory's own copy


def test_unknown_address_is_404(alice):
    response = alice.delete("/api/messages/conversation/nobody@example.org")
    assert response.status_code == 404
    assert response.json()["code"] == "user_not_found"


def both_clear(one, other):
    counts = []
    in_threads([lambda: counts.append(clear(one, other)), lambda: counts.append(clear(other, one))])
    assert counts == [8, 8]


@pytest.mark.django_db(transaction=True)
def test_concurrent_clearings_by_both_delete_all_messages(alice, bob):
    for _ in range(5):
        for _ in range(4):
            alice.send(bob)
            bob.send(alice)
        both_clear(alice, bob)
        assert not Message.objects.exists()


class TestDeletedAccount:
    def test_others_keep_received_messages_and_their_keys(self, alice, bob):
        key, bobs = alice.upload_key(), bob.upload_key()
        sent = alice.send(bob, sender_fingerprint=key, recipient_fingerprint=bobs)
        alice.user.delete()
        assert bob.get("/api/messages/inbox").json()["results"] == [sent]
        assert bob.get(f"/api/messages/inbox?with={alice.email}").json()["results"] == [sent]
        assert bob.get(f"/api/messages/conversation/{alice.email}").json()["results"] == [sent]
        chats = bob.get("/api/messages/conversations").json()["results"]
        assert [(chat["email"], chat["display_name"]) for chat in chats] == [(alice.email, "")]
        assert bob.get(f"/api/keys/fingerprint/{key}").json()["fingerprint"] == key

    def test_its_rows_are_deleted(self, alice, bob):
        from keys.models import PublicKey

        alice.upload_key()
        used = alice.upload_key()
        alice.send(bob, sender_fingerprint=used)
        received = bob.send(alice)
        bob.delete(f"/api/messages/conversation/{alice.email}")
        alice.user.delete()
        assert not Message.objects.filter(pk=received["id"]).exists()
        assert not Message.objects.exists()  # bob had cleared both
        assert not PublicKey.objects.exists()
        assert not Mailbox.objects.filter(pk=alice.user.pk).exists()

    def test_concurrent_deletion_of_two_accounts_leaves_no_messages(self, alice, bob, mallory):
        alice.send(bob)
        kept = bob.send(mallory)
        User.objects.filter(pk__in=[alice.user.pk, bob.user.pk]).delete()
        assert [message.pk for message in Message.objects.all()] == [kept["id"]]

    def test_new_account_of_the_same_address_has_no_old_messages(self, alice, bob):
        from conftest import Person

        bob.send(alice)
        alice.send(bob)
        alice.user.delete()
        again = Person("alice")
        assert again.get("/api/messages/inbox").json()["results"] == []
        assert again.get("/api/messages/sent").json()["results"] == []
        assert again.sync()["events"] == []

    def test_deletion_reads_no_ciphertext(self, alice, bob, django_assert_max_num_queries):
        alice.send(bob)
        bob.send(alice)
        with django_assert_max_num_queries(100) as queries:
            alice.user.delete()
        reads = [query["sql"] for query in queries.captured_queries if query["sql"].startswith("SELECT")]
        assert reads
        assert not any("ciphertext" in sql for sql in reads)
