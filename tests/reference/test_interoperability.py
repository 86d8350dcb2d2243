"""The browser's code and the Python reference open each other's messages, with random keys and values."""

import base64
import json
import random
import subprocess
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.reference import browser_list, recovery_code, vault, ways
from tests.reference.content import canonical_json
from tests.reference.people import ALICE, ED25519_PKCS8, identity_seed
from tests.reference.suite1 import Fresh, Header, Person, open_message, seal
from tests.support.environment import ROOT
from tools.provision import Unavailable
from tools.provision.node import find_node

pytestmark = pytest.mark.once

SURROGATES = range(0xD800, 0xE000)
ALL_CHARACTERS = "".join(chr(code) for code in range(0x110000) if code not in SURROGATES)
CHUNK = 4000


def in_browser_code(requests: list[dict]) -> list:
    """Run the requests in the browser's code under Node and return the results."""
    try:
        node = find_node().program
    except Unavailable as error:
        pytest.skip(f"NOT RUN: {error}")
    script = ROOT / "tests" / "reference" / "browser.mjs"
    done = subprocess.run([node, script], input=json.dumps(requests), capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def new_person(email: str) -> Person:
    return Person(email, ec.generate_private_key(ec.SECP256R1()))


def as_json(somebody: Person) -> dict:
    return {
        "email": somebody.email,
        "pkcs8": somebody.pkcs8.hex(),
        "public_key": somebody.public_key.hex(),
        "fingerprint": somebody.fingerprint.hex(),
    }


def any_draft(chance: random.Random) -> dict:
    counter = chance.choice([1, 2, 2**53 - 1])
    received = [
        {
            "browser": chance.randbytes(16).hex(),
            "counter": chance.randint(1, 2**53 - 1),
            "hash": chance.randbytes(32).hex(),
        }
        for _ in range(chance.randint(0, 8))
    ]
    return any_second_version(chance) | {
        "type": chance.choice(["text", "text", "poll"]),
        "browser": chance.randbytes(16).hex(),
        "counter": counter,
        "previous": None if counter == 1 else chance.randbytes(32).hex(),
        "received": received,
        "sent_at": chance.randint(0, 8_640_000_000_000_000),
        "body": "".join(chance.choices(ALL_CHARACTERS, k=chance.randint(0, 4000))),
    }


def any_second_version(chance: random.Random) -> dict:
    """The members that version 2 adds, or nothing."""
    name = chance.randbytes(32).hex()
    reply, replaces = chance.choice([(None, None), (name, None), (None, name)])
    added = {
        "v": 2, "salt": chance.randbytes(16).hex(), "reply": reply, "replaces": replaces,
        "expires": chance.choice([None, chance.randint(1, 31_536_000)]),
        "else": "".join(chance.choices(ALL_CHARACTERS, k=chance.randint(0, 200))),
    }  # fmt: skip
    return chance.choice([{}, added])


@pytest.fixture
def alice():
    return new_person("alice@example.org")


@pytest.fixture
def bob():
    return new_person("bob@example.org")


@pytest.fixture
def drafts():
    chance = random.Random(20261123)
    return [any_draft(chance) for _ in range(20)]


def test_reference_opens_messages_that_the_browser_seals(alice, bob, drafts):
    requests = [
        {"action": "seal", "own": as_json(alice), "peer": as_json(bob), "clientId": str(uuid.uuid4()), "content": draft}
        for draft in drafts
    ]
    for draft, sealed in zip(drafts, in_browser_code(requests), strict=True):
        message = {**sealed["envelope"], "sender_email": alice.email}
        for reader, peer in ((alice, bob), (bob, alice)):
            opened = open_message(reader, peer.email, peer.public_key, message)
            assert opened.content.items() >= draft.items()
            assert opened.hash.hex() == sealed["hash"]
            assert opened.mine is (reader is alice)


def test_browser_opens_messages_that_the_reference_seals(alice, bob, drafts):
    chance = random.Random(20261124)
    messages = [
        seal(
            alice,
            bob.public_key,
            Header(alice.email, bob.email, alice.fingerprint, bob.fingerprint, str(uuid.uuid4())),
            draft,
            Fresh(chance.randbytes(chance.randint(16, 32)), chance.randbytes(12)),
        )
        for draft in drafts
    ]
    for reader, peer in ((alice, bob), (bob, alice)):
        people = {"own": as_json(reader), "peer": as_json(peer)}
        requests = [{"action": "open", **people, "message": sealed.message} for sealed in messages]
        for sealed, opened in zip(messages, in_browser_code(requests), strict=True):
            assert opened == {
                "mine": reader is alice,
                "content": sealed.content,
                "hash": sealed.message_hash.hex(),
                "supported": sealed.content["type"] == "text",
            }


def test_both_encode_every_unicode_character_alike(drafts):
    people = {"v": 1, "from": "alice@example.org", "to": "bob@example.org", "self_tag": "0" * 64}
    contents = [
        {**drafts[0], **people, "body": ALL_CHARACTERS[start : start + CHUNK]}
        for start in range(0, len(ALL_CHARACTERS), CHUNK)
    ]
    spellings = in_browser_code([{"action": "spell", "content": content} for content in contents])
    assert [bytes.fromhex(spelling) for spelling in spellings] == [canonical_json(content) for content in contents]


def test_reference_opens_boxes_and_vaults_that_the_browser_seals():
    chance = random.Random(20261129)
    seeds, keys = [chance.randbytes(32) for _ in range(9)], [chance.randbytes(32) for _ in range(9)]
    places = [
        vault.Place(
            ALICE.email, "12", number + 1, 10 * number + 1, f"{number:032x}", chance.randbytes(32), ways.served("a")
        )
        for number in range(9)
    ]
    contents = [{"v": 1, "text": ALL_CHARACTERS[: 1000 * number]} for number in range(9)]
    account = [{"email": ALICE.email, "accountId": "12", "generation": place.generation} for place in places]
    boxes = in_browser_code(
        [
            {"action": "sealBox", "seed": seed.hex(), "vaultKey": key.hex(), **given}
            for seed, key, given in zip(seeds, keys, account, strict=True)
        ]
    )
    opened = [
        ways.open_box(seed, bytes.fromhex(box), ALICE.email, "12", place.generation)
        for seed, box, place in zip(seeds, boxes, places, strict=True)
    ]
    assert opened == keys
    sealed = in_browser_code(
        [
            {
                "action": "sealContent", "vaultKey": key.hex(), "content": content, **given, "version": place.version,
                "browser": place.browser, "previous": place.previous.hex(), "ways": place.ways,
            }
            for key, content, given, place in zip(keys, contents, account, places, strict=True)
        ]
    )  # fmt: skip
    for key, place, content, made in zip(keys, places, contents, sealed, strict=True):
        blob = base64.b64decode(made["blob"])
        assert vault.open_vault(key, place, blob) == content
        assert vault.vault_hash(place, blob).hex() == made["hash"]


def test_reference_reads_codes_and_lists_that_the_browser_makes():
    codes = in_browser_code([{"action": "makeCode"}] * 20)
    assert all(recovery_code.read(code)["ok"] for code in codes)
    listed = [browser_list.browser(number, 1, 2) for number in range(1, 8)]
    browsers = [
        {
            "id": each.id.hex(),
            "signatureKey": each.signature_key.hex(),
            "addedAt": each.added_at,
            "contentVersions": list(each.content_versions),
        }
        for each in listed
    ]
    pkcs8 = (ED25519_PKCS8 + identity_seed(ALICE)).hex()
    request = {"action": "signList", "pkcs8": pkcs8, "email": ALICE.email, "version": 5, "browsers": browsers[::-1]}
    [signed] = in_browser_code([request])
    assert browser_list.read(browser_list.KEY, ALICE.email, bytes.fromhex(signed)) == (5, listed)
