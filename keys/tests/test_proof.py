"""Uploads with a proof of the private key: docs/protocol.md §3.6."""

import base64
import hmac

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from django.core import signing

from keys import proof
from keys.models import PublicKey
from keys.public_key_encoding import fingerprint, is_p256_public_key

CHALLENGE = "/api/keys/challenge"
UPLOAD = "/api/keys/upload"
SIGNED = {
    "identity_key": base64.b64encode(b"i" * 32).decode(),
    "identity_signature": base64.b64encode(b"s" * 73).decode(),
}


@pytest.fixture
def private_key():
    return ec.generate_private_key(ec.SECP256R1())


def spki_of(private_key) -> bytes:
    return private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def mac_of(private_key, email: str, asked: dict, signed: dict = SIGNED) -> str:
    """The MAC as a client computes it, independent of keys/proof.py."""
    server_key = load_der_public_key(base64.b64decode(asked["server_key"]))
    secret = private_key.exchange(ec.ECDH(), server_key)
    key = HKDF(hashes.SHA256(), 32, salt=None, info=b"VibeChat key proof").derive(secret)
    identity = [base64.b64decode(signed.get(name, "")) for name in ("identity_key", "identity_signature")]
    parts = [b"VibeChat key proof", email.encode(), spki_of(private_key), *identity, asked["challenge"].encode()]
    data = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return base64.b64encode(hmac.new(key, data, "sha256").digest()).decode()


def body_for(person, private_key, **more) -> dict:
    asked = person.post(CHALLENGE).json()
    given = {"challenge": asked["challenge"], "mac": mac_of(private_key, person.email, asked)}
    return {"public_key": base64.b64encode(spki_of(private_key)).decode(), **SIGNED, "proof": given} | more


def upload(person, private_key, **more):
    return person.post(UPLOAD, {"public_key": base64.b64encode(spki_of(private_key)).decode(), **more})


def prove(person, private_key):
    return person.post(UPLOAD, body_for(person, private_key))


def test_upload_with_proof_is_proven(alice, private_key):
    response = prove(alice, private_key)
    assert response.status_code == 201
    assert "proof" not in response.json()
    assert PublicKey.objects.get().proven_at is not None
    assert alice.get("/api/keys/me").json()["fingerprint"] == fingerprint(spki_of(private_key))


def test_upload_with_proof_needs_no_identity(alice, private_key):
    asked = alice.post(CHALLENGE).json()
    given = {"challenge": asked["challenge"], "mac": mac_of(private_key, alice.email, asked, {})}
    assert upload(alice, private_key, proof=given).status_code == 201
    assert PublicKey.objects.get().proven_at is not None


def test_upload_without_proof_is_accepted_and_not_proven(alice, private_key):
    assert upload(alice, private_key).status_code == 201
    assert upload(alice, private_key, proof=None).status_code == 200
    assert PublicKey.objects.get().proven_at is None


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data; boundary=x", "application/json"])
@pytest.mark.parametrize("body", [b"", b"x"])
def test_challenge_ignores_the_body(alice, kind, body):
    assert alice.client.generic("POST", CHALLENGE, body, kind).status_code == 200


def test_each_challenge_has_a_new_valid_server_key(alice):
    first, second = alice.post(CHALLENGE).json(), alice.post(CHALLENGE).json()
    assert set(first) == {"challenge", "server_key"}
    assert first["server_key"] != second["server_key"]
    assert is_p256_public_key(base64.b64decode(first["server_key"]))


def test_key_proven_by_another_account_is_key_taken(alice, mallory, private_key):
    prove(alice, private_key)
    for response in (upload(mallory, private_key), prove(mallory, private_key)):
        assert response.status_code == 409
        assert response.json()["code"] == "key_taken"
    assert PublicKey.objects.get().user == alice.user


def test_negative_of_a_proven_key_is_key_taken(alice, mallory, private_key):
    prove(alice, private_key)
    negative = ec.derive_private_key(proof.ORDER - private_key.private_numbers().private_value, ec.SECP256R1())
    assert upload(mallory, negative).json()["code"] == "key_taken"


def test_former_proven_key_is_key_taken(alice, mallory, private_key):
    prove(alice, private_key)
    alice.upload_key()
    assert upload(mallory, private_key).json()["code"] == "key_taken"


