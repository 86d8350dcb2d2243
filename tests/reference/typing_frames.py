"""The sealed frame of somebody who is writing, and its vectors: docs/protocol.md §5.11."""

import base64
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.reference.people import ALICE, BOB, MALLORY, NAMES
from tests.reference.refused import Refused, require
from tests.reference.suite1 import Fresh, Person, decrypt, ecdh, encrypt, fingerprint, lp

LABEL = b"VibeChat suite 1 typing"
SENT_AT = 1_893_456_000_123
LATEST = 8_640_000_000_000_000
FRESH = Fresh(salt=bytes(range(32)), nonce=bytes(range(100, 112)))


@dataclass(frozen=True)
class Way:
    """From one person, whose private key is at hand, to another."""

    sender: Person
    recipient_email: str
    recipient_key: bytes
    sender_email: str = ""

    @property
    def info(self) -> bytes:
        return LABEL + self.sender.fingerprint + fingerprint(self.recipient_key)

    @property
    def aad(self) -> bytes:
        return lp(LABEL, (self.sender_email or self.sender.email).encode(), self.recipient_email.encode())


def way_of(sender: Person, recipient: Person) -> Way:
    return Way(sender, recipient.email, recipient.public_key)


def typing_key(way: Way, salt: bytes) -> bytes:
    secret = ecdh(way.sender.private_key, way.recipient_key)
    return HKDF(hashes.SHA256(), 32, salt=salt, info=way.info).derive(secret)


def seal(way: Way, plaintext: bytes, fresh: Fresh = FRESH) -> bytes:
    sealed = encrypt(typing_key(way, fresh.salt), fresh.nonce, way.aad, plaintext)
    return b"\x01" + fresh.salt + fresh.nonce + sealed


def plaintext_of(sent_at: int, state: int) -> bytes:
    return sent_at.to_bytes(8, "big") + bytes([state])


def open_frame(reader: Person, peer_email: str, peer_public_key: bytes, payload: str) -> tuple[int, bool]:
    """When it was sent, and whether the peer is writing. Raises Refused."""
    try:
        frame = base64.b64decode(payload, validate=True)
    except ValueError:
        raise Refused("typing") from None
    require(base64.b64encode(frame).decode() == payload and len(frame) == 70 and frame[0] == 1, "typing")
    salt, nonce, sealed = frame[1:33], frame[33:45], frame[45:]
    info = LABEL + fingerprint(peer_public_key) + reader.fingerprint
    key = HKDF(hashes.SHA256(), 32, salt=salt, info=info).derive(ecdh(reader.private_key, peer_public_key))
    opened = decrypt(key, nonce, lp(LABEL, peer_email.encode(), reader.email.encode()), sealed)
    sent_at, state = int.from_bytes(opened[:8], "big"), opened[8]
    require(sent_at <= LATEST and state <= 1, "typing")
    return sent_at, state == 1


def entry(name: str, frame: bytes | str, reader: Person = BOB, peer: Person = ALICE) -> dict:
    payload = frame if isinstance(frame, str) else base64.b64encode(frame).decode()
    given = {"name": name, "reader": NAMES[reader.email], "peer": NAMES[peer.email], "payload": payload}
    try:
        sent_at, is_typing = open_frame(reader, peer.email, peer.public_key, payload)
    except Refused as refused:
        return given | {"reason": refused.reason}
    return given | {"sent_at": sent_at, "typing": is_typing}


def sealed_entry(name: str, sender: Person, recipient: Person, sent_at: int, state: int) -> dict:
    way = way_of(sender, recipient)
    frame = seal(way, plaintext_of(sent_at, state))
    steps = {
        "salt": FRESH.salt.hex(),
        "nonce": FRESH.nonce.hex(),
        "info": way.info.hex(),
        "aad": way.aad.hex(),
        "key": typing_key(way, FRESH.salt).hex(),
        "plaintext": plaintext_of(sent_at, state).hex(),
    }
    return entry(name, frame, recipient, sender) | steps


def typing_file() -> dict:
    way = way_of(ALICE, BOB)
    writing = plaintext_of(SENT_AT, 1)
    good = seal(way, writing)
    payload = base64.b64encode(good).decode()
    changed = [good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :] for place in (1, 33, 45, 69)]
    return {
        "comment": "Read by the named person as from the named peer, whose accepted key is the one of people.json.",
        "frames": [
            sealed_entry("writing", ALICE, BOB, SENT_AT, 1),
            sealed_entry("stopped", ALICE, BOB, SENT_AT + 1, 0),
            sealed_entry("other-direction", BOB, ALICE, SENT_AT, 1),
            sealed_entry("first-time", ALICE, BOB, 0, 1),
            sealed_entry("last-time", ALICE, BOB, LATEST, 1),
        ],
        "refused": [
            entry("reflected", good, ALICE, BOB),
            entry("for-another", good, MALLORY, ALICE),
            entry("from-another", good, BOB, MALLORY),
            entry("sealed-for-another", seal(way_of(ALICE, MALLORY), writing)),
            entry("another-senders-email", seal(replace(way, sender_email=MALLORY.email), writing)),
            entry("another-recipients-email", seal(replace(way, recipient_email=MALLORY.email), writing)),
            *(entry(f"changed-{number}", frame) for number, frame in enumerate(changed)),
            entry("another-form", b"\x02" + good[1:]),
            entry("too-short", good[:-1]),
            entry("too-long", good + b"\0"),
            entry("empty", ""),
            entry("no-base64", "!" * 96),
            entry("not-canonical", payload[:-1]),
            entry("state-2", seal(way, plaintext_of(SENT_AT, 2))),
            entry("after-the-last-time", seal(way, plaintext_of(LATEST + 1, 1))),
        ],
    }
