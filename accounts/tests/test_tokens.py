"""A verified access token is remembered, but neither beyond its expiry nor in place of its session."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts import tokens
from accounts.tokens import access_token, claims_of_access_token


@pytest.fixture(autouse=True)
def verified(monkeypatch):
    monkeypatch.setattr(tokens, "verified", tokens.OrderedDict())
    return tokens.verified


def issue(alice, generation=0):
    return access_token(alice.session, generation, timezone.now())


def test_signature_of_a_token_is_checked_once(alice, monkeypatch):
    access = issue(alice)
    claims = claims_of_access_token(access)
    monkeypatch.setattr(tokens, "verify", lambda access: pytest.fail("verified again"))
    assert claims_of_access_token(access) == claims
    assert claims.session_id == alice.session.pk


@pytest.mark.parametrize("change", [lambda access: access[:-2], lambda access: access + "A", lambda access: access[1:]])
def test_changed_token_is_not_taken_for_a_verified_one(alice, change):
    access = issue(alice)
    assert claims_of_access_token(access) is not None
    assert claims_of_access_token(change(access)) is None


def test_verified_token_expires(alice, settings, monkeypatch):
    access, now = issue(alice), timezone.now()
    for before_expiry, is_valid in ((1, True), (-1, False)):
        moment = now + settings.ACCESS_TOKEN_LIFETIME - timedelta(seconds=before_expiry)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert (claims_of_access_token(access) is not None) == is_valid


def test_few_tokens_are_remembered_and_no_refused_ones(alice, monkeypatch, verified):
    monkeypatch.setattr(tokens, "MOST_VERIFIED", 2)
    accesses = [issue(alice, generation) for generation in range(3)]
    for access in [*accesses, "x", accesses[0][:-2]]:
        claims_of_access_token(access)
    assert len(verified) == 2
    assert all(claims_of_access_token(access) is not None for access in accesses)


def log_out(alice):
    alice.post("/api/auth/logout")


def change_password(alice):
    alice.user.set_password("wholly different words")
    alice.user.save()


def suspend(alice):
    call_command("suspend", alice.email)


@pytest.mark.parametrize("end", [log_out, change_password, suspend])
def test_verified_token_of_an_ended_session_is_refused(alice, end):
    assert alice.get("/api/auth/me").status_code == 200
    end(alice)
    assert alice.get("/api/auth/me").status_code == 401
