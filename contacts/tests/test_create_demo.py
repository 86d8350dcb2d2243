import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from contacts.models import Contact
from keys.models import PublicKey

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def printed(capsys) -> dict:
    lines = capsys.readouterr().out.splitlines()
    return dict(line.split() for line in lines if line.count("@") == 1)


def log_in(client, email, password):
    response = client.post("/api/auth/login", {"email": email, "password": password}, format="json")
    assert response.status_code == 200
    return response.json()


def test_it_works(anonymous, capsys):
    call_command("create_demo")
    passwords = printed(capsys)
    assert list(passwords) == ["alice@example.org", "bob@example.org"]
    people = list(passwords)
    for email, other in (people, people[::-1]):
        answer = log_in(anonymous, email, passwords[email])
        assert answer["user"]["display_name"] == email.partition("@")[0].title()
        listed = anonymous.get("/api/contacts/list", headers={"Authorization": f"Bearer {answer['access']}"})
        assert [contact["email"] for contact in listed.json()["results"]] == [other]


def test_it_says_where_the_keys_come_from_and_makes_none(capsys):
    call_command("create_demo")
    assert "key is made in the browser" in capsys.readouterr().out
    assert not PublicKey.objects.exists()


def test_passwords_are_new_each_time(capsys):
    call_command("create_demo")
    call_command("create_demo", "--emails", "carol@example.org", "dave@example.org")
    passwords = printed(capsys).values()
    assert len(set(passwords)) == 4
    assert min(map(len, passwords)) >= 16


def test_other_people(anonymous, capsys):
    call_command("create_demo", "--emails", "Carol@Example.org", "dave@example.org")
    assert list(printed(capsys)) == ["carol@example.org", "dave@example.org"]


def test_it_refuses_where_one_of_them_exists(bob):
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("create_demo")
    assert list(User.objects.all()) == [bob.user]
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "emails", [["carol@example.org"], ["carol@example.org", "CAROL@example.org"], ["carol@example.org", "dave"]]
)
def test_bad_arguments_make_nobody(emails):
    with pytest.raises(CommandError):
        call_command("create_demo", "--emails", *emails)
    assert not User.objects.exists()
