"""The server's equations are those of docs/protocol.md: they give the values of docs/test_vectors."""

import base64
import json
from types import SimpleNamespace

import pytest
from django.conf import settings

from vault.formats import (
    MalformedList,
    SignedList,
    Way,
    is_blob,
    is_segment,
    segment_hash,
    stream_write,
    vault_hash,
    vault_write,
    verifies,
    ways_hash,
)

pytestmark = pytest.mark.once


def read(name: str) -> dict:
    return json.loads((settings.BASE_DIR / "docs" / "test_vectors" / name).read_text(encoding="utf-8"))


def named(vectors: list[dict]) -> dict:
    return {"argvalues": vectors, "ids": [vector["name"] for vector in vectors]}


def user_of(vector: dict) -> SimpleNamespace:
    return SimpleNamespace(email=vector["email"], pk=int(vector["account_id"]))


def ways_of(vector: dict) -> list[Way]:
    return [Way(way["id"], way["kind"], bytes.fromhex(way["box"])) for way in vector["ways"]]


@pytest.mark.parametrize("vector", **named(read("vault.json")["vaults"]))
def test_hash_and_signature_of_a_version(vector):
    user = user_of(vector)
    blob, previous = base64.b64decode(vector["blob"]), bytes.fromhex(vector["previous"])
    digest = vault_hash(user, blob, ways_of(vector), vector["browser"], previous)
    assert digest.hex() == vector["hash"]
    assert is_blob(blob, vector["generation"], vector["version"])
    key, signature = bytes.fromhex(vector["signature_key"]), bytes.fromhex(vector["signature"])
    assert verifies(key, signature, vault_write(user, vector["version"], digest))


@pytest.mark.parametrize("vector", **named(read("vault.json")["refused_signatures"]))
def test_other_signature_of_a_version_is_refused(vector):
    key, signature = bytes.fromhex(vector["signature_key"]), bytes.fromhex(vector["signature"])
    signed = vault_write(user_of(vector), vector["version"], bytes.fromhex(vector["hash"]))
    assert not verifies(key, signature, signed)


@pytest.mark.parametrize("vector", **named(read("ways.json")["hashes"]))
def test_hash_of_ways(vector):
    assert ways_hash(ways_of(vector)).hex() == vector["hash"]


def is_taken(vector: dict) -> bool:
    try:
        signed = SignedList.read(bytes.fromhex(vector["bytes"]))
    except MalformedList:
        return False
    return signed.is_signed_by(bytes.fromhex(vector["identity_key"]), SimpleNamespace(email=vector["email"]))


@pytest.mark.parametrize("vector", **named(read("browsers.json")["lists"]))
def test_signed_list_is_taken(vector):
    assert is_taken(vector)


@pytest.mark.parametrize("vector", **named(read("browsers.json")["refused"]))
def test_other_list_is_refused(vector):
    assert not is_taken(vector)


@pytest.mark.parametrize("vector", **named(read("streams.json")["segments"]))
def test_hash_of_a_segment(vector):
    blob = base64.b64decode(vector["blob"])
    assert is_segment(blob, vector["kind"])
    place = (user_of(vector), vector["browser"], vector["kind"], vector["number"])
    assert segment_hash(*place, blob).hex() == vector["hash"]


def is_signed(vector: dict) -> bool:
    hashes = [bytes.fromhex(each) for each in vector["hashes"]]
    signed = stream_write(user_of(vector), vector["browser"], vector["kind"], vector["revision"], hashes)
    return verifies(bytes.fromhex(vector["signature_key"]), bytes.fromhex(vector["signature"]), signed)


@pytest.mark.parametrize("vector", **named(read("streams.json")["states"]))
def test_state_of_a_stream_is_signed(vector):
    assert is_signed(vector)


@pytest.mark.parametrize("vector", **named(read("streams.json")["refused_states"]))
def test_other_state_of_a_stream_is_not_signed(vector):
    assert not is_signed(vector)
