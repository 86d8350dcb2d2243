"""The vault in plain Python, and its vectors: docs/protocol.md §14."""

import base64
import hashlib
import json
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.reference import ed25519
from tests.reference.people import ALICE, BOB, fixed
from tests.reference.refused import Refused, require
from tests.reference.suite1 import hkdf_sha256, lp
from tests.reference.ways import ACCOUNT_ID, VAULT_KEY, served, ways_hash

STEP, LIMIT = 4096, 2**20


def uint32(number: int) -> bytes:
    return number.to_bytes(4, "big")


@dataclass(frozen=True)
class Place:
    """One version of a vault, but its blob. `ways` as in the vectors."""

    email: str
    account_id: str
    generation: int
    version: int
    browser: str
    previous: bytes
    ways: list[dict]

    @property
    def account(self) -> tuple[bytes, bytes]:
        return self.email.encode(), self.account_id.encode()


def kind_info(place: Place, kind: str) -> bytes:
    return lp(b"VibeChat vault", kind.encode(), *place.account, uint32(place.generation))


def kind_key(vault_key: bytes, place: Place, kind: str) -> bytes:
    return hkdf_sha256(vault_key, kind_info(place, kind))


def content_key(vault_key: bytes, place: Place) -> tuple[bytes, bytes]:
    """Content key and commitment."""
    both = hkdf_sha256(vault_key, kind_info(place, "vault"), 64)
    return both[:32], both[32:]


def additional_data(place: Place) -> bytes:
    numbers = (uint32(place.generation), uint32(place.version))
    named = (place.browser.encode(), place.previous, ways_hash(place.ways))
    return lp(b"VibeChat vault", b"vault", *place.account, *numbers, *named)


def pad(data: bytes) -> bytes:
    framed = uint32(len(data)) + data
    return framed + bytes(-len(framed) % STEP)


def seal_padded(vault_key: bytes, place: Place, nonce: bytes, padded: bytes) -> bytes:
    key, commitment = content_key(vault_key, place)
    head = b"\x01" + uint32(place.generation) + uint32(place.version) + commitment + nonce
    return head + AESGCM(key).encrypt(nonce, padded, additional_data(place))


def seal(vault_key: bytes, place: Place, nonce: bytes, content: object) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return seal_padded(vault_key, place, nonce, pad(text.encode()))


def open_vault(vault_key: bytes, place: Place, blob: bytes) -> dict:
    """The content. Raises Refused."""
    steps = len(blob) - 53 - 16
    require(steps >= STEP and steps % STEP == 0 and len(blob) <= LIMIT and blob[0] == 1, "vault")
    require(blob[1:9] == uint32(place.generation) + uint32(place.version) and place.generation > 0, "vault")
    require(place.version > 0, "vault")
    key, commitment = content_key(vault_key, place)
    require(blob[9:41] == commitment, "vault_key")
    try:
        padded = AESGCM(key).decrypt(blob[41:53], blob[53:], additional_data(place))
    except InvalidTag:
        raise Refused("decryption") from None
    length = int.from_bytes(padded[:4], "big")
    require(pad(padded[4 : 4 + length]) == padded, "padding")
    try:
        content = json.loads(padded[4 : 4 + length].decode())
    except ValueError:
        raise Refused("json") from None
    require(isinstance(content, dict), "json")
    require(content.get("v") == 1 and not isinstance(content["v"], bool), "unknown_version")
    return content


def vault_hash(place: Place, blob: bytes) -> bytes:
    named = (ways_hash(place.ways), place.browser.encode(), place.previous)
    return hashlib.sha256(lp(b"VibeChat vault hash", *place.account, blob, *named)).digest()


def write_bytes(place: Place, digest: bytes) -> bytes:
    return lp(b"VibeChat vault write", *place.account, uint32(place.version), digest)


def verify_write(key: bytes, place: Place, digest: bytes, signature: bytes) -> None:
    require(ed25519.is_key(key) and ed25519.verify(key, write_bytes(place, digest), signature), "vault_signature")


def check_generation(content: dict, generation: int, pinned_generation: int, pinned_key: bytes) -> None:
    require(generation >= pinned_generation, "generation")
    former = content.get("former")
    named = {entry["generation"]: entry["key"] for entry in former} if isinstance(former, list) else {}
    known = generation == pinned_generation or named.get(pinned_generation) == b64(pinned_key)
    require(known, "generation")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# The vectors

