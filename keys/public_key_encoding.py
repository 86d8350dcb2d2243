"""Public keys as bytes: the one form that is taken, checked before anything is stored.

Nothing here can decrypt: the server sees public halves only.
"""

import base64
import hashlib

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

# SubjectPublicKeyInfo of an uncompressed P-256 point up to its X: RFC 5480 §2, SEC 1 §2.3.3.
SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
SPKI_BYTES = 91
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1


def is_p256_public_key(spki: bytes) -> bool:
    """Whether `spki` is the 91-byte DER of an uncompressed point that lies on P-256."""
    if len(spki) != SPKI_BYTES or not spki.startswith(SPKI_PREFIX):
        return False
    try:
        key = load_der_public_key(spki)
    except ValueError:  # not on the curve
        return False
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == spki


def fingerprint(spki: bytes) -> str:
    """SHA-256 of the 91 bytes, 64 lower-case hex digits."""
    return hashlib.sha256(spki).hexdigest()


def same_key_fingerprints(spki: bytes) -> list[str]:
    """Those of the key and of its negative, with which every ECDH has the same result."""
    y = int.from_bytes(spki[-32:])
    return [fingerprint(spki), fingerprint(spki[:-32] + (PRIME - y).to_bytes(32))]


def to_pem(spki: bytes) -> str:
    return load_der_public_key(spki).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def pem_to_base64(pem: str) -> str:
    """The base64 of the 91 bytes within a PEM that to_pem wrote."""
    body = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
    return base64.b64encode(base64.b64decode(body)).decode()
