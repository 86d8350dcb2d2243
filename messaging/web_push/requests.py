"""The request that wakes a browser: RFC 8030 (Web Push), RFC 8291 (its encryption), RFC 8292 (VAPID).

Its content is always the same bytes. What is new, the browser asks this server.
"""

import base64
import os
import time
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from messaging.server_keys import ServerKey

PAYLOAD = b'{"type":"wake"}'
RECORD_BYTES = 4096
TOKEN_SECONDS = 12 * 3600  # RFC 8292 allows 24 hours
KEPT_SECONDS = 24 * 3600  # by the push service, for a browser that is not running
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def hkdf(salt: bytes | None, key: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(key)


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def sealed(payload: bytes, p256dh: bytes, auth: bytes, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """The body by RFC 8291. `p256dh` (65 bytes) and `auth` (16) are the browser's; `own` and `salt` are for one use.

    Raises ValueError if `p256dh` is no point on P-256.
    """
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    point = point_of(own.public_key())
    key = hkdf(auth, own.exchange(ec.ECDH(), theirs), b"WebPush: info\0" + p256dh + point, 32)
    content_key = hkdf(salt, key, b"Content-Encoding: aes128gcm\0", 16)
    nonce = hkdf(salt, key, b"Content-Encoding: nonce\0", 12)
    record = AESGCM(content_key).encrypt(nonce, payload + b"\x02", b"")
    return salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(point)]) + point + record


@cache
def vapid_key() -> ec.EllipticCurvePrivateKey:
    """A new server begins with one that follows from its SECRET_KEY, as older versions had it."""
    seed = ServerKey.secret_for("vapid", hkdf(None, settings.SECRET_KEY.encode(), b"VibeChat VAPID", 48))
    return ec.derive_private_key(int.from_bytes(seed, "big") % (P256_ORDER - 1) + 1, ec.SECP256R1())


def public_key() -> str:
    """The `applicationServerKey` of a browser's `subscribe`: base64 of 65 bytes."""
    return base64.b64encode(point_of(vapid_key().public_key())).decode()


def authorization(host: str) -> str:
    claims = {"aud": f"https://{host}", "exp": int(time.time()) + TOKEN_SECONDS, "sub": settings.PUSH_CONTACT}
    token = jwt.encode(claims, vapid_key(), algorithm="ES256")
    return f"vapid t={token}, k={base64.urlsafe_b64encode(point_of(vapid_key().public_key())).decode().rstrip('=')}"


def wake_request(host: str, p256dh: str, auth: str) -> tuple[bytes, dict[str, str]]:
    """(body, headers)"""
    keys = base64.b64decode(p256dh), base64.b64decode(auth)
    body = sealed(PAYLOAD, *keys, ec.generate_private_key(ec.SECP256R1()), os.urandom(16))
    headers = {
        "Authorization": authorization(host),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT_SECONDS),
        "Topic": "wake",  # a later one replaces one that has not been delivered
        "Urgency": "high",
    }
    return body, headers
