import pytest
from django.core.management import CommandError, call_command

from accounts.models import Session

pytestmark = pytest.mark.django_db


def status(person):
    return person.get("/api/auth/me").status_code


def test_all_sessions_of_the_account_end(alice, bob, capsys):
    Session.objects.begin(alice.user)
    call_command("revoke_sessions", alice.email)
    assert capsys.readouterr().out == "Sessions ended: 2.\n"
    assert (status(alice), status(bob)) == (401, 200)
    refresh = {"refresh": alice.tokens["refresh"]}
    assert alice.client.post("/api/auth/refresh", refresh).status_code == 401


def test_any_spelling_of_the_address_is_accepted(alice):
    call_command("revoke_sessions", " ALICE@Example.org")
    assert status(alice) == 401


def test_all_ends_the_sessions_of_every_account(alice, bob, capsys):
    call_command("revoke_sessions", "--all")
    assert (status(alice), status(bob)) == (401, 401)
    call_command("revoke_sessions", "--all")
    assert capsys.readouterr().out == "Sessions ended: 2.\nSessions ended: 0.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "one of the arguments"),
        (["--all", "alice@example.org"], "not allowed with"),
        (["nobody@example.org"], "There is no account with the address nobody@example.org."),
        (["nobody"], "'nobody' is not an email address."),
        ([""], "'' is not an email address."),
    ],
)
def test_invalid_arguments_end_no_session(alice, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("revoke_sessions", *arguments)
    assert status(alice) == 200


def test_security_log_names_the_accounts_and_the_system_user(alice, bob, caplog, monkeypatch):
    monkeypatch.setenv("SUDO_UID", "1234")
    call_command("revoke_sessions", alice.email)
    call_command("revoke_sessions", "--all")
    events = [record for record in caplog.records if record.getMessage() == "sessions_revoked"]
    assert {record.by for record in events} == {"uid 1234"}
    told = [(getattr(record, "user", "everybody"), record.count) for record in events]
    assert told == [(alice.user.pk, 1), (bob.user.pk, 1), ("everybody", 1)]
