import base64
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection

from conftest import new_spki
from keys import models
from keys.models import PublicKey
from keys.public_key_encoding import SPKI_PREFIX, fingerprint

URL = "/api/keys/upload"


def b64(raw):
    return base64.b64encode(raw).decode()


def test_new_key_is_201_with_all_fields(alice):
    spki = new_spki()
    response = alice.post(URL, {"public_key": b64(spki)})
    assert response.status_code == 201
    key = response.json()
    assert set(key) == {
        "email", "public_key", "fingerprint", "algorithm", "identity_key", "identity_signature", "created_at",
        "updated_at",
    }  # fmt: skip
    assert key["public_key"] == b64(spki)
    assert key["fingerprint"] == fingerprint(spki)
    assert (key["email"], key["algorithm"]) == (alice.email, "ECDH")
    assert key["identity_key"] is None
    assert key["identity_signature"] is None


def test_key_is_stored_as_pem(alice):
    alice.upload_key()
    assert PublicKey.objects.get().public_key_pem.startswith("-----BEGIN PUBLIC KEY-----\n")


def test_repeated_upload_is_200_and_adds_no_row(alice):
    body = {"public_key": b64(new_spki())}
    assert alice.post(URL, body).status_code == 201
    assert alice.post(URL, body).status_code == 200
    assert PublicKey.objects.count() == 1


def test_former_key_can_become_current_again(alice):
    first = {"public_key": b64(new_spki())}
    alice.post(URL, first)
    second = alice.upload_key()
    assert alice.get("/api/keys/me").json()["fingerprint"] == second
    assert alice.post(URL, first).status_code == 200
    assert alice.get("/api/keys/me").json()["public_key"] == first["public_key"]
    assert PublicKey.objects.filter(user=alice.user, is_current=True).count() == 1


class TestFormerKeys:
    """An account keeps a bounded number of former keys, and all that messages name."""

    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch):
        monkeypatch.setattr(models, "KEPT_FORMER_KEYS", 3)

    def kept(self, person):
        return set(PublicKey.objects.filter(user=person.user).values_list("fingerprint", flat=True))

    def test_oldest_keys_that_no_message_names_are_deleted(self, alice, bob):
        bobs = bob.upload_key()
        keys = [alice.upload_key() for _ in range(6)]
        assert self.kept(alice) == set(keys[2:])
        assert self.kept(bob) == {bobs}

    def test_key_is_kept_while_anybody_has_a_message_that_names_it(self, alice, bob):
        sent_with, bobs = alice.upload_key(), bob.upload_key()
        alice.send(bob, sender_fingerprint=sent_with, recipient_fingerprint=bobs)
        received_with = alice.upload_key()
        bob.send(alice, recipient_fingerprint=received_with)
        later = [alice.upload_key() for _ in range(6)]
        assert self.kept(alice) == {sent_with, received_with, *later[2:]}
        assert bob.get(f"/api/keys/fingerprint/{sent_with}").status_code == 200
        alice.delete(f"/api/messages/conversation/{bob.email}")
        last = alice.upload_key()
        assert self.kept(alice) == {sent_with, received_with, *later[3:], last}
        bob.delete(f"/api/messages/conversation/{alice.email}")
        newest = alice.upload_key()
        assert self.kept(alice) == {*later[4:], last, newest}

    def test_old_key_that_is_uploaded_again_becomes_current(self, alice, bob):
        first = {"public_key": b64(new_spki())}
        fingerprint_of_first = alice.post(URL, first).json()["fingerprint"]
        alice.send(bob, sender_fingerprint=fingerprint_of_first)
        keys = [alice.upload_key() for _ in range(5)]
        assert alice.post(URL, first).status_code == 200
        assert alice.get("/api/keys/me").json()["public_key"] == first["public_key"]
        assert self.kept(alice) == {fingerprint_of_first, *keys[2:]}


def test_replaces_must_be_the_current_key(alice):
    first = alice.upload_key()
    second = alice.upload_key(replaces=first)
    response = alice.post(URL, {"public_key": b64(new_spki()), "replaces": first})
    assert response.status_code == 409
    assert response.json()["code"] == "key_changed"
    assert alice.get("/api/keys/me").json()["fingerprint"] == second


