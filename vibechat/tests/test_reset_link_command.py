import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.reset_links import user_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_it_prints_a_link_of_the_account(alice, settings, capsys):
    settings.PUBLIC, settings.ALLOWED_HOSTS = True, ["chat.example.org"]
    call_command("reset_link", " ALICE@Example.org")
    page, _, token = capsys.readouterr().out.strip().partition("#link=")
    assert page == "https://chat.example.org/reset"
    assert user_of(token) == alice.user


def test_log_says_who_made_it_for_whom_by_ids(alice, caplog, capsys):
    caplog.set_level("INFO")
    call_command("reset_link", alice.email)
    [event] = [vars(record) for record in caplog.records if record.getMessage() == "reset_link_made"]
    assert event["user"] == alice.user.pk
    assert event["by"].startswith("uid ")
    logged = "\n".join(str(vars(record)) for record in caplog.records)
    assert alice.email not in logged
    assert capsys.readouterr().out.strip().rpartition("-")[2] not in logged


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("nobody@example.org", "There is no account with the address nobody@example.org."),
        ("nobody", "'nobody' is not an email address."),
        ("alice@example.org", "alice@example.org is suspended."),
    ],
)
def test_no_link_without_an_account_that_may_log_in(alice, email, sentence):
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match=sentence):
        call_command("reset_link", email)
