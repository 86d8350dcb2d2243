"""What a key is signed with

Each browser signs its key, with its suites and a number that only rises. Alice has written to Bob, whose key is signed.
"""

import base64

import pytest
from playwright.sync_api import expect

from tests.attacks.acquaintance import STALE, meet, name_key, strip
from tests.attacks.impostor import Impostor
from tests.attacks.row import attack
from tests.attacks.words import KEYS_CHANGED, of
from tests.reference import ed25519

NOT_SENT = "“Not sent” and “The key on the server is not theirs.”"


@pytest.fixture(scope="module")
def alice(town):
    return town.visitor("alice").register()


@pytest.fixture
def bob(mallory) -> Impostor:
    return mallory.office.make_account("Bob")


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def signed(person: Impostor, version: int, suites: tuple[int, ...]) -> dict:
    return person.key_object(identity_signature=encoded(person.statement(person.public_key, version, suites)))


def is_held(row, alice, bob, mallory, key: dict) -> None:
    """The server names that key and refuses the old one, so Alice has to decide before her message is sent."""
    mallory.sent.clear()
    name_key(mallory, alice, bob.email, key)
    mallory.refuse_sending(alice, STALE)
    alice.type_and_send("Is it still you?")
    row.is_shown(strip(alice))
    expect(alice.message("Is it still you?")).to_contain_text("Sending")
    assert len({envelope["client_id"] for envelope in mallory.texts(alice)}) == 1


def is_not_sent(row, alice, bob, mallory, key: dict) -> None:
    """The server names that key at the first contact, and nothing is sealed for it."""
    mallory.sent.clear()
    name_key(mallory, alice, bob.email, key)
    alice.add(bob)
    alice.type_and_send("Is that your key?")
    row.is_shown(alice.message("Is that your key?"))
    assert mallory.keys_used(alice, bob) == set()


def one_bit_changed(signed_statement: bytes) -> bytes:
    return signed_statement[:-64] + bytes([signed_statement[-64] ^ 1]) + signed_statement[-63:]


@attack(
    "Unsigned after signed",
    done="Bob's key is named as before, without its signature",
    sees=f"Alice: {of('Bob', KEYS_CHANGED)}; nothing is sealed anew",
    when="when her browser asks for the key",
)
def test_unsigned(row, alice, bob, mallory):
    meet(alice, bob)
    is_held(row, alice, bob, mallory, bob.key_object(identity_key=None, identity_signature=None))


@attack(
    "An older signature",
    done="Bob's browser has signed a second time; the server gives out the first signature again",
    sees=f"Alice: {of('Bob', KEYS_CHANGED)}; nothing is sealed anew",
    when="when her browser asks for the key",
)
def test_lower_version(row, alice, bob, mallory):
    name_key(mallory, alice, bob.email, signed(bob, 2, (1,)))
    meet(alice, bob)
    is_held(row, alice, bob, mallory, signed(bob, 1, (1,)))


@attack(
    "Fewer suites than before",
    done="Bob's key was signed for suites 1 and 2; now it is signed for suite 1 alone, with a higher number",
    sees=f"Alice: {of('Bob', KEYS_CHANGED)}; nothing is sealed anew",
    when="when her browser asks for the key",
)
def test_fewer_suites(row, alice, bob, mallory):
    name_key(mallory, alice, bob.email, signed(bob, 1, (1, 2)))
    meet(alice, bob)
    is_held(row, alice, bob, mallory, signed(bob, 2, (1,)))


@attack(
    "Another signer of the same key",
    done="Bob's own key comes signed by Mallory",
    sees=f"Alice: {of('Bob', KEYS_CHANGED)}; nothing is sealed anew",
    when="when her browser asks for the key",
)
def test_other_identity(row, alice, bob, mallory):
    meet(alice, bob)
    mask = Impostor(bob.email, private_key=bob.private_key)
    is_held(row, alice, bob, mallory, mask.key_object())


@attack(
    "A forged signature",
    done="At the first contact a key of Mallory's comes with Bob's signing key and a signature that is not his: one of "
    "another key, one for another address, one bit changed",
    sees=f"Alice: {NOT_SENT}; nothing leaves her browser",
)
@pytest.mark.parametrize("forge", ["of another key", "for another address", "one bit"])
def test_forged_signature(row, alice, bob, mallory, forge):
    mask = Impostor(bob.email, identity=bob.identity)
    other = Impostor("other@example.org", identity=bob.identity)
    forged = {
        "of another key": mask.statement(bob.public_key),
        "for another address": other.statement(mask.public_key),
        "one bit": one_bit_changed(mask.statement(mask.public_key)),
    }[forge]
    is_not_sent(row, alice, bob, mallory, mask.key_object(identity_signature=encoded(forged)))


@attack(
    "A signing key that fits everything",
    done="At the first contact a key of Mallory's is signed by a point of small order, under which one signature fits "
    "every text",
    sees=f"Alice: {NOT_SENT}; nothing leaves her browser",
)
def test_small_order(row, alice, bob, mallory):
    mask = Impostor(bob.email)
    neutral = ed25519.encode(ed25519.NEUTRAL)
    universal = ed25519.encode(ed25519.BASE) + (1).to_bytes(32, "little")
    forged = mask.statement(mask.public_key)[:-64] + universal
    key = mask.key_object(identity_key=encoded(neutral), identity_signature=encoded(forged))
    is_not_sent(row, alice, bob, mallory, key)


@attack(
    "A contact's signing key under another name",
    done="Alice writes with Carol; Bob's key comes signed with Carol's signing key, which Carol lends to Mallory",
    sees=f"Alice: {NOT_SENT}; nothing leaves her browser",
)
def test_borrowed_identity(row, alice, bob, mallory):
    carol = meet(alice, mallory.office.make_account("Carol"))
    mask = Impostor(bob.email, identity=carol.identity)
    is_not_sent(row, alice, bob, mallory, mask.key_object())


def cut_short(text: str) -> str:
    return encoded(base64.b64decode(text)[:-1])


@attack(
    "A signature that is none, later",
    done="Bob's key is named as before, but its signing key is cut short, no point or missing, or its signature is cut "
    "short, empty or missing; and what Alice seals is refused",
    sees=f"Alice: {NOT_SENT}, and nothing is sealed anew; what Bob writes stands there, “You can still read me”",
    when="when her browser asks for the key",
)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: {"identity_key": cut_short(key["identity_key"])},
        lambda _: {"identity_key": encoded(b"\xff" * 32)},
        lambda _: {"identity_key": None},
        lambda key: {"identity_signature": cut_short(key["identity_signature"])},
        lambda _: {"identity_signature": ""},
        lambda _: {"identity_signature": None},
    ],
    ids=["key short", "key no point", "key missing", "signature short", "signature empty", "signature missing"],
)
def test_malformed_signature(row, alice, bob, mallory, spoil):
    meet(alice, bob)
    mallory.sent.clear()
    name_key(mallory, alice, bob.email, bob.key_object() | spoil(bob.key_object()))
    mallory.refuse_sending(alice, STALE)
    alice.type_and_send("Who has signed that?")
    row.is_shown(alice.message("Who has signed that?"), 0, 1)
    expect(strip(alice)).to_be_hidden()
    assert len({envelope["ciphertext"] for envelope in mallory.texts(alice)}) == 1
    own = mallory.office.public_key(alice)
    mallory.office.send(bob, bob.seal(alice.email, own, "You can still read me").message)
    row.is_shown(alice.log(), 2)
