import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from contacts.models import Contact
from keys.models import PublicKey

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def printed_passwords(capsys) -> dict:
    lines = capsys.readouterr().out.splitlines()
    return dict(line.split() for line in lines if line.count("@") == 1)


def log_in(client, email, password):
    response = client.post("/api/auth/login", {"email": email, "password": password}, format="json")
    assert response.status_code == 200
    return response.json()


def test_both_accounts_can_log_in_and_have_each_other_as_contact(anonymous, capsys):
    call_command("create_demo")
    passwords = printed_passwords(capsys)
    assert list(passwords) == ["alice@example.org", "bob@example.org"]
    people = list(passwords)
    for email, other in (people, people[::-1]):
        answer = log_in(anonymous, email, passwords[email])
        assert answer["user"]["display_name"] == email.partition("@")[0].title()
        listed = anonymous.get("/api/contacts/list", headers={"Authorization": f"Bearer {answer['access']}"})
        assert [contact["email"] for contact in listed.json()["results"]] == [other]


def test_no_key_is_created_and_the_output_says_so(capsys):
    call_command("create_demo")
    assert "key is made in the browser" in capsys.readouterr().out
    assert not PublicKey.objects.exists()


def test_passwords_are_random(capsys):
    call_command("create_demo")
    call_command("create_demo", "--emails", "carol@example.org", "dave@example.org")
    passwords = printed_passwords(capsys).values()
    assert len(set(passwords)) == 4
    assert min(map(len, passwords)) >= 16


def test_emails_can_be_chosen(anonymous, capsys):
    call_command("create_demo", "--emails", "Carol@Example.org", "dave@example.org")
    assert list(printed_passwords(capsys)) == ["carol@example.org", "dave@example.org"]


def test_existing_address_creates_nothing(bob):
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("create_demo")
    assert list(User.objects.all()) == [bob.user]
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "emails", [["carol@example.org"], ["carol@example.org", "CAROL@example.org"], ["carol@example.org", "dave"]]
)
def test_invalid_arguments_create_no_account(emails):
    with pytest.raises(CommandError):
        call_command("create_demo", "--emails", *emails)
    assert not User.objects.exists()
