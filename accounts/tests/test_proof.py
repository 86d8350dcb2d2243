"""/api/auth/proof: for 15 minutes the session may change ways back, browsers and passkeys."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session
from conftest import PASSWORD

PATH = "/api/auth/proof"
pytestmark = pytest.mark.django_db


@pytest.fixture
def old(alice):
    Session.objects.filter(pk=alice.session.pk).update(proven_at=timezone.now() - timedelta(minutes=16))
    return alice


def test_it_works(old):
    assert not old.session.is_proven()
    assert old.post(PATH, {"password": PASSWORD}).status_code == 204
    assert old.session.is_proven()


def test_wrong_password_is_refused(old, caplog):
    answer = old.post(PATH, {"password": "wrong"})
    assert answer.status_code == 400
    assert answer.json()["fields"]["password"][0]["code"] == "wrong_password"
    assert not old.session.is_proven()
    assert "proof_refused" in [record.message for record in caplog.records]


def test_session_asks_whether_it_is_proven(old):
    assert old.get(PATH).json() == {"is_proven": False}
    old.post(PATH, {"password": PASSWORD})
    assert old.get(PATH).json() == {"is_proven": True}


def test_only_this_session_is_proven(old):
    other = Session.objects.begin(old.user)
    Session.objects.filter(pk=other.pk).update(proven_at=None)
    old.post(PATH, {"password": PASSWORD})
    assert not other.is_proven()


def test_session_that_is_over_proves_nothing(alice):
    alice.session.end()
    alice.session.prove()
    assert not alice.session.is_proven()


def test_proof_lasts_15_minutes(alice):
    for seconds, is_proven in ((899, True), (901, False)):
        Session.objects.filter(pk=alice.session.pk).update(proven_at=timezone.now() - timedelta(seconds=seconds))
        assert alice.session.is_proven() is is_proven


def test_new_password_counts_as_proof(old):
    change = {"current_password": PASSWORD, "new_password": "another horse battery"}
    assert old.post("/api/auth/password", change).status_code == 204
    assert old.session.is_proven()


def test_attempts_are_limited(old, settings):
    settings.RATELIMIT_ENABLE = True
    answers = [old.post(PATH, {"password": "wrong"}).status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]