def test_replaces_without_a_current_key_is_key_changed(alice):
    response = alice.post(URL, {"public_key": b64(new_spki()), "replaces": "0" * 64})
    assert response.status_code == 409
    assert not PublicKey.objects.exists()


def test_identity_is_stored(alice):
    body = {"public_key": b64(new_spki()), "identity_key": b64(b"i" * 32), "identity_signature": b64(b"s" * 64)}
    key = alice.post(URL, body).json()
    assert (key["identity_key"], key["identity_signature"]) == (body["identity_key"], body["identity_signature"])


def test_repeated_upload_replaces_the_identity(alice):
    spki = b64(new_spki())
    alice.post(URL, {"public_key": spki})
    signed = {"identity_key": b64(b"i" * 32), "identity_signature": b64(b"s" * 73)}
    response = alice.post(URL, {"public_key": spki, "replaces": fingerprint(base64.b64decode(spki)), **signed})
    assert response.status_code == 200
    assert signed.items() <= response.json().items()
    assert signed.items() <= alice.get("/api/keys/me").json().items()
    assert PublicKey.objects.count() == 1


def test_repeated_upload_of_a_replaced_key_is_refused(alice):
    spki = b64(new_spki())
    alice.post(URL, {"public_key": spki})
    second = alice.upload_key()
    body = {"public_key": spki, "replaces": fingerprint(base64.b64decode(spki)), "identity_key": b64(b"i" * 32)}
    assert alice.post(URL, body).status_code == 409
    assert alice.get("/api/keys/me").json()["fingerprint"] == second
    assert not PublicKey.objects.filter(identity_key__isnull=False).exists()


def test_upload_without_identity_keeps_the_stored_one(alice):
    body = {"public_key": b64(new_spki()), "identity_key": b64(b"i" * 32), "identity_signature": b64(b"s" * 64)}
    alice.post(URL, body)
    assert alice.post(URL, {"public_key": body["public_key"]}).json()["identity_key"] == body["identity_key"]


def point(curve):
    return ec.generate_private_key(curve).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def compressed():
    spki = new_spki()
    x, y = spki[27:59], spki[59:]
    header = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    return header + bytes([2 + y[-1] % 2]) + x


SPKI = new_spki()
BAD_KEYS = {
    "off the curve": SPKI[:-1] + bytes([SPKI[-1] ^ 1]),
    "the point at infinity": SPKI_PREFIX + bytes(64),
    "coordinates above the field": SPKI_PREFIX + b"\xff" * 64,
    "P-384": point(ec.SECP384R1()),
    "secp256k1": point(ec.SECP256K1()),
    "compressed": compressed(),
    "one byte short": SPKI[:-1],
    "one byte long": SPKI + b"\0",
    "a hybrid point": SPKI[:26] + bytes([6 + SPKI[-1] % 2]) + SPKI[27:],
    "a long-form length": b"\x30\x81\x59" + SPKI[2:],
    "nothing": b"",
    "PEM": b"-----BEGIN PUBLIC KEY-----",
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_other_encoding_or_invalid_point_is_refused(alice, name):
    response = alice.post(URL, {"public_key": b64(BAD_KEYS[name])})
    assert response.status_code == 400
    assert response.json()["fields"]["public_key"]
    assert not PublicKey.objects.exists()


@pytest.mark.parametrize(
    "text",
    [b64(SPKI) + "\n", " " + b64(SPKI), b64(SPKI).rstrip("="), b64(SPKI)[:-3] + "h==", 5, None, ["x"], "é" * 124],
)
def test_other_than_canonical_base64_is_refused(alice, text):
    assert alice.post(URL, {"public_key": text}).status_code == 400


@pytest.mark.parametrize("replaces", ["A" * 64, "0" * 63, 7, "", "0" * 64 + "\n"])
def test_malformed_replaces_is_refused(alice, replaces):
    assert alice.post(URL, {"public_key": b64(SPKI), "replaces": replaces}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_one_of_concurrent_replacements_succeeds_and_the_others_are_key_changed(alice):
    first = alice.upload_key()
    answers = []

    def replace():
        answers.append(alice.post(URL, {"public_key": b64(new_spki()), "replaces": first}).status_code)
        connection.close()

    threads = [threading.Thread(target=replace) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(answers) == [201, 409, 409, 409]
    assert PublicKey.objects.filter(is_current=True).count() == 1
