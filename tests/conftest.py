import base64

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import User
from conftest import PASSWORD, Person, new_spki
from files.models import File
from tests.browser.shared import (
    browser,
    browser_type,
    chromium,
    launch_options,
    lines,
    pool,
    site,
    whole_launch_options,
)
from tests.support.flush import flush
from tests.support.nasty_inputs import BODIES
from tests.support.vault_writer import Writer
from vault.models import Passkey

__all__ = [  # re-exported fixtures, so that all browser tests share one browser
    "browser",
    "browser_type",
    "chromium",
    "launch_options",
    "lines",
    "pool",
    "site",
    "whole_launch_options",
]


@pytest.fixture
def operator(db):
    return User.objects.create_superuser("operator@example.org", PASSWORD)


@pytest.fixture
def pages(operator):
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Accounts, tokens and ids by name: alice and bob are in contact, mallory knows nobody, suspended is suspended. The
    rows are committed once for the module, and each test rolls back what it changes.
    """
    with django_db_blocker.unblock():
        yield make_world()
        flush()
        connections.close_all()


def make_world() -> dict:
    people = {name: Person(name) for name in ("alice", "bob", "mallory")}
    alice, bob, _ = people.values()
    key = base64.b64encode(new_spki()).decode()
    alices, bobs = alice.upload_key(), bob.post("/api/keys/upload", {"public_key": key}).json()["fingerprint"]
    suspended = Person("suspended")
    suspended.upload_key()
    User.objects.filter(pk=suspended.user.pk).update(is_active=False)
    writer = Writer(bob, public_key=key)
    vault = writer.first()
    following = writer.after(vault)
    segment = writer.segment_body(2, writer.segment(), revision=2)[1]
    route = "ab" * 16
    bob.post("/api/invitations", {"route": route})
    passkey = Passkey.objects.create(user=bob.user, credential_id=b"bobs", public_key=b"k", sign_count=0)
    message = alice.send(bob, sender_fingerprint=alices, recipient_fingerprint=bobs)
    subscription = bob.post("/api/push", BODIES["POST", "/api/push"]).json()
    return {
        "people": people,
        "mallory": people["mallory"].email,
        "alice": alice.email,
        "bob": bob.email,
        "suspended": suspended.email,
        "nobody": "nobody@example.org",
        "alices": alices,
        "bobs": bobs,
        "nobodys": "0" * 64,
        "bobs_key": key,
        "new_key": base64.b64encode(new_spki()).decode(),
        "message": message["id"],
        "client_id": message["client_id"],
        "file": File.objects.create(
            id="ef" * 16, owner=alice.user, recipient=bob.user, size=1000, completed_at=timezone.now()
        ).pk,
        "push": subscription["id"],
        "push_token": subscription["token"],
        "block": bob.post("/api/blocks/add", {"email": people["mallory"].email}).json()["id"],
        "contact": alice.post("/api/contacts/add", {"email": bob.email}).json()["id"],
        **{f"vault_{name}": following[name] for name in ("blob", "hash", "previous", "signature")},
        "way": vault["ways"][0]["id"],
        "box": vault["ways"][0]["box"],
        "segment": segment,
        "new_route": "cd" * 16,
        "bobs_route": route,
        "passkey": passkey.pk,
        "bobs_browser": writer.browser.id,
        "bobs_list": writer.list(2),
        **alice.tokens,
        "tokens": {"anonymous": None} | {name: person.tokens["access"] for name, person in people.items()},
    }