NONCE = fixed("nonce of a vault", 12)
WRITER = fixed("signature key of alice's browser")
FIRST = Place(ALICE.email, ACCOUNT_ID, 1, 1, fixed("browser of alice", 16).hex(), bytes(32), served("one"))
CONTENT = {"v": 1, "people": {BOB.email: {"checked": None}}, "settings": {}, "later": "é\u2028"}
BLOB = seal(VAULT_KEY, FIRST, NONCE, CONTENT)
SECOND = replace(FIRST, version=2, previous=vault_hash(FIRST, BLOB), ways=served("one", "two"))
ROTATED = replace(SECOND, generation=2, version=3)
ROTATED_KEY = fixed("vault key of generation 2")


def place_entry(place: Place) -> dict:
    return {
        "email": place.email,
        "account_id": place.account_id,
        "generation": place.generation,
        "version": place.version,
        "browser": place.browser,
        "previous": place.previous.hex(),
        "ways": place.ways,
    }


def valid(name: str, vault_key: bytes, place: Place, content: dict) -> dict:
    blob = seal(vault_key, place, NONCE, content)
    key, commitment = content_key(vault_key, place)
    digest = vault_hash(place, blob)
    return {
        "name": name,
        **place_entry(place),
        "vault_key": vault_key.hex(),
        "content_key": key.hex(),
        "commitment": commitment.hex(),
        "nonce": NONCE.hex(),
        "additional_data": additional_data(place).hex(),
        "content": content,
        "blob": b64(blob),
        "hash": digest.hex(),
        "signature_key": ed25519.public_key(WRITER).hex(),
        "signature": ed25519.sign(WRITER, write_bytes(place, digest)).hex(),
    }


def valid_vaults() -> list[dict]:
    former = [{"generation": 1, "key": b64(VAULT_KEY)}]
    return [
        valid("first", VAULT_KEY, FIRST, CONTENT),
        valid("second", VAULT_KEY, SECOND, CONTENT),
        valid("second-generation", ROTATED_KEY, ROTATED, CONTENT | {"former": former}),
        valid("without-ways", VAULT_KEY, replace(FIRST, ways=[]), {"v": 1}),
        valid("two-steps", VAULT_KEY, FIRST, {"v": 1, "text": "x" * 4093}),
    ]


def flipped(index: int) -> str:
    changed = bytearray(BLOB)
    changed[index] ^= 1
    return b64(bytes(changed))


def refused_vaults() -> list[dict]:
    """Each changes members of the vector `first`."""
    other_box = [FIRST.ways[0] | {"box": fixed("another box").hex()}]
    by_hand = {
        "padded-too-far": seal_padded(VAULT_KEY, FIRST, NONCE, pad(b'{"v":1}') + bytes(STEP)),
        "padding-not-zero": seal_padded(VAULT_KEY, FIRST, NONCE, pad(b'{"v":1}')[:-1] + b"\x01"),
        "length-beyond-the-end": seal_padded(VAULT_KEY, FIRST, NONCE, b"\xff" * STEP),
        "not-utf-8": seal_padded(VAULT_KEY, FIRST, NONCE, pad(b'{"v":1,"a":"\xff"}')),
        "not-json": seal_padded(VAULT_KEY, FIRST, NONCE, pad(b'{"v":1')),
        "a-list": seal(VAULT_KEY, FIRST, NONCE, [1]),
        "null": seal(VAULT_KEY, FIRST, NONCE, None),
        "without-version": seal(VAULT_KEY, FIRST, NONCE, {}),
        "later-version": seal(VAULT_KEY, FIRST, NONCE, {"v": 2}),
    }
    reasons = dict.fromkeys(("padded-too-far", "padding-not-zero", "length-beyond-the-end"), "padding")
    reasons |= dict.fromkeys(("not-utf-8", "not-json", "a-list", "null"), "json")
    reasons |= dict.fromkeys(("without-version", "later-version"), "unknown_version")
    cases = [
        ("empty", "vault", {"blob": ""}),
        ("cut-off", "vault", {"blob": b64(BLOB[:-1])}),
        ("without-its-last-step", "vault", {"blob": b64(BLOB[:-STEP])}),
        ("of-another-form", "vault", {"blob": flipped(0)}),
        ("another-generation-in-the-blob", "vault", {"blob": flipped(4)}),
        ("another-version-in-the-blob", "vault", {"blob": flipped(8)}),
        ("served-as-another-version", "vault", {"version": 2}),
        ("served-as-another-generation", "vault", {"generation": 2}),
        ("another-commitment", "vault_key", {"blob": flipped(9)}),
        ("another-vault-key", "vault_key", {"vault_key": ROTATED_KEY.hex()}),
        ("another-person", "vault_key", {"email": BOB.email}),
        ("another-account-of-the-same-email", "vault_key", {"account_id": "8"}),
        ("another-nonce", "decryption", {"blob": flipped(41)}),
        ("changed", "decryption", {"blob": flipped(60)}),
        ("another-writer", "decryption", {"browser": fixed("another browser", 16).hex()}),
        ("after-another-version", "decryption", {"previous": fixed("another version").hex()}),
        ("a-way-dropped", "decryption", {"ways": []}),
        ("a-way-added", "decryption", {"ways": served("one", "two")}),
        ("a-box-swapped", "decryption", {"ways": other_box}),
        ("another-kind-of-way", "decryption", {"ways": served("one", kind="passkey")}),
        ("a-way-twice", "ways", {"ways": served("one", "one")}),
    ]
    cases += [(name, reasons[name], {"blob": b64(blob)}) for name, blob in by_hand.items()]
    return [{"name": name, "reason": reason, "changes": changes} for name, reason, changes in cases]


