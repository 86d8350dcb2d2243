"""Identity statements and safety numbers in plain Python: docs/protocol.md §3.4 and §3.5."""

import base64
import hashlib
import re
from dataclasses import dataclass

from tests.reference import ed25519
from tests.reference.refused import require
from tests.reference.suite1 import lp

LABEL = b"VibeChat identity statement"
ITERATIONS = 5200


# §3.4 The statement


def statement(email: str, public_key: bytes, version: int, suites: list[int]) -> bytes:
    """The signed bytes."""
    return lp(LABEL, email.encode("ascii"), public_key, uint32(version), b"".join(map(uint32, suites)))


def uint32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def head(version: int, suites: list[int]) -> bytes:
    """The part of the API's `identity_signature` before the signature."""
    return uint32(version) + bytes([len(suites)]) + b"".join(map(uint32, suites))


def sign_statement(seed: bytes, email: str, public_key: bytes, version: int, suites: list[int]) -> bytes:
    return head(version, suites) + ed25519.sign(seed, statement(email, public_key, version, suites))


def check_identity_key(identity_key: bytes) -> None:
    require(ed25519.is_key(identity_key), "identity")


def verify_statement(identity_key: bytes, email: str, public_key: bytes, signed: bytes) -> tuple[int, list[int]]:
    """Returns (version, suites). Raises Refused."""
    check_identity_key(identity_key)
    require(len(signed) >= 5, "identity")
    count = signed[4]
    require(1 <= count <= 16 and len(signed) == 5 + 4 * count + 64, "identity")
    numbers = [int.from_bytes(signed[start : start + 4], "big") for start in range(5, 5 + 4 * count, 4)]
    version = int.from_bytes(signed[:4], "big")
    require(version >= 1 and numbers[0] >= 1 and numbers == sorted(set(numbers)), "identity")
    message = statement(email, public_key, version, numbers)
    require(ed25519.verify(identity_key, message, signed[-64:]), "identity")
    return version, numbers


# §3.5 The safety number


@dataclass(frozen=True)
class Party:
    email: str
    identity_key: bytes


def identity_hashes(identity_key: bytes, identifier: bytes) -> tuple[bytes, bytes]:
    """The hashes after the first and the last of the 5200 rounds, 64 bytes each."""
    first = digest = hashlib.sha512(bytes(2) + identity_key + identifier + identity_key).digest()
    for _ in range(ITERATIONS - 1):
        digest = hashlib.sha512(digest + identity_key).digest()
    return first, digest


def identity_hash(party: Party) -> bytes:
    return identity_hashes(party.identity_key, party.email.encode("ascii"))[1]


def digits(digest: bytes) -> str:
    chunks = [digest[start : start + 5] for start in range(0, 30, 5)]
    return "".join(f"{int.from_bytes(chunk, 'big') % 100_000:05}" for chunk in chunks)


def safety_number(one: bytes, other: bytes) -> str:
    """The safety number from the two final hashes, in either order."""
    return "".join(sorted((digits(one), digits(other))))


def tag(party: Party) -> bytes:
    return hashlib.sha256(party.email.encode("ascii")).digest()[:16]


def code(own: Party, peer: Party) -> str:
    """The code that `own` shows."""
    data = tag(own) + tag(peer) + identity_hash(own) + identity_hash(peer)
    return spell_code(data)


def spell_code(data: bytes) -> str:
    return "VIBECHAT:1:" + base64.urlsafe_b64encode(data).decode().rstrip("=")


def read_code(text: str, own: Party, peer: Party) -> str:
    """The result of reading a code, for `own`."""
    found = re.fullmatch(r"VIBECHAT:1:([A-Za-z0-9_-]{214})", text)
    data = base64.urlsafe_b64decode(found[1] + "==") if found else b""
    if spell_code(data) != text or data[:32] != tag(peer) + tag(own):
        return "foreign"
    return "match" if data[32:] == identity_hash(peer) + identity_hash(own) else "mismatch"
