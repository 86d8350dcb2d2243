"""The people of the test vectors, with reproducible keys and fixed "random" bytes."""

import hashlib

from cryptography.hazmat.primitives.asymmetric import ec

from tests.reference import ed25519
from tests.reference.suite1 import Person

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SP 800-186 §3.2.1.3)


def fixed(label: str, length: int = 32) -> bytes:
    """Up to 32 reproducible bytes in place of random ones, derived by hashing."""
    return hashlib.sha256(f"VibeChat test vectors: {label}".encode()).digest()[:length]


def fixed_uuid(label: str) -> str:
    digits = fixed(label, 16).hex()
    return "-".join((digits[:8], digits[8:12], f"4{digits[13:16]}", f"8{digits[17:20]}", digits[20:]))


def person(name: str, email: str) -> Person:
    scalar = int.from_bytes(fixed(f"private key of {name}"), "big") % (ORDER - 1) + 1
    return Person(email, ec.derive_private_key(scalar, ec.SECP256R1()))


ALICE = person("alice", "alice@example.org")
BOB = person("bob", "bob@example.org")
MALLORY = person("mallory", "mallory@example.net")
PEOPLE = {"alice": ALICE, "bob": BOB, "mallory": MALLORY}
NAMES = {somebody.email: name for name, somebody in PEOPLE.items()}
ED25519_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410 §7, the part before the seed


def identity_seed(somebody: Person) -> bytes:
    """The private identity key: 32 bytes (RFC 8032 §5.1.5)."""
    return fixed(f"identity of {NAMES[somebody.email]}")


def people_file() -> dict:
    return {
        "comment": "private_key is the 32-byte scalar, identity_private_key the 32-byte seed, pkcs8 the same as DER; "
        "these keys protect nothing.",
        "people": [
            {
                "name": name,
                "email": somebody.email,
                "private_key": somebody.private_key.private_numbers().private_value.to_bytes(32, "big").hex(),
                "pkcs8": somebody.pkcs8.hex(),
                "public_key": somebody.public_key.hex(),
                "fingerprint": somebody.fingerprint.hex(),
                "identity_private_key": identity_seed(somebody).hex(),
                "identity_pkcs8": (ED25519_PKCS8 + identity_seed(somebody)).hex(),
                "identity_key": ed25519.public_key(identity_seed(somebody)).hex(),
            }
            for name, somebody in PEOPLE.items()
        ],
    }
