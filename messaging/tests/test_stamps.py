"""The stamp of a message with a franking tag, as docs/protocol.md §5.12 says."""

import base64
import hmac

import pytest

from conftest import envelope
from messaging.models import Message
from messaging.reports import stamps
from messaging.server_keys import ServerKey
from messaging.web_push import requests

TAG = b"t" * 32
TAGGED = {"tag": base64.b64encode(TAG).decode()}


@pytest.fixture(autouse=True)
def _keys_of_this_test():
    """Earlier tests have rolled theirs back."""
    stamps.stamp_key.cache_clear()
    requests.vapid_key.cache_clear()


def lp(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def expected(message):
    key = bytes(ServerKey.objects.get(use="stamp").secret)
    recipient = message["recipient_email"].encode()
    recipients = hmac.digest(key, lp(b"VibeChat stamp key", recipient), "sha256")
    parts = (
        str(message["id"]).encode(),
        base64.b64decode(message["tag"]),
        message["sender_email"].encode(),
        recipient,
        message["created_at"].encode(),
    )
    return base64.b64encode(hmac.digest(recipients, lp(b"VibeChat stamp", *parts), "sha256")).decode()


def test_stamp_covers_number_tag_people_and_time(alice, bob):
    message = alice.send(bob, **TAGGED)
    assert message["stamp"] == expected(message)


def test_every_answer_gives_the_same_stamp(alice, bob):
    body = envelope(bob, **TAGGED)
    message = alice.post("/api/messages/send", body).json()
    assert alice.post("/api/messages/send", body).json() == message
    assert bob.sync()["events"][0]["message"] == message
    for page in ("inbox", f"conversation/{alice.email}"):
        assert bob.get(f"/api/messages/{page}").json()["results"] == [message]


@pytest.mark.parametrize(
    "other",
    [
        {"id": 2**40},
        {"tag": base64.b64encode(b"u" * 32).decode()},
        {"sender_email": "mallory@example.org"},
        {"recipient_email": "mallory@example.org"},
    ],
)
def test_stamp_is_of_one_message(alice, bob, other):
    row = Message.objects.get(pk=alice.send(bob, **TAGGED)["id"])
    before = stamps.stamp_of(row)
    for name, value in other.items():
        setattr(row, name, value)
    assert stamps.stamp_of(row) != before


def test_all_processes_read_one_stamp_key(alice, bob):
    before = stamps.stamp_key()
    stamps.stamp_key.cache_clear()
    ServerKey.objects.update_or_create(use="stamp", defaults={"secret": before})
    assert ServerKey.secret_for("stamp", b"another") == before == stamps.stamp_key()


def test_push_services_see_one_key_whatever_the_secret_key(db, settings):
    requests.vapid_key.cache_clear()
    before = requests.public_key()
    settings.SECRET_KEY = "another"
    requests.vapid_key.cache_clear()
    assert requests.public_key() == before
