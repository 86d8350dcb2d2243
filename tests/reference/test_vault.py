"""The plain-Python reference of vault, ways back and browsers checks its vectors. tests/js reads the same ones."""

import base64
import json
import re

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.reference import archive, browser_list, hpke, invitation, recovery_code, streams, vault, ways
from tests.reference.generate_vectors import FOLDER
from tests.reference.refused import Refused
from tests.support.environment import ROOT

pytestmark = pytest.mark.once

PUBLISHED = {name: bytes.fromhex(value) for name, value in hpke.PUBLISHED.items() if name != "name"}


def read(name: str) -> dict:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


CODES, WAYS, VAULT, BROWSERS = map(read, ("recovery_codes.json", "ways.json", "vault.json", "browsers.json"))
INVITATIONS, STREAMS, ARCHIVE = map(read, ("invitations.json", "streams.json", "archive.json"))
GROUPS = [
    *(file[part] for file, parts in (
        (CODES, ("codes", "seeds", "passkeys")),
        (WAYS, ("ways", "boxes", "refused_boxes", "hashes", "refused_ways")),
        (VAULT, ("vaults", "refused_vaults", "refused_signatures", "successions", "kinds")),
        (BROWSERS, ("lists", "refused")),
        (INVITATIONS, ("refused",)),
        (STREAMS, ("segments", "refused_segments", "refused_states")),
    ) for part in parts)
]  # fmt: skip
REASONS = {vector["reason"] for group in GROUPS for vector in group if vector.get("reason")}


def named(vectors: list[dict]) -> dict:
    return {"argvalues": vectors, "ids": [vector["name"] for vector in vectors]}


def test_hpke_matches_the_published_vectors():
    recipient, ephemeral = (hpke.derive_private_key(PUBLISHED[name]) for name in ("ikm_r", "ikm_e"))
    assert [hpke.point_of(recipient), hpke.point_of(ephemeral)] == [PUBLISHED["pk_r"], PUBLISHED["enc"]]
    secret = hpke.dh(ephemeral, PUBLISHED["pk_r"])
    assert secret == hpke.dh(recipient, PUBLISHED["enc"])
    shared_secret = hpke.extract_and_expand(secret, PUBLISHED["enc"], PUBLISHED["pk_r"])
    assert shared_secret == PUBLISHED["shared_secret"]
    parameters = hpke.Parameters(*(PUBLISHED[name] for name in ("psk", "psk_id", "info")))
    key, nonce = hpke.key_schedule(shared_secret, parameters, hpke.AES_128_GCM)
    assert [key, nonce] == [PUBLISHED["key"], PUBLISHED["base_nonce"]]
    assert AESGCM(key).encrypt(nonce, PUBLISHED["plaintext"], PUBLISHED["aad"]) == PUBLISHED["ciphertext"]


@pytest.mark.parametrize("vectors", GROUPS)
def test_names_of_vectors_are_unique(vectors):
    assert len({vector["name"] for vector in vectors}) == len(vectors)


@pytest.mark.parametrize("vector", **named(CODES["codes"]))
def test_code_is_read_as_the_vectors_say(vector):
    assert recovery_code.read(vector["text"]) == vector["answer"]


@pytest.mark.parametrize("vector", **named(WAYS["boxes"]))
def test_box_opens_with_its_seed(vector):
    assert open_box(vector).hex() == vector["vault_key"]


@pytest.mark.parametrize("vector", **named(WAYS["refused_boxes"]))
def test_other_box_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        open_box(vector)


def open_box(vector: dict) -> bytes:
    account = (vector["email"], vector["account_id"], vector["generation"])
    return ways.open_box(bytes.fromhex(vector["seed"]), bytes.fromhex(vector["box"]), *account)


@pytest.mark.parametrize("vector", **named(WAYS["refused_ways"]))
def test_other_set_of_ways_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        ways.ways_hash(vector["ways"])


@pytest.mark.parametrize("vector", **named(VAULT["vaults"]))
def test_vault_opens_with_its_key(vector):
    assert open_vault(vector) == vector["content"]
    digest, signature = bytes.fromhex(vector["hash"]), bytes.fromhex(vector["signature"])
    vault.verify_write(bytes.fromhex(vector["signature_key"]), place_of(vector), digest, signature)


@pytest.mark.parametrize("vector", **named(VAULT["refused_vaults"]))
def test_other_vault_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        open_vault(VAULT["vaults"][0] | vector["changes"])


def place_of(vector: dict) -> vault.Place:
    numbers = (vector["generation"], vector["version"])
    previous = bytes.fromhex(vector["previous"])
    return vault.Place(vector["email"], vector["account_id"], *numbers, vector["browser"], previous, vector["ways"])


def open_vault(vector: dict) -> dict:
    return vault.open_vault(bytes.fromhex(vector["vault_key"]), place_of(vector), base64.b64decode(vector["blob"]))


