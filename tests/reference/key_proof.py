"""Proofs that an account holds its private key, and their vectors: docs/protocol.md §3.6."""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.reference import ed25519
from tests.reference.identity import sign_statement
from tests.reference.people import ALICE, BOB, NAMES, identity_seed, person
from tests.reference.public_keys import negative
from tests.reference.refused import Refused, require
from tests.reference.suite1 import Person, check_public_key, ecdh, lp, x_coordinate

LABEL = b"VibeChat key proof"
SERVER = person("the server", "")
CHALLENGE = "WzcsIiIsIjBmIl0:1vP3xQ:aZ-_09"


@dataclass(frozen=True)
class Asked:
    """The proven data, the server's one-time key and the challenge."""

    email: str
    identity_key: bytes
    statement: bytes
    server_key: bytes
    challenge: str


def proof_secret(private_key: ec.EllipticCurvePrivateKey, public_key: bytes, server_key: bytes) -> bytes:
    check_public_key(server_key)
    require(x_coordinate(server_key) != x_coordinate(public_key), "own_key")
    return ecdh(private_key, server_key)


def key_proof(private_key: ec.EllipticCurvePrivateKey, public_key: bytes, asked: Asked) -> bytes:
    """The MAC of the proof, 32 bytes."""
    secret = proof_secret(private_key, public_key, asked.server_key)
    key = HKDF(hashes.SHA256(), 32, salt=None, info=LABEL).derive(secret)
    return hmac.new(key, proven_bytes(public_key, asked), hashlib.sha256).digest()


def proven_bytes(public_key: bytes, asked: Asked) -> bytes:
    identity = (asked.identity_key, asked.statement)
    return lp(LABEL, asked.email.encode(), public_key, *identity, asked.challenge.encode())


def asked_of(somebody: Person, server_key: bytes = SERVER.public_key, challenge: str = CHALLENGE) -> Asked:
    seed = identity_seed(somebody)
    statement = sign_statement(seed, somebody.email, somebody.public_key, 1, [1])
    return Asked(somebody.email, ed25519.public_key(seed), statement, server_key, challenge)


def entry(name: str, somebody: Person, asked: Asked) -> dict:
    given = {
        "name": name,
        "prover": NAMES[somebody.email],
        "email": asked.email,
        "public_key": somebody.public_key.hex(),
        "identity_key": asked.identity_key.hex(),
        "identity_signature": asked.statement.hex(),
        "server_key": asked.server_key.hex(),
        "challenge": asked.challenge,
    }
    try:
        mac = key_proof(somebody.private_key, somebody.public_key, asked)
    except Refused as refused:
        return given | {"reason": refused.reason}
    return given | {"proven": proven_bytes(somebody.public_key, asked).hex(), "mac": mac.hex()}


def key_proofs_file() -> dict:
    off_the_curve = SERVER.public_key[:-1] + bytes([SERVER.public_key[-1] ^ 1])
    return {
        "comment": "proven is what the MAC covers. With a reason, the server's key is refused and nothing is sent.",
        "server_private_key": SERVER.private_key.private_numbers().private_value.to_bytes(32, "big").hex(),
        "proofs": [
            entry("alice", ALICE, asked_of(ALICE)),
            entry("bob", BOB, asked_of(BOB)),
            entry("another-challenge", ALICE, asked_of(ALICE, challenge="x")),
            entry("without-identity", ALICE, Asked(ALICE.email, b"", b"", SERVER.public_key, CHALLENGE)),
        ],
        "refused": [
            entry("off-the-curve", ALICE, asked_of(ALICE, off_the_curve)),
            entry("own-key", ALICE, asked_of(ALICE, ALICE.public_key)),
            entry("own-key-negated", ALICE, asked_of(ALICE, negative(ALICE.public_key))),
            entry("trailing-byte", ALICE, asked_of(ALICE, SERVER.public_key + b"\0")),
        ],
    }
