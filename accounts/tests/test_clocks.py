"""Processes with different clocks accept each other's fresh tokens and end no session."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.utils import datetime_to_epoch

from accounts.models import Session
from accounts.tokens import AccessToken, RefreshToken, claims_of_access_token, sign

LEEWAY_SECONDS = 60
KINDS = {"access": AccessToken, "refresh": RefreshToken}


def token_with(alice, kind, **seconds_from_now):
    """A correctly signed token with these claims."""
    token = KINDS[kind]()
    token["generation"] = 0
    for claim, seconds in seconds_from_now.items():
        token[claim] = datetime_to_epoch(timezone.now()) + seconds
    return sign(token, alice.session, 0)


def status(kind, token):
    if kind == "access":
        return APIClient().get("/api/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code
    return APIClient().post("/api/auth/refresh", {"refresh": token}, format="json").status_code


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_token_issued_in_the_future_is_valid_within_the_leeway(alice, kind, claim):
    assert status(kind, token_with(alice, kind, **{claim: LEEWAY_SECONDS - 5})) == 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_token_issued_beyond_the_leeway_is_refused_and_ends_no_session(alice, kind, claim):
    assert status(kind, token_with(alice, kind, **{claim: LEEWAY_SECONDS + 5})) == 401
    assert status("access", alice.tokens["access"]) == 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [0, -1, -LEEWAY_SECONDS + 5])
def test_expired_token_has_no_leeway(alice, kind, seconds):
    assert status(kind, token_with(alice, kind, exp=seconds)) == 401


def test_send_path_that_skips_django_has_the_same_leeway(alice):
    assert claims_of_access_token(token_with(alice, "access", iat=LEEWAY_SECONDS - 5)) is not None
    assert claims_of_access_token(token_with(alice, "access", iat=LEEWAY_SECONDS + 5)) is None
    assert claims_of_access_token(token_with(alice, "access", exp=0)) is None


@pytest.fixture
def set_clock(monkeypatch):
    """Moves the clock of this process and not that of the database."""
    now = timezone.now

    def move(**difference):
        monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(**difference))

    return move


@pytest.mark.parametrize("first", [-45, -15, 0, 15, 45])
@pytest.mark.parametrize("second", [-45, -15, 0, 15, 45])
def test_repeated_refresh_at_a_process_with_another_clock_ends_no_session(alice, set_clock, first, second):
    tokens = []
    for seconds in (first, second):
        set_clock(seconds=seconds)
        tokens.append(APIClient().post("/api/auth/refresh", {"refresh": alice.tokens["refresh"]}, format="json").json())
    assert tokens[0] == tokens[1]
    assert "refresh" in tokens[0]
    assert alice.session.still_live().exists()


@pytest.mark.parametrize("days", [-31, 31])
def test_process_whose_clock_is_wrong_by_weeks_ends_no_session(alice, set_clock, days):
    set_clock(days=days)
    status("refresh", alice.tokens["refresh"])
    status("refresh", alice.tokens["refresh"])
    assert alice.session.still_live().exists()
    assert Session.objects.begin(alice.user).expires_at < timezone.now() - timedelta(days=days) + timedelta(days=31)