def refused_signatures() -> list[dict]:
    digest, key = vault_hash(FIRST, BLOB), ed25519.public_key(WRITER)
    good = ed25519.sign(WRITER, write_bytes(FIRST, digest))
    parts = (*FIRST.account, uint32(1), digest)
    cases = {
        "of-another-person": {"email": BOB.email},
        "of-another-account": {"account_id": "8"},
        "of-another-version": {"version": 2},
        "of-another-hash": {"hash": bytes(32).hex()},
        "by-another-browser": {"signature_key": ed25519.public_key(fixed("another browser's key")).hex()},
        "without-label": {"signature": ed25519.sign(WRITER, lp(*parts)).hex()},
        "of-the-hash-alone": {"signature": ed25519.sign(WRITER, digest).hex()},
        "cut-off": {"signature": good[:-1].hex()},
        "key-of-small-order": {"signature_key": (b"\x01" + bytes(31)).hex()},
    }
    base = place_entry(FIRST) | {"hash": digest.hex(), "signature_key": key.hex(), "signature": good.hex()}
    members = ("email", "account_id", "version", "hash", "signature_key", "signature")
    given = {member: base[member] for member in members}
    return [{"name": name, "reason": "vault_signature", **given, **change} for name, change in cases.items()]


def successions() -> list[dict]:
    """What a browser makes of a content after the pinned generation 2. Without a reason it is accepted."""
    own, other = b64(ROTATED_KEY), b64(VAULT_KEY)
    cases = [
        ("same-generation", 2, {"v": 1}, None),
        (
            "next-generation",
            3,
            {"v": 1, "former": [{"generation": 1, "key": other}, {"generation": 2, "key": own}]},
            None,
        ),
        ("several-later", 5, {"v": 1, "former": [{"generation": 2, "key": own}]}, None),
        ("lower-generation", 1, {"v": 1, "former": [{"generation": 2, "key": own}]}, "generation"),
        ("no-former-keys", 3, {"v": 1}, "generation"),
        ("another-key", 3, {"v": 1, "former": [{"generation": 2, "key": other}]}, "generation"),
        ("own-key-under-another-generation", 3, {"v": 1, "former": [{"generation": 1, "key": own}]}, "generation"),
    ]
    pinned = {"pinned_generation": 2, "pinned_key": ROTATED_KEY.hex()}
    return [
        {"name": name, **pinned, "generation": generation, "content": content, "reason": reason}
        for name, generation, content, reason in cases
    ]


def vault_file() -> dict:
    kinds = [
        {"name": f"{kind} {place.generation}", "kind": kind, **place_entry(place), "vault_key": VAULT_KEY.hex(),
         "key": kind_key(VAULT_KEY, place, kind).hex()}
        for kind in ("archive 2026-11", "archive 2026-12", "states")
        for place in (FIRST, ROTATED)
    ]  # fmt: skip
    return {
        "comment": "blob is base64. Refused vaults are the vector first with the members of changes.",
        "vaults": valid_vaults(),
        "refused_vaults": refused_vaults(),
        "refused_signatures": refused_signatures(),
        "successions": successions(),
        "kinds": kinds,
    }
