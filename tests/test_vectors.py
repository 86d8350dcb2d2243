"""docs/test_vectors and docs/protocol.md, held by the plain-Python reference; tests/js reads the same files."""

import json
import re
from collections import Counter

import pytest

from tests.environment import ROOT
from tests.reference.content import pad, unpad
from tests.reference.generate_vectors import FOLDER, build
from tests.reference.people import PEOPLE
from tests.reference.refused import Refused
from tests.reference.suite1 import Person, check_public_key, ecdh, fingerprint, open_message, x_coordinate

pytestmark = pytest.mark.once


def read(name: str) -> dict:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


VALID = read("valid_messages.json")["messages"]
INVALID = read("invalid_messages.json")["messages"]
KEYS = read("public_keys.json")


def named(vectors: list[dict]) -> dict:
    return {"argvalues": vectors, "ids": [vector["name"] for vector in vectors]}


def test_committed_vectors_are_what_the_reference_generates():
    generated = build()
    assert {path.name for path in FOLDER.iterdir()} == set(generated)
    for name, text in generated.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, (
            f"{name}: run python -m tests.reference.generate_vectors"
        )


@pytest.mark.parametrize("vectors", [VALID, INVALID, KEYS["valid"], KEYS["invalid"]])
def test_every_vector_has_a_name_of_its_own(vectors):
    assert [name for name, times in Counter(vector["name"] for vector in vectors).items() if times > 1] == []


@pytest.mark.parametrize("vector", **named(VALID))
def test_both_ends_open_a_valid_message(vector):
    sender, recipient = PEOPLE[vector["sender"]], PEOPLE[vector["recipient"]]
    for reader, peer in ((sender, recipient), (recipient, sender)):
        opened = open_message(reader, peer.email, peer.public_key, vector["message"])
        assert opened.mine is (reader is sender)
        assert opened.content == vector["content"]
        assert opened.hash.hex() == vector["hash"]
        assert opened.supported is vector["supported"]


def test_shared_secrets_are_the_same_from_either_side():
    alice, bob = PEOPLE["alice"], PEOPLE["bob"]
    assert {vector["shared_secret"] for vector in VALID} == {ecdh(bob.private_key, alice.public_key).hex()}


@pytest.mark.parametrize("vector", **named(INVALID))
def test_an_invalid_message_is_refused_for_its_reason(vector):
    reader = Person(vector["reader_email"], PEOPLE[vector["reader"]].private_key)
    with pytest.raises(Refused) as refusal:
        open_message(reader, vector["peer_email"], bytes.fromhex(vector["peer_public_key"]), vector["message"])
    assert refusal.value.reason == vector["reason"]


@pytest.mark.parametrize("vector", **named(KEYS["valid"]))
def test_a_key_in_its_one_form_is_named_by_its_fingerprint(vector):
    assert fingerprint(bytes.fromhex(vector["public_key"])).hex() == vector["fingerprint"]


@pytest.mark.parametrize("vector", **named(KEYS["invalid"]))
def test_any_other_key_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        check_public_key(bytes.fromhex(vector["public_key"]))


def test_keys_are_the_same_by_their_x_coordinate():
    keys = {vector["name"]: bytes.fromhex(vector["public_key"]) for vector in KEYS["valid"]}
    assert all(x_coordinate(keys[one]) == x_coordinate(keys[other]) for one, other in KEYS["same_key"])
    assert all(x_coordinate(keys[one]) != x_coordinate(keys[other]) for one, other in KEYS["different_keys"])


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
    assert sorted(reasons) == sorted({vector["reason"] for vector in INVALID})


def test_browser_code_and_protocol_name_the_same_reasons():
    source = (ROOT / "static" / "js" / "crypto" / "errors.js").read_text(encoding="utf-8")
    union = source.split("@typedef {", 1)[1].split("} ProtocolErrorReason")[0]
    assert {*re.findall(r'"([a-z_0-9]+)"', union), "decryption"} == {vector["reason"] for vector in INVALID}
