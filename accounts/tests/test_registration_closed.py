"""With REGISTRATION=closed, registration needs a usable invitation, and a refusal reveals nothing about addresses."""

import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.invites import Invite
from accounts.models import User
from accounts.tests.test_register import register
from conftest import PASSWORD


@pytest.fixture(autouse=True)
def _closed(settings, db):
    settings.REGISTRATION = "closed"


@pytest.fixture
def invite(capsys) -> str:
    call_command("create_invite")
    link = capsys.readouterr().out.strip()
    address, _, token = link.partition("#invite=")
    assert address == "http://127.0.0.1:8000/register"
    return token


def test_invitation_registers_one_account(anonymous, invite):
    assert register(anonymous, invite=invite).status_code == 201
    assert register(anonymous, email="dave@example.org", invite=invite).json()["code"] == "registration_closed"
    assert User.objects.count() == 1


@pytest.mark.parametrize("more", [{}, {"invite": None}, {"invite": "x" * 32}, {"invite": 7}, {"invite": ""}])
def test_missing_or_unknown_invitation_is_refused_before_the_body_is_validated(anonymous, alice, more):
    for body in ({}, {"email": alice.email}, {"email": "no address"}, {"password": "short"}):
        answer = register(anonymous, **body, **more)
        assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
    assert User.objects.count() == 1


def test_expired_invitation_is_refused_and_deleted_with_the_next_issue(anonymous, invite):
    Invite.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert register(anonymous, invite=invite).status_code == 403
    call_command("create_invite")
    assert Invite.objects.get().expires_at > timezone.now() + timedelta(days=6)


@pytest.mark.parametrize("more", [{"password": "12345678"}, {"email": "alice@example.org"}, {"email": "none"}])
def test_refused_registration_spends_no_invitation(anonymous, alice, invite, more):
    assert register(anonymous, invite=invite, **more).status_code in (400, 409)
    assert register(anonymous, invite=invite).status_code == 201


def test_token_is_neither_stored_nor_logged(invite, caplog):
    row = Invite.objects.get()
    assert invite not in str(vars(row)) + caplog.text


def test_open_server_ignores_the_invitation(anonymous, settings, invite):
    settings.REGISTRATION = "open"
    assert register(anonymous, invite="spent").status_code == 201
    assert Invite.objects.count() == 1


@pytest.mark.parametrize("state", ["open", "closed"])
def test_registration_state_is_public(anonymous, settings, state):
    settings.REGISTRATION = state
    assert anonymous.get("/api/auth/registration").json() == {"registration": state}


@pytest.mark.parametrize("days", [0, 366])
def test_invalid_lifetime_creates_no_invitation(days):
    with pytest.raises(CommandError):
        call_command("create_invite", days=days)
    assert not Invite.objects.exists()


def test_create_user_needs_no_invitation():
    User.objects.create_user("carol@example.org", PASSWORD)


@pytest.mark.django_db(transaction=True)
def test_concurrent_registrations_with_one_invitation_create_one_account(invite):
    from rest_framework.test import APIClient

    statuses, start = [], threading.Barrier(2)

    def attempt(name):
        start.wait(30)
        statuses.append(register(APIClient(), email=f"{name}@example.org", invite=invite).status_code)
        connection.close()

    threads = [threading.Thread(target=attempt, args=[name]) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [201, 403]
    assert User.objects.count() == 1
