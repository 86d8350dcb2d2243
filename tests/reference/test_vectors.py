"""The plain-Python reference checks docs/test_vectors and docs/protocol.md. tests/js reads the same vectors."""

import json
import re
from collections import Counter

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from keys import proof
from tests.reference.content import canonical_json, pad, unpad
from tests.reference.generate_vectors import FOLDER, build
from tests.reference.identity import (
    Party,
    check_identity_key,
    code,
    digits,
    identity_hashes,
    read_code,
    safety_number,
    verify_statement,
)
from tests.reference.people import PEOPLE
from tests.reference.refused import Refused
from tests.reference.suite1 import Person, check_public_key, ecdh, fingerprint, open_message, x_coordinate
from tests.reference.typing_frames import open_frame
from tests.support.environment import ROOT

pytestmark = pytest.mark.once


def read(name: str) -> dict:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


VALID = read("valid_messages.json")["messages"]
INVALID = read("invalid_messages.json")["messages"]
KEYS = read("public_keys.json")
IDENTITY = read("identity.json")
NUMBERS = read("safety_numbers.json")
PROOFS = read("key_proofs.json")
TYPING = read("typing.json")
REFUSED = [*INVALID, *IDENTITY["invalid_statements"], *PROOFS["refused"], *TYPING["refused"]]
REASONS = {vector["reason"] for vector in REFUSED}


def named(vectors: list[dict]) -> dict:
    return {"argvalues": vectors, "ids": [vector["name"] for vector in vectors]}


def test_committed_vectors_are_the_generated_ones():
    generated = build()
    assert {path.name for path in FOLDER.iterdir()} == set(generated)
    for name, text in generated.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, (
            f"{name}: run python -m tests.reference.generate_vectors"
        )


@pytest.mark.parametrize(
    "vectors",
    [VALID, INVALID, *(KEYS[part] for part in ("valid", "invalid"))]
    + [IDENTITY[part] for part in ("valid_statements", "invalid_statements", "invalid_keys")]
    + [NUMBERS[part] for part in ("identities", "numbers", "codes")]
    + [PROOFS[part] for part in ("proofs", "refused")]
    + [TYPING[part] for part in ("frames", "refused")],
)
def test_names_of_vectors_are_unique(vectors):
    assert [name for name, times in Counter(vector["name"] for vector in vectors).items() if times > 1] == []


@pytest.mark.parametrize("vector", **named(PROOFS["proofs"]))
def test_server_accepts_a_valid_key_proof_only(vector, monkeypatch):
    scalar = int(PROOFS["server_private_key"], 16)
    monkeypatch.setattr(proof, "private_key", lambda _: ec.derive_private_key(scalar, ec.SECP256R1()))
    given = [bytes.fromhex(vector[name]) for name in ("public_key", "identity_key", "identity_signature")]
    mac = bytes.fromhex(vector["mac"])
    assert proof.is_valid(vector["challenge"], mac, vector["email"], *given)
    assert not proof.is_valid(vector["challenge"] + "x", mac, vector["email"], *given)


@pytest.mark.parametrize("vector", **named(VALID))
def test_sender_and_recipient_open_a_valid_message(vector):
    sender, recipient = PEOPLE[vector["sender"]], PEOPLE[vector["recipient"]]
    for reader, peer in ((sender, recipient), (recipient, sender)):
        opened = open_message(reader, peer.email, peer.public_key, vector["message"])
        assert opened.mine is (reader is sender)
        assert opened.content == vector["content"]
        assert opened.hash.hex() == vector["hash"]
        assert opened.supported is vector["supported"]


def test_both_sides_compute_the_same_shared_secret():
    alice, bob = PEOPLE["alice"], PEOPLE["bob"]
    assert {vector["shared_secret"] for vector in VALID} == {ecdh(bob.private_key, alice.public_key).hex()}


@pytest.mark.parametrize("vector", **named(INVALID))
def test_invalid_message_is_refused_for_its_reason(vector):
    reader = Person(vector["reader_email"], PEOPLE[vector["reader"]].private_key)
    with pytest.raises(Refused) as refusal:
        open_message(reader, vector["peer_email"], bytes.fromhex(vector["peer_public_key"]), vector["message"])
    assert refusal.value.reason == vector["reason"]


@pytest.mark.parametrize("vector", **named(TYPING["frames"]))
def test_typing_frame_opens(vector):
    peer = PEOPLE[vector["peer"]]
    opened = open_frame(PEOPLE[vector["reader"]], peer.email, peer.public_key, vector["payload"])
    assert opened == (vector["sent_at"], vector["typing"])


@pytest.mark.parametrize("vector", **named(TYPING["refused"]))
def test_other_typing_frame_is_refused_for_its_reason(vector):
    peer = PEOPLE[vector["peer"]]
    with pytest.raises(Refused) as refusal:
        open_frame(PEOPLE[vector["reader"]], peer.email, peer.public_key, vector["payload"])
    assert refusal.value.reason == vector["reason"]


@pytest.mark.parametrize("vector", **named(KEYS["valid"]))
def test_valid_key_has_its_fingerprint(vector):
    assert fingerprint(bytes.fromhex(vector["public_key"])).hex() == vector["fingerprint"]


@pytest.mark.parametrize("vector", **named(KEYS["invalid"]))
def test_invalid_key_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        check_public_key(bytes.fromhex(vector["public_key"]))


