"""Fixtures for all tests: alice and bob talk to each other, mallory is an outsider."""

import base64
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rest_framework.test import APIClient

from accounts.models import Session, User
from accounts.tokens import first_tokens
from keys.public_key_encoding import fingerprint

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _no_limits(settings):
    """The tests of the rate limits turn them on."""
    settings.RATELIMIT_ENABLE = False


def new_spki() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class Person:
    """An account with an authenticated API client."""

    def __init__(self, name):
        self.email = f"{name}@example.org"
        self.user = User.objects.create_user(self.email, PASSWORD, display_name=name.title())
        self.session = Session.objects.begin(self.user)
        self.tokens = first_tokens(self.session)
        self.client = APIClient(headers={"Authorization": f"Bearer {self.tokens['access']}"})
        self.client.default_format = "json"

    def get(self, path, **query):
        return self.client.get(path, query)

    def post(self, path, body=None):
        return self.client.post(path, {} if body is None else body, format="json")

    def patch(self, path, body):
        return self.client.patch(path, body, format="json")

    def put(self, path, body):
        return self.client.put(path, body, format="json")

    def delete(self, path, body=None):
        return self.client.delete(path, body, format="json")

    def upload_key(self, **more):
        spki = new_spki()
        response = self.post("/api/keys/upload", {"public_key": base64.b64encode(spki).decode(), **more})
        assert response.status_code == 201, response.json()
        return fingerprint(spki)

    def send(self, to, **more):
        """Send a message and return the message object. Fails the test if it is refused."""
        response = self.post("/api/messages/send", envelope(to, **more))
        assert response.status_code == 201, response.json()
        return response.json()

    def sync(self, after=0):
        return self.get("/api/messages/sync", after=after).json()


def envelope(to, **more) -> dict:
    return {
        "recipient_email": to if isinstance(to, str) else to.email,
        "ciphertext": base64.b64encode(uuid.uuid4().bytes * 2).decode(),
        "nonce": base64.b64encode(b"n" * 12).decode(),
        "salt": base64.b64encode(b"s" * 16).decode(),
        "client_id": str(uuid.uuid4()),
    } | more


@pytest.fixture
def anonymous():
    return APIClient()


@pytest.fixture
def alice(db):
    return Person("alice")


@pytest.fixture
def bob(db):
    return Person("bob")


@pytest.fixture
def mallory(db):
    return Person("mallory")
