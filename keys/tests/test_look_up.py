import pytest

from accounts.models import User

pytestmark = pytest.mark.once


def test_key_is_found_by_any_spelling_of_the_address(alice, bob):
    fingerprint = bob.upload_key()
    key = alice.get("/api/keys/email/BOB@example.org").json()
    assert (key["email"], key["fingerprint"]) == (bob.email, fingerprint)


def test_me_returns_the_own_current_key(alice):
    assert alice.get("/api/keys/me").status_code == 404
    fingerprint = alice.upload_key()
    assert alice.get("/api/keys/me").json()["fingerprint"] == fingerprint


def test_unknown_suspended_and_keyless_people_are_404(alice, bob):
    assert alice.get("/api/keys/email/nobody@example.org").json()["code"] == "user_not_found"
    assert alice.get(f"/api/keys/email/{bob.email}").json()["code"] == "key_not_found"
    bob.upload_key()
    User.objects.filter(pk=bob.user.pk).update(is_active=False)
    response = alice.get(f"/api/keys/email/{bob.email}")
    assert response.status_code == 404
    assert response.json()["code"] == "user_not_found"


@pytest.mark.parametrize("address", ["x", "b\u043eb@example.org", "bob@example.org%00"])
def test_malformed_address_is_400(alice, address):
    assert alice.get(f"/api/keys/email/{address}").status_code == 400


class TestByFingerprint:
    def test_owner_finds_current_and_former_keys(self, alice):
        first, second = alice.upload_key(), alice.upload_key()
        for fingerprint in (first, second):
            assert alice.get(f"/api/keys/fingerprint/{fingerprint}").json()["fingerprint"] == fingerprint

    def test_holder_of_a_message_finds_the_keys_that_it_names(self, alice, bob):
        old, bobs = alice.upload_key(), bob.upload_key()
        alice.send(bob, sender_fingerprint=old, recipient_fingerprint=bobs)
        alice.upload_key()
        assert bob.get(f"/api/keys/fingerprint/{old}").json()["email"] == alice.email
        assert alice.get(f"/api/keys/fingerprint/{bobs}").status_code == 200

    def test_outsider_gets_404(self, alice, bob, mallory):
        fingerprint, bobs = alice.upload_key(), bob.upload_key()
        alice.send(bob, sender_fingerprint=fingerprint, recipient_fingerprint=bobs)
        assert mallory.get(f"/api/keys/fingerprint/{fingerprint}").status_code == 404
        assert mallory.get(f"/api/keys/fingerprint/{bobs}").status_code == 404

    def test_clearing_the_message_makes_its_key_404(self, alice, bob):
        fingerprint = alice.upload_key()
        alice.send(bob, sender_fingerprint=fingerprint)
        bob.delete(f"/api/messages/conversation/{alice.email}")
        assert bob.get(f"/api/keys/fingerprint/{fingerprint}").status_code == 404

    def test_recipient_gets_the_senders_key_and_not_another_accounts_copy(self, alice, bob, mallory):
        key = alice.upload_key()
        public_key = alice.get("/api/keys/me").json()["public_key"]
        mallory.post("/api/keys/upload", {"public_key": public_key})
        alice.send(bob, sender_fingerprint=key)
        assert bob.get(f"/api/keys/fingerprint/{key}").json()["email"] == alice.email
        assert mallory.get(f"/api/keys/fingerprint/{key}").json()["email"] == mallory.email

    @pytest.mark.parametrize("text", ["0" * 64, "x", "A" * 64, "%00"])
    def test_unknown_or_malformed_fingerprint_is_404(self, alice, text):
        assert alice.get(f"/api/keys/fingerprint/{text}").status_code == 404
