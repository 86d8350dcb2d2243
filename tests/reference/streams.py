"""Streams in plain Python, and their vectors: docs/protocol.md §14.7."""

import hashlib
import json
import zlib
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.reference import ed25519
from tests.reference.people import ALICE, BOB, fixed
from tests.reference.refused import Refused, matches, require
from tests.reference.suite1 import hkdf_sha256, lp
from tests.reference.vault import b64, uint32
from tests.reference.ways import ACCOUNT_ID, VAULT_KEY

STEPS = {"archive": (65536, 4), "states": (1024, 256)}
LIMIT = 2**20
MONTH = r"[0-9]{4}-(0[1-9]|1[0-2])"


@dataclass(frozen=True)
class Place:
    email: str
    account_id: str
    browser: str
    kind: str
    number: int = 1

    @property
    def parts(self) -> list[bytes]:
        return [part.encode() for part in (self.email, self.account_id, self.browser, self.kind)]


def segment_key(vault_key: bytes, generation: int, month: str, place: Place) -> bytes:
    kind = f"{place.kind} {month}".encode()
    account = (place.email.encode(), place.account_id.encode())
    return hkdf_sha256(vault_key, lp(b"VibeChat vault", kind, *account, uint32(generation)))


def additional_data(place: Place, head: bytes) -> bytes:
    return lp(b"VibeChat segment", *place.parts, uint32(place.number), head)


def pad(data: bytes, kind: str) -> bytes:
    framed = uint32(len(data)) + data
    return framed + bytes(-len(framed) % STEPS[kind][0])


def stored(data: bytes) -> bytes:
    """DEFLATE without compression (RFC 1951 §3.2.4): the same bytes from every library."""
    return b"\x01" + len(data).to_bytes(2, "little") + (len(data) ^ 0xFFFF).to_bytes(2, "little") + data


def seal_padded(vault_key: bytes, key_of: tuple[int, str], place: Place, nonce: bytes, padded: bytes) -> bytes:
    head = b"\x01" + uint32(key_of[0]) + key_of[1].encode()
    cipher = AESGCM(segment_key(vault_key, *key_of, place))
    return head + nonce + cipher.encrypt(nonce, padded, additional_data(place, head))


def open_segment(vault_keys: dict[int, bytes], place: Place, blob: bytes) -> object:
    """The content. Raises Refused."""
    step, most = STEPS[place.kind]
    length = len(blob) - 40
    require(step <= length <= step * most and length % step == 0 and blob[0] == 1, "stream")
    generation, month = int.from_bytes(blob[1:5], "big"), blob[5:12].decode("latin-1")
    require(matches(MONTH, month) and generation in vault_keys, "stream")
    cipher = AESGCM(segment_key(vault_keys[generation], generation, month, place))
    try:
        padded = cipher.decrypt(blob[12:24], blob[24:], additional_data(place, blob[:12]))
    except InvalidTag:
        raise Refused("decryption") from None
    size = int.from_bytes(padded[:4], "big")
    require(pad(padded[4 : 4 + size], place.kind) == padded, "padding")
    return read(padded[4 : 4 + size], place.kind)


def read(data: bytes, kind: str) -> object:
    try:
        if kind == "archive":
            unpacker = zlib.decompressobj(-15)
            data = unpacker.decompress(data, LIMIT + 1)
            require(len(data) <= LIMIT, "stream")
            require(unpacker.eof and not unpacker.unused_data, "json")
        return json.loads(data.decode())
    except (zlib.error, ValueError):
        raise Refused("json") from None


def segment_hash(place: Place, blob: bytes) -> bytes:
    return hashlib.sha256(lp(b"VibeChat segment", *place.parts, uint32(place.number), blob)).digest()


def head_of(hashes: list[bytes]) -> bytes:
    head = bytes(32)
    for each in hashes:
        head = hashlib.sha256(lp(b"VibeChat stream head", head, each)).digest()
    return head


def signed_bytes(place: Place, revision: int, hashes: list[bytes]) -> bytes:
    return lp(b"VibeChat stream", *place.parts, uint32(len(hashes)), uint32(revision), head_of(hashes))


def verify(key: bytes, place: Place, revision: int, hashes: list[bytes], signature: bytes) -> None:
    signed = signed_bytes(place, revision, hashes)
    require(ed25519.is_key(key) and ed25519.verify(key, signed, signature), "stream")


# The vectors

STATES = Place(ALICE.email, ACCOUNT_ID, fixed("browser of alice", 16).hex(), "states")
ARCHIVE = replace(STATES, kind="archive", number=3)
KEY_OF = (1, "2026-11")
NONCE = fixed("nonce of a segment", 12)
CONTENT = {"v": 1, "read": {BOB.email: 12}}
WRITER = fixed("signature key of alice's browser")


