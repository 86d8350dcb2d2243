import pytest
from django.core.management import CommandError, call_command

from conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NEW = "another horse battery"


@pytest.fixture
def typed(monkeypatch):
    answers = []
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_options: answers.pop(0))
    return answers


def test_it_works(alice, bob, anonymous, typed):
    typed += [NEW, NEW]
    call_command("changepassword", "Alice@EXAMPLE.org")
    assert (alice.get("/api/auth/me").status_code, bob.get("/api/auth/me").status_code) == (401, 200)
    statuses = [
        anonymous.post("/api/auth/login", {"email": alice.email, "password": password}, format="json").status_code
        for password in (PASSWORD, NEW)
    ]
    assert statuses == [401, 200]


def test_weak_and_mistyped_passwords_are_asked_for_again(alice, typed, capsys):
    typed += ["12345678", "12345678", NEW, NEW + "x", NEW, NEW]
    call_command("changepassword", alice.email)
    assert typed == []
    assert "too common" in capsys.readouterr().err


def test_three_bad_ones_change_nothing(alice, typed):
    typed += ["alice@example.org"] * 6
    with pytest.raises(CommandError, match="after 3 attempts"):
        call_command("changepassword", alice.email)
    assert alice.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize("arguments", [[], ["nobody@example.org"], ["nobody"]])
def test_somebody_must_be_named(alice, typed, arguments):
    with pytest.raises(CommandError):
        call_command("changepassword", *arguments)