@pytest.mark.parametrize("vector", **named(VAULT["refused_signatures"]))
def test_write_with_another_signature_is_refused(vector):
    place = vault.Place(vector["email"], vector["account_id"], 1, vector["version"], "", b"", [])
    key, digest, signature = (bytes.fromhex(vector[name]) for name in ("signature_key", "hash", "signature"))
    with pytest.raises(Refused, match="vault_signature"):
        vault.verify_write(key, place, digest, signature)


@pytest.mark.parametrize("vector", **named(VAULT["successions"]))
def test_later_generation_must_name_the_pinned_vault_key(vector):
    pinned = (vector["pinned_generation"], bytes.fromhex(vector["pinned_key"]))
    given = (vector["content"], vector["generation"], *pinned)
    if vector["reason"] is None:
        vault.check_generation(*given)
    else:
        with pytest.raises(Refused, match=vector["reason"]):
            vault.check_generation(*given)


@pytest.mark.parametrize("vector", **named(BROWSERS["lists"]))
def test_signed_list_says_what_was_signed(vector):
    version, browsers = read_list(vector)
    assert version == vector["version"]
    assert [browser.id.hex() for browser in browsers] == [browser["id"] for browser in vector["browsers"]]


@pytest.mark.parametrize("vector", **named(BROWSERS["refused"]))
def test_other_list_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        read_list(vector)


def read_list(vector: dict) -> tuple:
    return browser_list.read(bytes.fromhex(vector["identity_key"]), vector["email"], bytes.fromhex(vector["bytes"]))


def test_both_sides_of_an_invitation_see_the_same_digits():
    old, new = invitation.sides()
    assert old.digits() == new.digits() == INVITATIONS["runs"][0]["digits"]
    assert new.open("grant", old.messages["grant"]) == invitation.GRANT


@pytest.mark.parametrize("vector", **named(INVITATIONS["refused"]))
def test_other_message_of_an_invitation_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        invitation.take(vector["step"], bytes.fromhex(vector["message"]))


@pytest.mark.parametrize("vector", **named(STREAMS["segments"]))
def test_segment_opens_in_its_place(vector):
    assert open_segment(vector) == vector["content"]


@pytest.mark.parametrize("vector", **named(STREAMS["refused_segments"]))
def test_other_segment_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        open_segment(STREAMS["segments"][0] | vector["changes"])


def open_segment(vector: dict) -> object:
    keys = {int(generation): bytes.fromhex(key) for generation, key in vector["vault_keys"].items()}
    names = ("email", "account_id", "browser", "kind", "number")
    return streams.open_segment(
        keys, streams.Place(*(vector[name] for name in names)), base64.b64decode(vector["blob"])
    )


def test_state_of_a_stream_verifies():
    verify_state(STREAMS["states"][0])


@pytest.mark.parametrize("vector", **named(STREAMS["refused_states"]))
def test_other_state_of_a_stream_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        verify_state(vector)


def verify_state(vector: dict) -> None:
    place = streams.Place(*(vector[name] for name in ("email", "account_id", "browser", "kind")))
    hashes = [bytes.fromhex(each) for each in vector["hashes"]]
    key, signature = bytes.fromhex(vector["signature_key"]), bytes.fromhex(vector["signature"])
    streams.verify(key, place, vector["revision"], hashes, signature)


@pytest.mark.parametrize("vector", **named(ARCHIVE["contents"]))
def test_content_of_an_archive_segment_is_read(vector):
    assert archive.read_content(vector["content"]) == vector["content"]["messages"]


@pytest.mark.parametrize("vector", **named(ARCHIVE["refused_contents"]))
def test_other_content_of_an_archive_segment_is_refused(vector):
    with pytest.raises(Refused, match=vector["reason"]):
        archive.read_content(vector["content"])


@pytest.mark.parametrize("vector", **named(ARCHIVE["merges"]))
def test_messages_of_an_archive_are_merged_by_name(vector):
    assert len(archive.merge(vector["segments"])) == vector["count"]


@pytest.mark.parametrize("vector", **named(ARCHIVE["clearings"]))
def test_cleared_messages_leave_a_segment(vector):
    left = archive.without(vector["segment"], vector["cleared"])
    assert [message["id"] for message in left] == vector["left"]


def test_protocol_code_and_vectors_name_the_same_reasons():
    protocol = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    messages, others = (protocol.split(f"\n## {number}. ")[1].split("\n## ")[0] for number in (8, 18))
    words = [set(re.findall(r"^\| `([a-z0-9_]+)` \|", table, re.MULTILINE)) for table in (messages, others)]
    source = (ROOT / "static" / "js" / "crypto" / "crypto-errors.js").read_text(encoding="utf-8")
    union = source.split("} VaultErrorReason")[0].rsplit("@typedef {", 1)[1]
    assert words[1] == set(re.findall(r'"([a-z_]+)"', union))
    assert words[1] - words[0] >= REASONS - words[0], "each reason of a vector is explained"
