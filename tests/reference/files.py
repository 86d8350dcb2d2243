"""Files in plain Python, and their vectors: docs/protocol.md §19. It is written from the specification
c2sp.org/chunked-encryption; the tests compare it with the implementation of the package `cryptography`."""

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.reference.people import fixed
from tests.reference.refused import Refused, require
from tests.reference.suite1 import lp

CHUNK, TAG, HEADER, PART = 16384, 16, 56, 4 * 2**20
INFO = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
PURPOSES = ("file", "preview")


def padded_length(size: int) -> int:
    length = 1024
    while length < size:
        length += length // 20
    return length


def sealed_length(size: int) -> int:
    padded = padded_length(size)
    return HEADER + padded + TAG * (padded // CHUNK + 1)


def context(purpose: str) -> bytes:
    return lp(b"VibeChat file", purpose.encode())


def derive(key: bytes, salt: bytes, given_context: bytes) -> tuple[bytes, bytes, bytes]:
    """Key, base nonce, commitment."""
    info = INFO + salt + given_context
    first = hmac.digest(key, info + b"\x01", "sha512")
    okm = first + hmac.digest(key, first + info + b"\x02", "sha512")
    return okm[:32], okm[32:44], okm[44:76]


def nonce_of(base_nonce: bytes, number: int) -> bytes:
    return (int.from_bytes(base_nonce, "big") ^ number).to_bytes(12, "big")


def seal_message(key: bytes, salt: bytes, given_context: bytes, message: bytes) -> bytes:
    """c2sp.org/chunked-encryption without our padding."""
    cipher_key, base_nonce, commitment = derive(key, salt, given_context)
    chunks = [message[at : at + CHUNK] for at in range(0, len(message) // CHUNK * CHUNK + 1, CHUNK)]
    sealed = (
        AESGCM(cipher_key).encrypt(nonce_of(base_nonce, number), chunk, None) for number, chunk in enumerate(chunks)
    )
    return salt + commitment + b"".join(sealed)


def open_message(key: bytes, given_context: bytes, sealed: bytes) -> bytes:
    require(len(sealed) >= HEADER, "file_size")
    cipher_key, base_nonce, commitment = derive(key, sealed[:24], given_context)
    require(sealed[24:HEADER] == commitment, "commitment")
    chunks = [sealed[at : at + CHUNK + TAG] for at in range(HEADER, len(sealed), CHUNK + TAG)]
    require(bool(chunks) and TAG <= len(chunks[-1]) < CHUNK + TAG, "file_size")
    try:
        opened = [AESGCM(cipher_key).decrypt(nonce_of(base_nonce, n), chunk, None) for n, chunk in enumerate(chunks)]
    except InvalidTag:
        raise Refused("decryption") from None
    return b"".join(opened)


def seal(key: bytes, salt: bytes, purpose: str, content: bytes) -> bytes:
    padded = content + bytes(padded_length(len(content)) - len(content))
    return seal_message(key, salt, context(purpose), padded)


def parts_of(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + PART] for at in range(0, len(sealed), PART)]


def hash_of(sealed: bytes) -> str:
    hashes = [hashlib.sha256(part).digest() for part in parts_of(sealed)]
    return hashlib.sha256(b"".join(hashes)).hexdigest()


def open_file(key: bytes, purpose: str, size: int, file_hash: str, sealed: bytes) -> bytes:
    """The content. Raises Refused."""
    require(len(sealed) == sealed_length(size), "file_size")
    require(hash_of(sealed) == file_hash, "file_hash")
    return open_message(key, context(purpose), sealed)[:size]


# The vectors

KEY, SALT = fixed("key of a file"), fixed("salt of a file", 24)
SIZES = (0, 1, 1024, 1025, 16384, 17000, 40000)
LARGE = PART + 100_000


def content_of(size: int) -> bytes:
    return bytes(n % 251 for n in range(size))


def valid(size: int, purpose: str = "file") -> dict:
    sealed = seal(KEY, SALT, purpose, content_of(size))
    whole = {"sealed": sealed.hex()} if len(sealed) <= 2048 else {"sealed_sha256": hashlib.sha256(sealed).hexdigest()}
    return {
        "name": f"{purpose}-of-{size}",
        "key": KEY.hex(),
        "salt": SALT.hex(),
        "purpose": purpose,
        "size": size,
        "sealed_length": len(sealed),
        **whole,
        "hash": hash_of(sealed),
    }


def refused() -> list[dict]:
    """`sealed` is served in the place of the file of 17000 bytes."""
    size = 17000
    good = seal(KEY, SALT, "file", content_of(size))
    base = {"key": KEY.hex(), "purpose": "file", "size": size, "hash": hash_of(good)}
    first, second = good[HEADER : HEADER + CHUNK + TAG], good[HEADER + CHUNK + TAG :]

    def flipped(at: int) -> bytes:
        changed = bytearray(good)
        changed[at] ^= 1
        return bytes(changed)

    def served(name: str, reason: str, sealed: bytes, **changes: object) -> dict:
        return {"name": name, "reason": reason, **base, "sealed": sealed.hex(), **changes}

    def rehashed(name: str, reason: str, sealed: bytes, **changes: object) -> dict:
        """The hash is that of these bytes: a sender made it so."""
        return served(name, reason, sealed, hash=hash_of(sealed), **changes)

    return [
        served("cut-off", "file_size", good[:-1]),
        served("header-alone", "file_size", good[:HEADER]),
        served("empty", "file_size", b""),
        served("byte-appended", "file_size", good + b"\x00"),
        served("another-claimed-size", "file_size", good, size=40000),
        served("another-file-of-this-size", "file_hash", seal(fixed("another key"), SALT, "file", content_of(size))),
        served("changed-byte", "file_hash", flipped(HEADER)),
        served("sealed-again", "file_hash", seal(KEY, fixed("another salt", 24), "file", content_of(size))),
        rehashed("another-key", "commitment", good, key=fixed("another key").hex()),
        rehashed("another-purpose", "commitment", good, purpose="preview"),
        rehashed("changed-salt", "commitment", flipped(0)),
        rehashed("changed-commitment", "commitment", flipped(24)),
        rehashed("changed-first-chunk", "decryption", flipped(HEADER)),
        rehashed("changed-last-tag", "decryption", flipped(len(good) - 1)),
        rehashed("chunks-in-another-order", "decryption", good[:HEADER] + second + first),
    ]


def files_file() -> dict:
    return {
        "comment": "Byte n of a content is n mod 251. Refused ones stand in the place of a file of 17000 bytes.",
        "lengths": [{"size": size, "padded": padded_length(size), "sealed": sealed_length(size)} for size in EDGES],
        "files": [*map(valid, SIZES), valid(1500, "preview"), valid(LARGE)],
        "refused": refused(),
    }


EDGES = (0, 1, 1024, 1025, 1075, 1076, 16384, 10**6, 100 * 2**20, 2**32, 2**40)
