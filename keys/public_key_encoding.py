"""The one accepted encoding of public keys, and its conversions."""

import base64
import hashlib

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

# SubjectPublicKeyInfo of an uncompressed P-256 point, up to the x-coordinate: RFC 5480 §2, SEC 1 §2.3.3.
SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
SPKI_BYTES = 91
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1


def is_p256_public_key(spki: bytes) -> bool:
    """Whether `spki` is the 91-byte DER of an uncompressed point on P-256."""
    if len(spki) != SPKI_BYTES or not spki.startswith(SPKI_PREFIX):
        return False
    try:
        key = load_der_public_key(spki)
    except ValueError:  # not on the curve
        return False
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == spki


def fingerprint(spki: bytes) -> str:
    """SHA-256 of the 91 bytes as 64 lower-case hex digits."""
    return hashlib.sha256(spki).hexdigest()


def same_key_fingerprints(spki: bytes) -> list[str]:
    """Fingerprints of the key and of its negative. Both give the same ECDH secrets."""
    y = int.from_bytes(spki[-32:])
    return [fingerprint(spki), fingerprint(spki[:-32] + (PRIME - y).to_bytes(32))]


def to_pem(spki: bytes) -> str:
    return load_der_public_key(spki).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def pem_to_base64(pem: str) -> str:
    """The base64 of the 91 bytes in a PEM text from to_pem."""
    body = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
    return base64.b64encode(base64.b64decode(body)).decode()