def test_proof_ends_unproven_copies_of_other_accounts(alice, mallory, private_key):
    upload(mallory, private_key)
    assert alice.get(f"/api/keys/email/{mallory.email}").status_code == 200
    assert prove(alice, private_key).status_code == 201
    assert alice.get(f"/api/keys/email/{mallory.email}").json()["code"] == "key_not_found"
    assert mallory.get("/api/keys/me").status_code == 404
    assert mallory.get(f"/api/keys/email/{alice.email}").status_code == 200


def test_two_accounts_can_upload_the_same_key_unproven(alice, mallory, private_key):
    assert [upload(person, private_key).status_code for person in (alice, mallory)] == [201, 201]


def test_proven_key_stays_proven_after_an_upload_without_proof(alice, mallory, private_key):
    prove(alice, private_key)
    assert upload(alice, private_key).status_code == 200
    assert upload(mallory, private_key).json()["code"] == "key_taken"


def test_key_of_a_deleted_account_can_be_proven_by_another(alice, bob, private_key):
    prove(alice, private_key)
    PublicKey.objects.update(user=None)
    assert prove(bob, private_key).status_code == 201


def test_challenge_can_be_used_once(alice, private_key):
    body = body_for(alice, private_key)
    assert alice.post(UPLOAD, body).status_code == 201
    response = alice.post(UPLOAD, body)
    assert (response.status_code, response.json()["code"]) == (409, "proof_expired")


def assert_invalid_proof(response):
    assert response.status_code == 400
    assert response.json()["fields"]["proof"][0]["code"] == "invalid_proof"


def test_expired_challenge_is_proof_expired(alice, private_key, monkeypatch):
    """The code is that of a used challenge, so that a browser that slept asks for a new one."""
    body = body_for(alice, private_key)
    monkeypatch.setattr(proof, "LIFETIME_SECONDS", -1)
    response = alice.post(UPLOAD, body)
    assert (response.status_code, response.json()["code"]) == (409, "proof_expired")
    assert not PublicKey.objects.exists()


def test_challenge_of_another_account_is_refused(alice, mallory, private_key):
    assert_invalid_proof(mallory.post(UPLOAD, body_for(alice, private_key)))


def test_forged_challenge_is_refused(alice, private_key):
    body = body_for(alice, private_key)
    forged = signing.dumps([alice.user.pk, "", "0"], salt="another")
    for challenge in ("", "x", forged, body["proof"]["challenge"][:-1]):
        response = alice.post(UPLOAD, body | {"proof": body["proof"] | {"challenge": challenge}})
        assert response.status_code == 400
    assert not PublicKey.objects.exists()


CHANGES = {
    "another key": lambda: {"public_key": base64.b64encode(spki_of(ec.generate_private_key(ec.SECP256R1()))).decode()},
    "another identity": lambda: {"identity_key": base64.b64encode(b"j" * 32).decode()},
    "another statement": lambda: {"identity_signature": base64.b64encode(b"t" * 73).decode()},
    "no statement": lambda: {"identity_key": None, "identity_signature": None},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_proof_of_other_upload_data_is_refused(alice, private_key, change):
    assert_invalid_proof(alice.post(UPLOAD, body_for(alice, private_key) | change()))
    assert not PublicKey.objects.exists()


def test_proof_with_another_private_key_is_refused(alice, private_key):
    others = ec.generate_private_key(ec.SECP256R1())
    asked = alice.post(CHALLENGE).json()
    given = {"challenge": asked["challenge"], "mac": mac_of(others, alice.email, asked)}
    assert_invalid_proof(upload(alice, private_key, **SIGNED, proof=given))


def test_proof_for_another_account_is_refused(alice, private_key):
    asked = alice.post(CHALLENGE).json()
    given = {"challenge": asked["challenge"], "mac": mac_of(private_key, "bob@example.org", asked)}
    assert_invalid_proof(upload(alice, private_key, **SIGNED, proof=given))


@pytest.mark.parametrize("given", ["x", 7, [], {}, {"challenge": "x"}, {"challenge": 7, "mac": "AAAA"}])
def test_malformed_proof_is_400(alice, private_key, given):
    response = upload(alice, private_key, proof=given)
    assert response.status_code == 400
    assert "proof" in response.json()["fields"]
