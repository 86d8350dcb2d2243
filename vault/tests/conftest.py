from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session
from messaging.realtime import dispatcher
from tests.support.vault_writer import Writer


@pytest.fixture
def writer(alice):
    return Writer(alice)


@pytest.fixture
def pushed(monkeypatch):
    """The pushes of the test: (user id, text)."""
    sent = []
    monkeypatch.setattr(dispatcher, "publish", lambda pushes: sent.extend((push.user_id, push.text) for push in pushes))
    return sent


@pytest.fixture
def unproven():
    """Let the time pass in which a session counts as proven."""

    def forget(person):
        Session.objects.filter(pk=person.session.pk).update(proven_at=timezone.now() - timedelta(minutes=16))

    return forget
