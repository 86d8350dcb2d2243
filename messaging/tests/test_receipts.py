import pytest

from messaging.mailboxes import Mailbox
from messaging.models import Message


def counter(person):
    return Mailbox.objects.get(pk=person.user.pk).sequence


class TestOne:
    def test_delivered_works(self, alice, bob):
        sent = alice.send(bob)
        message = bob.post(f"/api/messages/{sent['id']}/delivered").json()
        assert message["delivered_at"]
        assert message["read_at"] is None
        assert message | {"delivered_at": None} == sent
        assert counter(alice) == counter(bob) == 2

    def test_read_sets_delivered_too_in_one_change(self, alice, bob):
        message = bob.post(f"/api/messages/{alice.send(bob)['id']}/read").json()
        assert message["delivered_at"] == message["read_at"] is not None
        assert counter(alice) == counter(bob) == 2

    def test_repeat_keeps_the_first_time_and_takes_no_sequence(self, alice, bob):
        path = f"/api/messages/{alice.send(bob)['id']}"
        delivered, read = bob.post(f"{path}/delivered").json(), bob.post(f"{path}/read").json()
        assert read["delivered_at"] == delivered["delivered_at"]
        assert bob.post(f"{path}/delivered").json() == bob.post(f"{path}/read").json() == read
        assert counter(alice) == counter(bob) == 3

    @pytest.mark.parametrize("verb", ["delivered", "read"])
    def test_sender_and_outsider_get_404(self, alice, bob, mallory, verb):
        sent = alice.send(bob)
        for person in (alice, mallory):
            assert person.post(f"/api/messages/{sent['id']}/{verb}").status_code == 404
        assert bob.get("/api/messages/inbox").json()["results"] == [sent]

    @pytest.mark.parametrize("text", ["x", "0", "-1", "9" * 18, "9" * 40, "1.0", "%00"])
    def test_invalid_id_is_404(self, bob, text):
        assert bob.post(f"/api/messages/{text}/read").status_code == 404

    def test_cleared_message_is_404(self, alice, bob):
        sent = alice.send(bob)
        bob.delete(f"/api/messages/conversation/{alice.email}")
        assert bob.post(f"/api/messages/{sent['id']}/read").status_code == 404

    def test_sender_who_has_cleared_takes_no_sequence(self, alice, bob):
        sent = alice.send(bob)
        alice.delete(f"/api/messages/conversation/{bob.email}")
        before = counter(alice)
        assert bob.post(f"/api/messages/{sent['id']}/read").status_code == 200
        assert counter(alice) == before
        assert alice.sync(before)["events"] == []

    def test_message_of_a_deleted_account_can_be_marked_read(self, alice, bob):
        sent = alice.send(bob)
        alice.user.delete()
        assert bob.post(f"/api/messages/{sent['id']}/read").json()["read_at"]


class TestMany:
    URL = "/api/messages/receipts"

    def test_it_works(self, alice, bob, mallory):
        first, second, third = alice.send(bob)["id"], mallory.send(bob)["id"], alice.send(bob)["id"]
        response = bob.post(self.URL, {"delivered": [first, second], "read": [second, third]})
        assert response.status_code == 200
        assert response.json() == {"updated": 3}
        states = {
            message["id"]: (bool(message["delivered_at"]), bool(message["read_at"]))
            for message in bob.get("/api/messages/inbox").json()["results"]
        }
        assert states == {first: (True, False), second: (True, True), third: (True, True)}
        assert (counter(bob), counter(alice), counter(mallory)) == (6, 4, 2)

    def test_unchanged_messages_take_no_sequence(self, alice, bob, mallory):
        mine, sent, others = alice.send(bob)["id"], bob.send(alice)["id"], alice.send(mallory)["id"]
        bob.post(self.URL, {"read": [mine]})
        before = counter(alice), counter(bob), counter(mallory)
        body = {"delivered": [mine, sent, others, 10**17, 0, -5, 2**70], "read": [mine, mine, sent, others, 2**63]}
        assert bob.post(self.URL, body).json() == {"updated": 0}
        assert (counter(alice), counter(bob), counter(mallory)) == before

    def test_empty_lists_are_accepted(self, bob):
        assert bob.post(self.URL, {}).json() == {"updated": 0}

    @pytest.mark.parametrize(
        "body",
        [{"read": ["1"]}, {"read": [True]}, {"read": [1.5]}, {"read": 1}, {"read": None}, {"delivered": [None]},
         {"delivered": list(range(501))}, {"read": {"a": 1}}, [], "x"],
    )  # fmt: skip
    def test_invalid_body_is_400(self, bob, body):
        assert bob.post(self.URL, body).status_code == 400

    def test_500_ids_are_accepted(self, alice, bob):
        sent = alice.send(bob)
        row = Message.objects.get(pk=sent["id"])
        for number in range(2, 501):
            row.pk, row.client_id, row.sender_sequence, row.recipient_sequence = None, None, number, number
            row.save(force_insert=True)
        Mailbox.objects.update(sequence=500)
        ids = list(Message.objects.values_list("pk", flat=True))
        assert bob.post(self.URL, {"read": ids}).json() == {"updated": 500}
        assert counter(alice) == counter(bob) == 1000
        numbers = Message.objects.order_by("pk").values_list("recipient_sequence", flat=True)
        assert list(numbers) == list(range(501, 1001))


def test_message_cleared_while_it_is_marked_is_404(alice, bob, monkeypatch):
    sent, mark = alice.send(bob), Message.objects.mark

    def mark_and_clear(*args, **kwargs):
        mark(*args, **kwargs)
        Message.objects.clear(bob.user, alice.email)

    monkeypatch.setattr(Message.objects, "mark", mark_and_clear)
    assert bob.post(f"/api/messages/{sent['id']}/read").status_code == 404
