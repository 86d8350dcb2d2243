import pytest
from django.core.management import CommandError, call_command

from accounts.invites import Invite
from accounts.models import User
from accounts.tests.test_register import register

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _closed(settings):
    settings.REGISTRATION = "closed"


@pytest.fixture
def make_link(capsys):
    def make() -> str:
        call_command("create_invite")
        return capsys.readouterr().out.strip()

    return make


def status(client, link, name="carol"):
    return register(client, email=f"{name}@example.org", invite=link.partition("#invite=")[2]).status_code


def by_link(link):
    return link


def by_token(link):
    return link.partition("=")[2]


def by_id(link):
    return str(Invite.objects.earliest("pk").pk)


@pytest.mark.parametrize("named", [by_link, by_token, by_id])
def test_invitation_is_revoked_by_link_token_or_id(anonymous, make_link, capsys, named):
    link, other = make_link(), make_link()
    call_command("revoke_invite", named(link))
    assert capsys.readouterr().out == "Invitations revoked: 1.\n"
    assert status(anonymous, link) == 403
    assert status(anonymous, other) == 201


def test_all_revokes_every_invitation(anonymous, make_link, capsys):
    links = make_link(), make_link()
    call_command("revoke_invite", "--all")
    assert [status(anonymous, link) for link in links] == [403, 403]
    call_command("revoke_invite", "--all")
    assert capsys.readouterr().out == "Invitations revoked: 2.\nInvitations revoked: 0.\n"


def test_used_invitation_cannot_be_revoked_and_its_account_stays(anonymous, make_link):
    link = make_link()
    assert status(anonymous, link) == 201
    with pytest.raises(CommandError, match="no such invitation"):
        call_command("revoke_invite", link)
    assert User.objects.get().is_active


@pytest.mark.parametrize(
    "arguments", [[], ["--all", "1"], ["0"], ["9" * 30], ["x"], [""], ["http://127.0.0.1/#invite="]]
)
def test_invalid_arguments_revoke_nothing(make_link, arguments):
    make_link()
    with pytest.raises(CommandError):
        call_command("revoke_invite", *arguments)
    assert Invite.objects.count() == 1


def test_security_log_names_the_invitation_and_the_system_user(make_link, caplog, monkeypatch):
    monkeypatch.setenv("SUDO_UID", "1234")
    link = make_link()
    number = Invite.objects.get().pk
    call_command("revoke_invite", link)
    (record,) = [record for record in caplog.records if record.getMessage() == "invite_revoked"]
    assert (record.name, record.invite, record.by) == ("vibechat.security", number, "uid 1234")
    assert by_token(link) not in str(vars(record))
