"""A software authenticator for WebAuthn: makes and uses discoverable ES256 credentials, without attestation."""

import hashlib
import json
import secrets

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """The attributes can be changed to make it answer wrongly."""

    def __init__(self, origin: str = "http://testserver", rp_id: str = "testserver") -> None:
        self.origin, self.rp_id = origin, rp_id
        self.flags = PRESENT | VERIFIED
        self.count = 0
        self.id = secrets.token_bytes(16)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.handle: bytes | None = None
        self.client_data: dict = {}

    def create(self, options: dict) -> dict:
        """Answer creation options."""
        self.handle = base64url_to_bytes(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + key
        data = self.data(self.flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self.credential("webauthn.create", options, attestationObject=attestation)

    def get(self, options: dict) -> dict:
        """Answer request options."""
        client, data = self.client("webauthn.get", options), self.data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"authenticatorData": data, "signature": signature, "userHandle": self.handle}
        return self.credential("webauthn.get", options, **parts)

    def data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def client(self, kind: str, options: dict) -> bytes:
        data = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(data | self.client_data).encode()

    def credential(self, kind: str, options: dict, **response: bytes | None) -> dict:
        parts = {"clientDataJSON": self.client(kind, options), **response}
        name = bytes_to_base64url(self.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": {part: bytes_to_base64url(value) for part, value in parts.items() if value is not None},
            "clientExtensionResults": {},
        }
