"""Django's own command, with our accounts."""

import sys

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def terminal(monkeypatch):
    """Answers the questions in turn; `terminal.left` must be empty in the end."""

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


def test_it_works(monkeypatch, client):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", "--email", "Operator@Example.ORG")
    user = User.objects.get(email="operator@example.org")
    assert (user.is_staff, user.is_superuser, user.check_password(PASSWORD)) == (True, True, True)
    assert client.login(username="operator@EXAMPLE.org", password=PASSWORD)


def test_questions_refuse_what_is_taken_malformed_or_weak(terminal, alice, capsys):
    terminal.left = ["ALICE@example.org", "no address", "Carol@example.org"]
    terminal.left += ["12345678", "12345678", "n", PASSWORD, PASSWORD]
    call_command("createsuperuser")
    assert terminal.left == []
    errors = capsys.readouterr().err
    for sentence in ("already taken", "valid email address", "too common", "entirely numeric"):
        assert sentence in errors
    assert User.objects.get(email="carol@example.org").check_password(PASSWORD)


@pytest.mark.parametrize("email", ["ALICE@example.org", "nobody", "caröl@example.org", "a\u200b@example.org", ""])
def test_bad_address_makes_nobody(monkeypatch, alice, email):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", "--email", email)
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.parametrize("password", ["12345678", "", "carol@example.org"])
def test_weak_password_makes_nobody_without_questions_either(monkeypatch, password):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", "--email", "carol@example.org")
    assert not User.objects.exists()


def test_nobody_goes_round_the_check(terminal):
    terminal.left = ["carol@example.org", "12345678", "12345678", "y"]
    with pytest.raises(CommandError, match="too common"):
        call_command("createsuperuser")
    assert not User.objects.exists()
