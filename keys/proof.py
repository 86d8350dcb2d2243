"""Proof that the uploader of a public key holds its private key: docs/protocol.md §3.6.

The server derives its one-time key from the challenge and SECRET_KEY, so it stores nothing. A challenge contains the
state of the account's keys. An upload changes that state, so each challenge can be used once.
"""

import hmac
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from django.conf import settings
from django.core import signing

from vibechat.core.exceptions import Conflict

SALT = "keys.proof"
LIFETIME_SECONDS = 600
LABEL = b"VibeChat key proof"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SP 800-186 §3.2.1.3)


def proof_expired() -> Conflict:
    return Conflict("proof_expired", "This challenge holds no longer; ask for another one.")


def new_challenge(user_id: int, state: str) -> str:
    return signing.dumps([user_id, state, secrets.token_hex(16)], salt=SALT)


def key_state_in(challenge: str, user_id: int) -> str | None:
    """The key state in a challenge of this account, or None for any other text. Raises Conflict `proof_expired`."""
    try:
        owner, state, _nonce = signing.loads(challenge, salt=SALT, max_age=LIFETIME_SECONDS)
    except signing.SignatureExpired as error:
        raise proof_expired() from error
    except (signing.BadSignature, ValueError):
        return None
    return state if owner == user_id else None


def server_key(challenge: str) -> bytes:
    """The public half of the one-time key, as 91 bytes of SubjectPublicKeyInfo DER."""
    return private_key(challenge).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def private_key(challenge: str) -> ec.EllipticCurvePrivateKey:
    # FIPS 186-5 A.2.1, extra random bits: 48 bytes make a scalar of 32 bytes without noticeable bias.
    seed = hkdf(settings.SECRET_KEY.encode(), b"VibeChat one-time key" + challenge.encode(), 48)
    return ec.derive_private_key(int.from_bytes(seed) % (ORDER - 1) + 1, ec.SECP256R1())


def is_valid(challenge: str, mac: bytes, email: str, spki: bytes, identity_key: bytes, statement: bytes) -> bool:
    """Whether `mac` was computed with the private key of `spki`, for this account and identity statement.

    `identity_key` and `statement` are empty if the upload has no identity.
    """
    public_key = load_der_public_key(spki)
    assert isinstance(public_key, ec.EllipticCurvePublicKey)  # nosec B101: the serializer has checked it
    secret = private_key(challenge).exchange(ec.ECDH(), public_key)
    proven = lp(LABEL, email.encode(), spki, identity_key, statement, challenge.encode())
    return hmac.compare_digest(hmac.digest(hkdf(secret, LABEL, 32), proven, "sha256"), mac)


def hkdf(key_material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=info).derive(key_material)


def lp(*parts: bytes) -> bytes:
    """LP of docs/protocol.md §2: each part is preceded by its length in 4 bytes, big-endian."""
    return b"".join(len(part).to_bytes(4) + part for part in parts)
