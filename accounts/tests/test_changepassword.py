import pytest
from django.core.management import CommandError, call_command

from conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NEW = "another horse battery"


@pytest.fixture
def typed_passwords(monkeypatch):
    answers = []
    monkeypatch.setattr("getpass.getpass", lambda *_args, **_options: answers.pop(0))
    return answers


def test_new_password_replaces_the_old_and_ends_the_sessions(alice, bob, anonymous, typed_passwords):
    typed_passwords += [NEW, NEW]
    call_command("changepassword", "Alice@EXAMPLE.org")
    assert (alice.get("/api/auth/me").status_code, bob.get("/api/auth/me").status_code) == (401, 200)
    statuses = [
        anonymous.post("/api/auth/login", {"email": alice.email, "password": password}, format="json").status_code
        for password in (PASSWORD, NEW)
    ]
    assert statuses == [401, 200]


def test_weak_or_mistyped_password_is_prompted_for_again(alice, typed_passwords, capsys):
    typed_passwords += ["12345678", "12345678", NEW, NEW + "x", NEW, NEW]
    call_command("changepassword", alice.email)
    assert typed_passwords == []
    assert "too common" in capsys.readouterr().err


def test_three_refused_passwords_change_nothing(alice, typed_passwords):
    typed_passwords += ["alice@example.org"] * 6
    with pytest.raises(CommandError, match="after 3 attempts"):
        call_command("changepassword", alice.email)
    assert alice.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize("arguments", [[], ["nobody@example.org"], ["nobody"]])
def test_missing_or_unknown_address_is_refused(alice, typed_passwords, arguments):
    with pytest.raises(CommandError):
        call_command("changepassword", *arguments)
