"""HPKE (RFC 9180) for one message, in PSK mode or without a PSK in base mode: docs/protocol.md §15.1 and §5.13."""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.reference.refused import Refused
from tests.reference.suite1 import SPKI_PREFIX, check_public_key, ecdh

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
KEM_SUITE = b"KEM\x00\x10"
AES_128_GCM, AES_256_GCM = (1, 16), (2, 32)  # AEAD id, length of the key


MODE_BASE, MODE_PSK = b"\x00", b"\x01"


@dataclass(frozen=True)
class Parameters:
    psk: bytes
    psk_id: bytes
    info: bytes
    mode: bytes = MODE_PSK


def labeled_extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labeled + b"\x01", hashlib.sha256)[:length]


def derive_private_key(ikm: bytes) -> ec.EllipticCurvePrivateKey:
    """DeriveKeyPair (§7.1.3)."""
    prk = labeled_extract(KEM_SUITE, b"", b"dkp_prk", ikm)
    candidates = (labeled_expand(KEM_SUITE, prk, b"candidate", bytes([counter]), 32) for counter in range(256))
    scalar = next(scalar for each in candidates if 0 < (scalar := int.from_bytes(each, "big")) < ORDER)
    return ec.derive_private_key(scalar, ec.SECP256R1())


def point_of(private_key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as an uncompressed point, 65 bytes."""
    return private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def dh(private_key: ec.EllipticCurvePrivateKey, point: bytes) -> bytes:
    spki = SPKI_PREFIX[:-1] + point
    check_public_key(spki)
    return ecdh(private_key, spki)


def extract_and_expand(secret: bytes, enc: bytes, recipient: bytes) -> bytes:
    """The KEM's shared secret (§4.1)."""
    prk = labeled_extract(KEM_SUITE, b"", b"eae_prk", secret)
    return labeled_expand(KEM_SUITE, prk, b"shared_secret", enc + recipient, 32)


def key_schedule(shared_secret: bytes, parameters: Parameters, aead: tuple[int, int] = AES_256_GCM) -> tuple:
    """Key and base nonce (§5.1)."""
    suite = b"HPKE\x00\x10\x00\x01" + aead[0].to_bytes(2, "big")
    psk_id_hash = labeled_extract(suite, b"", b"psk_id_hash", parameters.psk_id)
    context = parameters.mode + psk_id_hash + labeled_extract(suite, b"", b"info_hash", parameters.info)
    secret = labeled_extract(suite, shared_secret, b"secret", parameters.psk)
    key = labeled_expand(suite, secret, b"key", context, aead[1])
    return key, labeled_expand(suite, secret, b"base_nonce", context, 12)


def seal(ephemeral: ec.EllipticCurvePrivateKey, recipient: bytes, parameters: Parameters, plaintext: bytes) -> bytes:
    """enc || ciphertext."""
    enc = point_of(ephemeral)
    key, nonce = key_schedule(extract_and_expand(dh(ephemeral, recipient), enc, recipient), parameters)
    return enc + AESGCM(key).encrypt(nonce, plaintext, b"")


def open_sealed(private_key: ec.EllipticCurvePrivateKey, parameters: Parameters, sealed: bytes) -> bytes:
    enc, ciphertext = sealed[:65], sealed[65:]
    shared_secret = extract_and_expand(dh(private_key, enc), enc, point_of(private_key))
    key, nonce = key_schedule(shared_secret, parameters)
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, b"")
    except InvalidTag:
        raise Refused("decryption") from None


# RFC 9180, appendix A.3.2. The RFC has none for this KEM with AES-256-GCM.
PUBLISHED = {
    "name": "A.3.2",
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "ikm_e": "2afa611d8b1a7b321c761b483b6a053579afa4f767450d3ad0f84a39fda587a6",
    "ikm_r": "d42ef874c1913d9568c9405407c805baddaffd0898a00f1e84e154fa787b2429",
    "pk_r": "040d97419ae99f13007a93996648b2674e5260a8ebd2b822e84899cd52d87446ea"
    "394ca76223b76639eccdf00e1967db10ade37db4e7db476261fcc8df97c5ffd1",
    "psk": "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82",
    "psk_id": "456e6e796e20447572696e206172616e204d6f726961",
    "enc": "04305d35563527bce037773d79a13deabed0e8e7cde61eecee403496959e89e4d0"
    "ca701726696d1485137ccb5341b3c1c7aaee90a4a02449725e744b1193b53b5f",
    "shared_secret": "2e783ad86a1beae03b5749e0f3f5e9bb19cb7eb382f2fb2dd64c99f15ae0661b",
    "key": "55d9eb9d26911d4c514a990fa8d57048",
    "base_nonce": "b595dc6b2d7e2ed23af529b1",
    "aad": "436f756e742d30",
    "plaintext": "4265617574792069732074727574682c20747275746820626561757479",
    "ciphertext": "90c4deb5b75318530194e4bb62f890b019b1397bbf9d0d6eb918890e1fb2be1ac2603193b60a49c2126b75d0eb",
}


def hpke_file() -> dict:
    return {
        "comment": "RFC 9180: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM in PSK mode, first message.",
        "rfc9180": [PUBLISHED],
    }
