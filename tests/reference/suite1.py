"""Suite 1 in plain Python, written from docs/protocol.md independently of the browser's code.

Sealing takes the salts and nonces and returns every intermediate value, which makes the test vectors. Opening checks
them. It is for tests only: nothing is constant-time, and the server never imports it. Keys, secrets, nonces, salts and
fingerprints are raw bytes; the message object is the API's JSON.
"""

import base64
import functools
import hashlib
import hmac
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.reference.content import (
    BUCKETS,
    VERSION,
    canonical_json,
    is_supported,
    message_type_of,
    pad,
    read_content,
    unpad,
    untagged_json,
)
from tests.reference.refused import Refused, is_integer, matches, require

SUITE = 1
PBKDF2_ITERATIONS = 100_000
P = 2**256 - 2**224 + 2**192 + 2**96 - 1  # the prime of P-256 (SP 800-186 §3.2.1.3)
SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def lp(*parts: bytes) -> bytes:
    """LP of §2: each part is preceded by its length in 4 bytes, big-endian."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


# §3 Keys


@dataclass(frozen=True)
class Person:
    """One account: its normalised email and its key."""

    email: str
    private_key: ec.EllipticCurvePrivateKey

    @property
    def public_key(self) -> bytes:
        """91 bytes: uncompressed SubjectPublicKeyInfo DER."""
        return self.private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def pkcs8(self) -> bytes:
        return self.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def fingerprint(self) -> bytes:
        return fingerprint(self.public_key)


def check_public_key(public_key: bytes) -> None:
    """§3.1: check the 91-byte form, and that the point is on the curve."""
    require(len(public_key) == 91 and public_key.startswith(SPKI_PREFIX), "public_key")
    point(public_key)


def point(public_key: bytes) -> ec.EllipticCurvePublicKey:
    """The library checks the curve's equation, but reduces coordinates modulo p, so their range is checked here."""
    x, y = int.from_bytes(public_key[27:59], "big"), int.from_bytes(public_key[59:], "big")
    require(x < P and y < P, "public_key")
    try:
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError:
        raise Refused("public_key") from None


def x_coordinate(public_key: bytes) -> bytes:
    return public_key[27:59]


def fingerprint(public_key: bytes) -> bytes:
    """§3.2: 32 bytes."""
    check_public_key(public_key)
    return hashlib.sha256(public_key).digest()


def ecdh(private_key: ec.EllipticCurvePrivateKey, public_key: bytes) -> bytes:
    """32 bytes: the x-coordinate of the shared point."""
    return private_key.exchange(ec.ECDH(), point(public_key))


# §4 A message's key, additional data and ciphertext


@dataclass(frozen=True)
class Header:
    """The data to which a ciphertext is bound besides its content."""

    sender_email: str
    recipient_email: str
    sender_fingerprint: bytes
    recipient_fingerprint: bytes
    client_id: str
    message_type: str = "text"
    tag: bytes = b""  # 32 bytes, or none


def pbkdf2_salt(header: Header, message_salt: bytes) -> bytes:
    """§4.1."""
    return b"VibeChat suite 1 salt" + header.sender_fingerprint + header.recipient_fingerprint + message_salt


@functools.cache  # most vectors are changed copies of a few messages
def message_key(shared_secret: bytes, salt: bytes) -> bytes:
    """§4.1: 32 bytes from the PBKDF2 salt."""
    return hashlib.pbkdf2_hmac("sha256", shared_secret, salt, PBKDF2_ITERATIONS, 32)


def additional_data(header: Header) -> bytes:
    """§4.2."""
    return lp(
        b"VibeChat suite 1 message",
        b"1",
        header.sender_email.encode("ascii"),
        header.recipient_email.encode("ascii"),
        header.sender_fingerprint,
        header.recipient_fingerprint,
        header.client_id.encode("ascii"),
        header.message_type.encode("ascii"),
        *([header.tag] if header.tag else []),
    )


def encrypt(key: bytes, nonce: bytes, aad: bytes, padded: bytes) -> bytes:
    """§4.3: the ciphertext, then the tag of 16 bytes."""
    return AESGCM(key).encrypt(nonce, padded, aad)


def decrypt(key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, aad)
    except InvalidTag:
        raise Refused("decryption") from None


# §5.3 Hash, §5.4 self tag, §5.12 franking tag


def message_hash(untagged: bytes) -> bytes:
    """§5.3: 32 bytes."""
    return hashlib.sha256(lp(b"VibeChat suite 1 message hash", untagged)).digest()


