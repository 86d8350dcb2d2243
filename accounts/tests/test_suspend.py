import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from conftest import PASSWORD

pytestmark = pytest.mark.django_db


def log_in(person):
    body = {"email": person.email, "password": PASSWORD}
    return APIClient().post("/api/auth/login", body, format="json").status_code


def test_suspended_account_loses_its_sessions_and_cannot_log_in(alice, bob, capsys):
    call_command("suspend", "Alice@example.org")
    assert capsys.readouterr().out == "alice@example.org is suspended; its sessions are over.\n"
    assert alice.get("/api/auth/me").status_code == 401
    assert bob.post("/api/contacts/add", {"email": alice.email}).status_code == 404
    assert log_in(alice) == 401


def test_lift_allows_log_in_but_restores_no_session(alice, bob, capsys):
    call_command("suspend", alice.email)
    call_command("suspend", alice.email, "--lift")
    assert capsys.readouterr().out.endswith("alice@example.org may log in again.\n")
    assert alice.get("/api/auth/me").status_code == 401
    assert log_in(alice) == 200


@pytest.mark.parametrize("arguments", [[], ["nobody@example.org"], ["nobody"]])
def test_invalid_arguments_suspend_no_account(alice, arguments):
    with pytest.raises(CommandError):
        call_command("suspend", *arguments)
    assert alice.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize("lift", [False, True])
def test_security_log_names_the_account_and_the_system_user(alice, caplog, monkeypatch, lift):
    monkeypatch.setenv("SUDO_UID", "1234")
    call_command("suspend", alice.email, lift=lift)
    event = "account_reactivated" if lift else "account_suspended"
    (record,) = [record for record in caplog.records if record.getMessage() == event]
    assert (record.name, record.user, record.by) == ("vibechat.security", alice.user.pk, "uid 1234")
