"""Mallory's own keys, and the messages that she can seal and open with them by tests/reference/."""

import base64
import secrets
import time
import uuid
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.reference.content import VERSION, canonical_json, pad
from tests.reference.suite1 import (
    Fresh,
    Header,
    Opened,
    Person,
    Sealed,
    additional_data,
    ecdh,
    encrypt,
    fingerprint,
    lp,
    message_key,
    message_object,
    open_message,
    pbkdf2_salt,
    seal,
)


@dataclass(frozen=True)
class Impostor(Person):
    """An email address, its own or another person's, with Mallory's keys."""

    name: str = ""
    private_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    identity: ed25519.Ed25519PrivateKey = field(default_factory=ed25519.Ed25519PrivateKey.generate)
    browser: str = field(default_factory=lambda: secrets.token_hex(16))
    password: str = field(default_factory=lambda: f"correct horse {secrets.token_hex(6)}")

    @property
    def identity_key(self) -> bytes:
        return self.identity.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def key_object(self, **other: object) -> dict:
        """The signed key object of the API. `other` replaces members."""
        now = "2026-11-23T08:00:00Z"
        return {
            "email": self.email,
            "public_key": base64.b64encode(self.public_key).decode(),
            "fingerprint": self.fingerprint.hex(),
            "algorithm": "ECDH",
            "identity_key": base64.b64encode(self.identity_key).decode(),
            "identity_signature": base64.b64encode(self.statement(self.public_key)).decode(),
            "created_at": now,
            "updated_at": now,
        } | other

    def statement(self, public_key: bytes, version: int = 1, suites: tuple[int, ...] = (1,)) -> bytes:
        """The identity statement of docs/protocol.md §3.4 for this key."""
        numbers = b"".join(suite.to_bytes(4, "big") for suite in suites)
        signed = lp(
            b"VibeChat identity statement", self.email.encode(), public_key, version.to_bytes(4, "big"), numbers
        )
        return version.to_bytes(4, "big") + bytes([len(suites)]) + numbers + self.identity.sign(signed)

    def seal(self, recipient: str, public_key: bytes, body: str = "", **members: object) -> Sealed:
        """Seal a message. `members` override the content, or `client_id` and `message_type` of the header."""
        header = Header(
            self.email,
            recipient,
            self.fingerprint,
            fingerprint(public_key),
            str(members.pop("client_id", uuid.uuid4())),
            str(members.pop("message_type", "text")),
        )
        fresh = Fresh(secrets.token_bytes(32), secrets.token_bytes(12))
        return seal(self, public_key, header, self.draft(body) | members, fresh)

    def forge_of(self, peer: str, public_key: bytes, body: str) -> dict:
        """Forge a message from the peer to this account. ECDH gives both people the keys of both directions."""
        header = Header(peer, self.email, fingerprint(public_key), self.fingerprint, str(uuid.uuid4()))
        fresh = Fresh(secrets.token_bytes(32), secrets.token_bytes(12))
        key = message_key(ecdh(self.private_key, public_key), pbkdf2_salt(header, fresh.salt))
        content = {"v": VERSION, "from": peer, "to": self.email, "self_tag": secrets.token_hex(32)}
        padded = pad(canonical_json(content | self.draft(body)))
        return message_object(header, fresh, encrypt(key, fresh.nonce, additional_data(header), padded))

    def draft(self, body: str) -> dict:
        return {
            "type": "text",
            "browser": self.browser,
            "counter": 1,
            "previous": None,
            "received": [],
            "sent_at": int(time.time() * 1000),
            "body": body,
        }

    def open(self, peer: str, public_key: bytes, message: dict) -> Opened:
        return open_message(self, peer, public_key, message)