def franking_tag(content: dict) -> bytes:
    """§5.12: 32 bytes for a content of version 2, which has a salt; none for one of version 1."""
    if content["v"] == 1:
        return b""
    tag_input = lp(b"VibeChat suite 1 franking", untagged_json(content))
    return hmac.digest(bytes.fromhex(content["salt"]), tag_input, "sha256")


def hkdf_sha256(ikm: bytes, info: bytes, length: int = 32) -> bytes:
    """RFC 5869 with an empty salt."""
    pseudorandom_key = hmac.digest(bytes(32), ikm, "sha256")
    output = block = b""
    while len(output) < length:
        block = hmac.digest(pseudorandom_key, block + info + bytes([len(output) // 32 + 1]), "sha256")
        output += block
    return output[:length]


def self_key(self_secret: bytes, own_fingerprint: bytes) -> bytes:
    """§5.4: 32 bytes from one's ECDH with oneself."""
    return hkdf_sha256(self_secret, b"VibeChat suite 1 self key" + own_fingerprint)


def self_tag_input(aad: bytes, untagged: bytes) -> bytes:
    return lp(b"VibeChat suite 1 self tag", aad, untagged)


# §7.1 Sealing


@dataclass(frozen=True)
class Fresh:
    """The random values of one message."""

    salt: bytes
    nonce: bytes


@dataclass(frozen=True)
class Sealed:
    """A sealed message with all intermediate values."""

    header: Header
    content: dict
    fresh: Fresh
    shared_secret: bytes
    pbkdf2_salt: bytes
    message_key: bytes
    aad: bytes
    untagged_json: bytes
    message_hash: bytes
    self_secret: bytes
    self_key: bytes
    self_tag_input: bytes
    self_tag: bytes
    json: bytes
    padded: bytes
    ciphertext: bytes

    @property
    def message(self) -> dict:
        return message_object(self.header, self.fresh, self.ciphertext)


def seal(
    sender: Person, peer_public_key: bytes, header: Header, draft: dict, fresh: Fresh, tag: bytes | None = None
) -> Sealed:
    """`draft` holds type, browser, counter, previous, received, sent_at, body, and for version 2 what it adds.

    `tag`: the franking tag where it is not to be the right one.
    """
    content = {"v": VERSION, "from": header.sender_email, "to": header.recipient_email, "self_tag": "", **draft}
    header = replace(header, tag=franking_tag(content) if tag is None else tag)
    untagged, aad = untagged_json(content), additional_data(header)
    self_secret = ecdh(sender.private_key, sender.public_key)
    own_self_key = self_key(self_secret, sender.fingerprint)
    tag_input = self_tag_input(aad, untagged)
    self_tag = hmac.digest(own_self_key, tag_input, "sha256")
    whole_json = canonical_json({**content, "self_tag": self_tag.hex()})
    shared_secret = ecdh(sender.private_key, peer_public_key)
    salt_for_key = pbkdf2_salt(header, fresh.salt)
    key = message_key(shared_secret, salt_for_key)
    padded = pad(whole_json)
    return Sealed(
        header=header, content={**content, "self_tag": self_tag.hex()}, fresh=fresh,
        shared_secret=shared_secret, pbkdf2_salt=salt_for_key, message_key=key, aad=aad,
        untagged_json=untagged, message_hash=message_hash(untagged),
        self_secret=self_secret, self_key=own_self_key, self_tag_input=tag_input, self_tag=self_tag,
        json=whole_json, padded=padded, ciphertext=encrypt(key, fresh.nonce, aad, padded),
    )  # fmt: skip


def message_object(header: Header, fresh: Fresh, ciphertext: bytes) -> dict:
    """The members of the API's message object that sealing determines."""
    return {
        "client_id": header.client_id,
        "sender_email": header.sender_email,
        "recipient_email": header.recipient_email,
        "ciphertext": base64.b64encode(ciphertext).decode(),
        "nonce": base64.b64encode(fresh.nonce).decode(),
        "salt": base64.b64encode(fresh.salt).decode(),
        "message_type": header.message_type,
        "suite": SUITE,
        "sender_fingerprint": header.sender_fingerprint.hex(),
        "recipient_fingerprint": header.recipient_fingerprint.hex(),
        **({"tag": base64.b64encode(header.tag).decode()} if header.tag else {}),
    }


# §7.2 Opening


@dataclass(frozen=True)
class Opened:
    mine: bool
    content: dict
    hash: bytes
    supported: bool


def open_message(reader: Person, peer_email: str, peer_public_key: bytes, message: dict) -> Opened:
    """§7.2, step by step. Raises Refused."""
    header, nonce, salt, ciphertext = read_envelope(message)
    own = reader.fingerprint
    require(own in (header.sender_fingerprint, header.recipient_fingerprint), "not_our_key")
    mine = header.sender_fingerprint == own
    people = (reader.email, peer_email) if mine else (peer_email, reader.email)
    require((header.sender_email, header.recipient_email) == people, "wrong_people")
    check_peer_key(reader, peer_public_key, header.recipient_fingerprint if mine else header.sender_fingerprint)

    shared_secret = ecdh(reader.private_key, peer_public_key)
    key = message_key(shared_secret, pbkdf2_salt(header, salt))
    content = read_content(unpad(decrypt(key, nonce, additional_data(header), ciphertext)))

    require((content["from"], content["to"]) == (header.sender_email, header.recipient_email), "people")
    require(header.message_type == message_type_of(content["type"]), "type")
    require(not header.tag or header.tag == franking_tag(content), "tag")
    untagged = untagged_json(content)
    if mine:
        check_self_tag(reader, header, untagged, content["self_tag"])
    return Opened(mine, content, message_hash(untagged), supported=is_supported(content))


def read_envelope(message: object) -> tuple[Header, bytes, bytes, bytes]:
    """Steps 1 to 4: checks of the form before any cryptography."""
    require(isinstance(message, dict), "malformed")
    require(is_integer(message.get("suite")) and message["suite"] == SUITE, "unknown_suite")
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    require(matches(uuid, message.get("client_id")), "client_id")
    sender_fingerprint = read_fingerprint(message.get("sender_fingerprint"))
    recipient_fingerprint = read_fingerprint(message.get("recipient_fingerprint"))
    require(sender_fingerprint != recipient_fingerprint, "same_fingerprints")
    require(matches(r"[a-z][a-z0-9_-]{0,19}", message.get("message_type")), "message_type")
    sender_email, recipient_email = message.get("sender_email"), message.get("recipient_email")
    require(is_email(sender_email) and is_email(recipient_email), "wrong_people")
    require(sender_email != recipient_email, "wrong_people")
    nonce = read_base64(message.get("nonce"), "nonce")
    require(len(nonce) == 12, "nonce")
    salt = read_base64(message.get("salt"), "salt")
    require(16 <= len(salt) <= 32, "salt")
    ciphertext = read_base64(message.get("ciphertext"), "ciphertext")
    require(len(ciphertext) - 16 in BUCKETS, "ciphertext")
    tag = b"" if message.get("tag") is None else read_base64(message["tag"], "tag")
    require(message.get("tag") is None or len(tag) == 32, "tag")
    header = Header(
        sender_email, recipient_email, sender_fingerprint, recipient_fingerprint,
        message["client_id"], message["message_type"], tag,
    )  # fmt: skip
    return header, nonce, salt, ciphertext


def read_fingerprint(value: object) -> bytes:
    require(matches(r"[0-9a-f]{64}", value), "fingerprints")
    return bytes.fromhex(value)


def is_email(value: object) -> bool:
    """Whether it is a normalised address: printable ASCII without spaces and capitals."""
    return matches(r"[!-@\[-~]{3,255}", value)


def read_base64(value: object, reason: str) -> bytes:
    """Decode canonical standard base64 with padding (RFC 4648 §3.5), and refuse anything else."""
    require(isinstance(value, str), reason)
    try:
        data = base64.b64decode(value, validate=True)
    except ValueError:
        raise Refused(reason) from None
    require(base64.b64encode(data).decode() == value, reason)
    return data


def check_peer_key(reader: Person, peer_public_key: bytes, named: bytes) -> None:
    """§3.3: the key must be the one that the message names, and neither the own key nor its negative."""
    require(fingerprint(peer_public_key) == named, "wrong_peer_key")
    require(x_coordinate(peer_public_key) != x_coordinate(reader.public_key), "own_key")


def check_self_tag(reader: Person, header: Header, untagged: bytes, tag: str) -> None:
    key = self_key(ecdh(reader.private_key, reader.public_key), reader.fingerprint)
    expected = hmac.digest(key, self_tag_input(additional_data(header), untagged), "sha256")
    require(hmac.compare_digest(expected.hex(), tag), "decryption")
