"""The byte formats of which the server checks form, hash or signature: docs/protocol.md §14 and §16.

It cannot read the sealed bytes. `account` is an account's normalised email and its id in decimal, both ASCII.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from accounts.models import User
from keys.proof import lp

MOST_BROWSERS = 20
ENTRY_HEAD_BYTES = 16 + 32 + 4 + 1
MOST_CONTENT_VERSIONS = 8
SIGNATURE_BYTES = 64
LEAST_LIST_BYTES = 5 + ENTRY_HEAD_BYTES + 1 + SIGNATURE_BYTES
MOST_LIST_BYTES = 5 + MOST_BROWSERS * (ENTRY_HEAD_BYTES + MOST_CONTENT_VERSIONS) + SIGNATURE_BYTES
P = 2**255 - 19
Y_OF_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
Y_OF_SMALL_ORDER = (0, 1, P - 1, Y_OF_ORDER_8, P - Y_OF_ORDER_8)
HASH_BYTES = 32
FIRST = bytes(HASH_BYTES)  # the `previous` of a first version
BLOB_STEP = 4096
BLOB_FRAME_BYTES = 1 + 4 + 4 + 32 + 12 + 16  # numbers, commitment, nonce and tag around the padded content
LEAST_BLOB_BYTES = BLOB_FRAME_BYTES + BLOB_STEP
BOX_BYTES = 1 + 65 + 48


class Way(NamedTuple):
    """A way back as the vault's writer gives it: the id in hex, its kind, and the vault key sealed to it."""

    id: str
    kind: str
    box: bytes


def account_of(user: User) -> tuple[bytes, bytes]:
    return user.email.encode("ascii"), str(user.pk).encode("ascii")


def uint32(number: int) -> bytes:
    return number.to_bytes(4)


def is_ed25519_key(key: bytes) -> bool:
    """32 bytes whose y is below p and not that of a point of small order: docs/protocol.md §3.4."""
    y = int.from_bytes(key, "little") % 2**255
    return len(key) == 32 and y < P and y not in Y_OF_SMALL_ORDER


def verifies(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `key` has made this Ed25519 signature (RFC 8032) of `message`; as strict as the browsers' check."""
    if not is_ed25519_key(key) or not is_ed25519_key(signature[:32]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- the vault -------------------------------------------------------------------------------------------------------


def ways_hash(ways: Iterable[Way]) -> bytes:
    parts = [(bytes.fromhex(way.id), way.kind.encode(), way.box) for way in sorted(ways)]
    return hashlib.sha256(lp(b"VibeChat ways", *(part for way in parts for part in way))).digest()


def vault_hash(user: User, blob: bytes, ways: Iterable[Way], browser: str, previous: bytes) -> bytes:
    label = b"VibeChat vault hash"
    return hashlib.sha256(lp(label, *account_of(user), blob, ways_hash(ways), browser.encode(), previous)).digest()


def vault_write(user: User, version: int, hash: bytes) -> bytes:
    """What the writing browser signs."""
    return lp(b"VibeChat vault write", *account_of(user), uint32(version), hash)


def is_blob(blob: bytes, generation: int, version: int) -> bool:
    """Whether the blob has the length of a padded one, and names these numbers."""
    is_padded = (len(blob) - BLOB_FRAME_BYTES) % BLOB_STEP == 0
    return is_padded and blob.startswith(b"\1" + uint32(generation) + uint32(version))


# --- the signed list of browsers -------------------------------------------------------------------------------------


class MalformedList(Exception):
    pass


@dataclass(frozen=True)
class SignedList:
    """A list of browsers as its identity has signed it. `keys`: the signature key of each browser by its id in hex."""

    raw: bytes
    version: int
    keys: dict[str, bytes]

    @classmethod
    def read(cls, raw: bytes) -> "SignedList":
        """Raises MalformedList."""
        body = raw[:-SIGNATURE_BYTES]
        if len(body) < 5 or not 1 <= body[4] <= MOST_BROWSERS:
            raise MalformedList
        keys, place = {}, 5
        for _ in range(body[4]):
            head = body[place : place + ENTRY_HEAD_BYTES]
            if len(head) < ENTRY_HEAD_BYTES:
                raise MalformedList
            place += ENTRY_HEAD_BYTES
            versions = body[place : place + head[-1]]
            if not 1 <= head[-1] <= MOST_CONTENT_VERSIONS or 0 in versions or versions != bytes(sorted(set(versions))):
                raise MalformedList
            if not is_ed25519_key(head[16:48]):
                raise MalformedList
            keys[head[:16].hex()] = head[16:48]
            place += head[-1]
        version = int.from_bytes(body[:4])
        are_distinct = len(keys) == len(set(keys.values())) == body[4]
        if place != len(body) or version < 1 or not are_distinct or list(keys) != sorted(keys):
            raise MalformedList
        return cls(raw, version, keys)

    def is_signed_by(self, identity: bytes, user: User) -> bool:
        body, signature = self.raw[:-SIGNATURE_BYTES], self.raw[-SIGNATURE_BYTES:]
        return verifies(identity, signature, lp(b"VibeChat browsers", user.email.encode("ascii"), body))


# --- streams ---------------------------------------------------------------------------------------------------------


class StreamForm(NamedTuple):
    """The lengths of a kind's blobs: `step` times 1 to `steps`, and how many segments a stream may have."""

    step: int
    steps: int
    most_segments: int


STREAM_KINDS = {"archive": StreamForm(65_536, 4, 4096), "states": StreamForm(1024, 256, 1)}
SEGMENT_FRAME_BYTES = 1 + 4 + 7 + 12 + 16  # form, generation, month, nonce and tag around the padded content
LEAST_SEGMENT_BYTES = SEGMENT_FRAME_BYTES + 1024
MOST_SEGMENT_BYTES = SEGMENT_FRAME_BYTES + 4 * 65_536


def is_segment(blob: bytes, kind: str) -> bool:
    """Whether the blob has the length of a padded one of this kind, and the form 1."""
    form, length = STREAM_KINDS[kind], len(blob) - SEGMENT_FRAME_BYTES
    return blob[0] == 1 and length % form.step == 0 and 1 <= length // form.step <= form.steps


def stream_of(user: User, browser: str, kind: str) -> tuple[bytes, ...]:
    return (*account_of(user), browser.encode(), kind.encode())


def segment_hash(user: User, browser: str, kind: str, number: int, blob: bytes) -> bytes:
    place = (*stream_of(user, browser, kind), uint32(number))
    return hashlib.sha256(lp(b"VibeChat segment", *place, blob)).digest()


def stream_head(hashes: Iterable[bytes]) -> bytes:
    head = FIRST
    for hashed in hashes:
        head = hashlib.sha256(lp(b"VibeChat stream head", head, hashed)).digest()
    return head


def stream_write(user: User, browser: str, kind: str, revision: int, hashes: list[bytes]) -> bytes:
    """What the writing browser signs. `hashes`: of all segments after the write, in order."""
    place = (*stream_of(user, browser, kind), uint32(len(hashes)), uint32(revision))
    return lp(b"VibeChat stream", *place, stream_head(hashes))
