import sys

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def terminal(monkeypatch):
    """Answers each prompt with the next item of `terminal.left`."""

    class Terminal:
        left = []

        def isatty(self):
            return True

        def answer(self, *_args, **_options):
            return self.left.pop(0)

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr("builtins.input", terminal.answer)
    monkeypatch.setattr("getpass.getpass", terminal.answer)
    return terminal


def test_account_is_an_operator_and_can_log_in(monkeypatch, client):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", "--email", "Operator@Example.ORG")
    user = User.objects.get(email="operator@example.org")
    assert (user.is_staff, user.is_superuser, user.check_password(PASSWORD)) == (True, True, True)
    assert client.login(username="operator@EXAMPLE.org", password=PASSWORD)


def test_prompts_refuse_taken_or_malformed_addresses_and_weak_passwords(terminal, alice, capsys):
    terminal.left = ["ALICE@example.org", "no address", "Carol@example.org"]
    terminal.left += ["12345678", "12345678", "n", PASSWORD, PASSWORD]
    call_command("createsuperuser")
    assert terminal.left == []
    errors = capsys.readouterr().err
    for sentence in ("already taken", "valid email address", "too common", "entirely numeric"):
        assert sentence in errors
    assert User.objects.get(email="carol@example.org").check_password(PASSWORD)


@pytest.mark.parametrize("email", ["ALICE@example.org", "nobody", "caröl@example.org", "a\u200b@example.org", ""])
def test_taken_or_malformed_address_creates_no_account(monkeypatch, alice, email):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", "--email", email)
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.parametrize("password", ["12345678", "", "carol@example.org"])
def test_weak_password_creates_no_account_with_noinput(monkeypatch, password):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", "--email", "carol@example.org")
    assert not User.objects.exists()


def test_password_validation_cannot_be_bypassed(terminal):
    terminal.left = ["carol@example.org", "12345678", "12345678", "y"]
    with pytest.raises(CommandError, match="too common"):
        call_command("createsuperuser")
    assert not User.objects.exists()
