"""The server computes the hashes and checks the signatures of docs/test_vectors."""

import base64
import json

import pytest

from accounts.models import User
from tests.support.environment import ROOT
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
)

pytestmark = pytest.mark.once


def vectors(file: str, *kinds: str) -> list:
    read = json.loads((ROOT / "docs" / "test_vectors" / f"{file}.json").read_text())
    return [pytest.param(vector, id=vector["name"]) for kind in kinds for vector in read[kind]]


def owner(vector) -> User:
    return User(pk=int(vector.get("account_id", 1)), email=vector["email"])


@pytest.mark.parametrize("vector", vectors("vault", "vaults"))
def test_vault(vector):
    blob, ways = base64.b64decode(vector["blob"]), [Way(**way | {"box": raw(way["box"])}) for way in vector["ways"]]
    assert is_blob(blob, vector["generation"], vector["version"])
    hashed = vault_hash(owner(vector), blob, ways[::-1], vector["browser"], raw(vector["previous"]))
    assert hashed == raw(vector["hash"])
    signed = vault_write(owner(vector), vector["version"], hashed)
    assert verifies(raw(vector["signature_key"]), raw(vector["signature"]), signed)


@pytest.mark.parametrize("vector", vectors("vault", "refused_signatures"))
def test_refused_signature_of_a_vault(vector):
    signed = vault_write(owner(vector), vector["version"], raw(vector["hash"]))
    assert not verifies(raw(vector["signature_key"]), raw(vector["signature"]), signed)


def is_taken(vector) -> bool:
    try:
        browsers = SignedList.read(raw(vector["bytes"]))
    except MalformedList:
        return False
    return browsers.is_signed_by(raw(vector["identity_key"]), owner(vector))


@pytest.mark.parametrize("vector", vectors("browsers", "lists"))
def test_list_of_browsers(vector):
    assert is_taken(vector)
    read = SignedList.read(raw(vector["bytes"]))
    assert read.version == vector["version"]
    assert {id: key.hex() for id, key in read.keys.items()} == {
        browser["id"]: browser["signature_key"] for browser in vector["browsers"]
    }


@pytest.mark.parametrize("vector", vectors("browsers", "refused"))
def test_refused_list_of_browsers(vector):
    assert not is_taken(vector)


@pytest.mark.parametrize("vector", vectors("streams", "segments"))
def test_segment(vector):
    blob = base64.b64decode(vector["blob"])
    assert is_segment(blob, vector["kind"])
    place = (vector["browser"], vector["kind"], vector["number"])
    assert segment_hash(owner(vector), *place, blob) == raw(vector["hash"])


def is_signed(vector) -> bool:
    hashes = [raw(hashed) for hashed in vector["hashes"]]
    signed = stream_write(owner(vector), vector["browser"], vector["kind"], vector["revision"], hashes)
    return verifies(raw(vector["signature_key"]), raw(vector["signature"]), signed)


@pytest.mark.parametrize("vector", vectors("streams", "states"))
def test_signature_of_a_stream(vector):
    assert is_signed(vector)


@pytest.mark.parametrize("vector", vectors("streams", "refused_states"))
def test_refused_signature_of_a_stream(vector):
    assert not is_signed(vector)


def raw(text: str) -> bytes:
    return bytes.fromhex(text)