def test_keys_with_one_x_coordinate_count_as_the_same():
    keys = {vector["name"]: bytes.fromhex(vector["public_key"]) for vector in KEYS["valid"]}
    assert all(x_coordinate(keys[one]) == x_coordinate(keys[other]) for one, other in KEYS["same_key"])
    assert all(x_coordinate(keys[one]) != x_coordinate(keys[other]) for one, other in KEYS["different_keys"])


def verified(vector: dict) -> tuple[int, list[int]]:
    identity_key, public_key = bytes.fromhex(vector["identity_key"]), bytes.fromhex(vector["public_key"])
    return verify_statement(identity_key, vector["email"], public_key, bytes.fromhex(vector["identity_signature"]))


@pytest.mark.parametrize("vector", **named(IDENTITY["valid_statements"]))
def test_valid_statement_gives_version_and_suites(vector):
    assert verified(vector) == (vector["version"], vector["suites"])


@pytest.mark.parametrize("vector", **named(IDENTITY["invalid_statements"]))
def test_invalid_statement_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        verified(vector)


@pytest.mark.parametrize("vector", **named(IDENTITY["invalid_keys"]))
def test_invalid_identity_key_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        check_identity_key(bytes.fromhex(vector["identity_key"]))


@pytest.mark.parametrize("vector", **named(IDENTITY["valid_statements"]))
def test_library_accepts_signatures_of_the_reference(vector):
    """The reference has its own Ed25519 code; the library uses OpenSSL's."""
    library = Ed25519PublicKey.from_public_bytes(bytes.fromhex(vector["identity_key"]))
    library.verify(bytes.fromhex(vector["identity_signature"])[-64:], bytes.fromhex(vector["statement"]))


def party(name: str) -> Party:
    found = next(identity for identity in NUMBERS["identities"] if identity["name"] == name)
    return Party(found["email"], bytes.fromhex(found["identity_key"]))


def test_safety_number_matches_libsignal():
    """A known answer from libsignal, whose keys start with a type byte and whose identifiers are telephone numbers."""
    alice = bytes.fromhex("0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868")
    bob = bytes.fromhex("05f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae814402b5c0dbd96fda907b")
    _, of_alice = identity_hashes(alice, b"+14152222222")
    _, of_bob = identity_hashes(bob, b"+14153333333")
    known = "300354477692869396892869876765458257569162576843440918079131"
    assert safety_number(of_alice, of_bob) == safety_number(of_bob, of_alice) == known


@pytest.mark.parametrize("vector", **named(NUMBERS["identities"]))
def test_identity_hashes_match_the_vectors(vector):
    first, last = identity_hashes(bytes.fromhex(vector["identity_key"]), vector["email"].encode())
    assert [first.hex(), last.hex()] == [vector["first_hash"], vector["last_hash"]]
    assert digits(last) == vector["digits"]


@pytest.mark.parametrize("vector", **named(NUMBERS["numbers"]))
def test_two_people_have_one_number_and_a_code_each(vector):
    own, peer = party(vector["own"]), party(vector["peer"])
    parts = sorted(digits(identity_hashes(each.identity_key, each.email.encode())[1]) for each in (own, peer))
    assert "".join(parts) == vector["digits"]
    assert code(own, peer) == vector["code"]


@pytest.mark.parametrize("vector", **named(NUMBERS["codes"]))
def test_code_matches_only_if_it_is_the_peers(vector):
    assert read_code(vector["text"], party("alice"), party("bob")) == vector["answer"]


@pytest.mark.parametrize("vector", read("padding.json")["paddings"], ids=lambda vector: str(vector["content_length"]))
def test_padding_round_trips_up_to_the_largest_bucket(vector):
    content = b"a" * vector["content_length"]
    if vector["bucket"] is None:
        with pytest.raises(Refused, match="padding"):
            pad(content)
    else:
        assert len(pad(content)) == vector["bucket"]
        assert unpad(pad(content)) == content


def test_protocol_and_vectors_name_the_same_reasons():
    protocol = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    table = protocol.split("\n## 8. ")[1].split("\n## ")[0]
    reasons = re.findall(r"^\| `([a-z0-9_]+)` \|", table, re.MULTILINE)
    assert sorted(reasons) == sorted(REASONS)


def test_browser_code_and_protocol_name_the_same_reasons():
    source = (ROOT / "static" / "js" / "crypto" / "crypto-errors.js").read_text(encoding="utf-8")
    union = source.split("@typedef {", 1)[1].split("} ProtocolErrorReason")[0]
    assert {*re.findall(r'"([a-z_0-9]+)"', union), "decryption"} == REASONS


def test_longest_text_has_the_documented_length():
    named = {"counter": 2**53 - 1, "hash": "0" * 64}
    received = [{"browser": f"{number:032x}", **named} for number in range(8)]
    content = {
        "v": 1, "type": "text", "from": '"' * 255, "to": "\\" * 255, "browser": "0" * 32, "counter": 2**53 - 1,
        "previous": "0" * 64, "received": received, "sent_at": 8_640_000_000_000_000, "self_tag": "0" * 64,
        "body": "\x00" * 4000,
    }  # fmt: skip
    length = len(canonical_json(content))
    assert f"{length:,} bytes" in (FOLDER.parent / "protocol.md").read_text()