def spell(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


BLOB = seal_padded(VAULT_KEY, KEY_OF, STATES, NONCE, pad(spell(CONTENT), "states"))
HASHES = [fixed(f"segment {number}") for number in range(3)]


def place_entry(place: Place) -> dict:
    names = ("email", "account_id", "browser", "kind", "number")
    return {name: getattr(place, name) for name in names}


def valid(name: str, place: Place, content: object) -> dict:
    text = spell(content)
    blob = seal_padded(
        VAULT_KEY, KEY_OF, place, NONCE, pad(stored(text) if place.kind == "archive" else text, place.kind)
    )
    return {
        "name": name,
        **place_entry(place),
        "vault_keys": {"1": VAULT_KEY.hex()},
        "content": content,
        "key": segment_key(VAULT_KEY, *KEY_OF, place).hex(),
        "blob": b64(blob),
        "hash": segment_hash(place, blob).hex(),
    }


def by_hand(padded: bytes, key_of: tuple[int, str] = KEY_OF) -> dict:
    return {"blob": b64(seal_padded(VAULT_KEY, key_of, STATES, NONCE, padded))}


def flipped(index: int) -> dict:
    changed = bytearray(BLOB)
    changed[index] ^= 1
    return {"blob": b64(bytes(changed))}


def refused_segments() -> list[dict]:
    """Each changes members of the vector `states`."""
    good = pad(spell(CONTENT), "states")
    cases = [
        ("empty", "stream", {"blob": ""}),
        ("cut-off", "stream", {"blob": b64(BLOB[:-1])}),
        ("of-another-form", "stream", flipped(0)),
        ("of-an-unknown-generation", "stream", flipped(4)),
        ("month-13", "stream", by_hand(good, (1, "2026-13"))),
        ("month-out-of-form", "stream", by_hand(good, (1, "2026/11"))),
        ("served-as-archive", "stream", {"kind": "archive"}),
        ("another-month", "decryption", flipped(11)),
        ("another-nonce", "decryption", flipped(12)),
        ("changed", "decryption", flipped(40)),
        ("another-vault-key", "decryption", {"vault_keys": {"1": fixed("another vault key").hex()}}),
        ("in-another-place-of-the-stream", "decryption", {"number": 2}),
        ("in-another-browsers-stream", "decryption", {"browser": fixed("another browser", 16).hex()}),
        ("another-person", "decryption", {"email": BOB.email}),
        ("another-account-of-the-same-email", "decryption", {"account_id": "8"}),
        ("padding-not-zero", "padding", by_hand(good[:-1] + b"\x01")),
        ("padded-too-far", "padding", by_hand(good + bytes(1024))),
        ("length-beyond-the-end", "padding", by_hand(b"\xff" * 1024)),
        ("no-json", "json", by_hand(pad(b"{", "states"))),
        ("not-utf-8", "json", by_hand(pad(b'"\xff"', "states"))),
    ]
    return [{"name": name, "reason": reason, "changes": changes} for name, reason, changes in cases]


def state(**changes: object) -> dict:
    place = place_entry(STATES)
    del place["number"]
    given = {
        **place,
        "revision": 5,
        "hashes": [each.hex() for each in HASHES],
        "head": head_of(HASHES).hex(),
        "signature_key": ed25519.public_key(WRITER).hex(),
        "signature": ed25519.sign(WRITER, signed_bytes(STATES, 5, HASHES)).hex(),
    }
    return given | changes


def refused_states() -> list[dict]:
    hashes = [each.hex() for each in HASHES]
    cases = {
        "cut-off": {"hashes": hashes[:2]},
        "a-segment-dropped": {"hashes": hashes[1:]},
        "a-segment-twice": {"hashes": [*hashes, hashes[-1]]},
        "another-order": {"hashes": hashes[::-1]},
        "another-segment": {"hashes": [hashes[0], fixed("another segment").hex(), hashes[2]]},
        "another-revision": {"revision": 6},
        "another-browsers": {"browser": fixed("another browser", 16).hex()},
        "another-kind": {"kind": "archive"},
        "another-person": {"email": BOB.email},
        "another-account": {"account_id": "8"},
        "another-signature-key": {"signature_key": ed25519.public_key(fixed("another browser's key")).hex()},
        "the-head-alone": {"signature": ed25519.sign(WRITER, head_of(HASHES)).hex()},
    }
    return [{"name": name, "reason": "stream", **state(**change)} for name, change in cases.items()]


def streams_file() -> dict:
    return {
        "comment": "blob is base64. Refused segments are the vector states with the members of changes. The archive's "
        "DEFLATE is stored without compression; readers take any.",
        "segments": [
            valid("states", STATES, CONTENT),
            valid("states-of-two-steps", replace(STATES, number=2), {"v": 1, "text": "x" * 1021}),
            valid("archive", ARCHIVE, {"v": 1, "messages": ["é\u2028"]}),
        ],
        "refused_segments": refused_segments(),
        "states": [{"name": "three-segments", **state()}],
        "refused_states": refused_states(),
        "no_segments_head": head_of([]).hex(),
    }
