"""Operators suspend, reactivate, rename, add and delete accounts and set passwords in the admin pages."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.invites import Invite
from accounts.models import Session, User
from accounts.tests.test_register import register
from conftest import PASSWORD

pytestmark = pytest.mark.usefixtures("collected_static")
NEW_PASSWORD = "another horse battery"


def test_any_spelling_of_an_operators_address_logs_in(operator, alice):
    for email, status in [(" OPERATOR@example.org", 302), (alice.email, 200), ("nobody", 200)]:
        body = {"username": email, "password": PASSWORD, "next": "/admin/"}
        assert Client().post("/admin/login/", body).status_code == status
    assert "Email" in Client().get("/admin/login/").content.decode()


def test_log_in_is_limited(settings, operator):
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMITS = {"admin_login": {"address": "100/m", "email": "3/d"}}
    body = {"username": operator.email, "password": "wrong"}
    statuses = [Client().post("/admin/login/", body).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_suspended_operator_loses_access_at_once(pages, operator):
    User.objects.filter(pk=operator.pk).update(is_active=False)
    assert pages.get("/admin/").status_code == 302


def account(person, what="change") -> str:
    return f"/admin/accounts/user/{person.user.pk}/{what}/"


def act(pages, action, *people):
    body = {"action": action, "_selected_action": [person.user.pk for person in people]}
    return pages.post("/admin/accounts/user/", body, follow=True)


def test_suspension_ends_sessions_and_refuses_log_in(pages, alice, bob):
    act(pages, "suspend", alice)
    assert alice.get("/api/auth/me").status_code == 401
    assert bob.get("/api/auth/me").status_code == 200
    login = {"email": alice.email, "password": PASSWORD}
    assert bob.client.post("/api/auth/login", login).status_code == 401
    act(pages, "reactivate", alice)
    assert alice.get("/api/auth/me").status_code == 401, "the old session must not come back"
    assert bob.client.post("/api/auth/login", login).status_code == 200


def test_form_changes_the_name_and_suspends(pages, alice):
    assert pages.post(account(alice), {"display_name": "Alice B.", "is_active": "on"}).status_code == 302
    assert alice.get("/api/auth/me").json()["display_name"] == "Alice B."
    assert pages.post(account(alice), {"display_name": "Alice B."}).status_code == 302
    assert alice.get("/api/auth/me").status_code == 401
    alice.user.refresh_from_db()
    assert not alice.user.is_active
    assert not Session.objects.live().filter(user=alice.user).exists()


@pytest.mark.parametrize("name", ["x" * 101, "\u202egro.elpmaxe", "a\x07"])
def test_form_refuses_what_the_api_refuses(pages, alice, name):
    assert pages.post(account(alice), {"display_name": name, "is_active": "on"}).status_code == 200
    alice.user.refresh_from_db()
    assert alice.user.display_name == "Alice"


def test_form_changes_nothing_else(pages, alice):
    before = User.objects.filter(pk=alice.user.pk).values("email", "password", "created_at").get()
    body = {"email": "x@example.org", "password": "x", "created_at_0": "2000-01-01", "created_at_1": "00:00:00"}
    pages.post(account(alice), {**body, "display_name": "A", "is_active": "on", "is_superuser": "on", "groups": "1"})
    assert User.objects.filter(pk=alice.user.pk).values("email", "password", "created_at").get() == before
    assert not User.objects.get(pk=alice.user.pk).is_superuser


def test_one_checkbox_grants_and_revokes_the_operator_role(pages, alice):
    body = {"display_name": "", "is_active": "on"}
    for tick, expected in [({"is_staff": "on"}, True), ({}, False)]:
        pages.post(account(alice), {**body, **tick})
        alice.user.refresh_from_db()
        assert (alice.user.is_staff, alice.user.is_superuser) == (expected, expected)


def test_new_password_ends_sessions(pages, alice, bob):
    page = pages.get(account(alice, "password")).content.decode()
    assert "password-based" not in page.lower()
    body = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert pages.post(account(alice, "password"), {**body, "usable_password": "false"}).status_code == 302
    assert alice.get("/api/auth/me").status_code == 401
    assert bob.client.post("/api/auth/login", {"email": alice.email, "password": NEW_PASSWORD}).status_code == 200


@pytest.mark.parametrize("second", ["12345678", NEW_PASSWORD + "x", ""])
def test_weak_or_mistyped_password_is_refused(pages, alice, second):
    first = "12345678" if second == "12345678" else NEW_PASSWORD
    assert pages.post(account(alice, "password"), {"password1": first, "password2": second}).status_code == 200
    assert alice.get("/api/auth/me").status_code == 200


def test_own_new_password_ends_own_sessions_but_not_the_admin_log_in(pages, operator):
    session = Session.objects.begin(operator)
    body = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert pages.post("/admin/password_change/", body).status_code == 302
    assert not Session.objects.live().filter(pk=session.pk).exists()
    assert pages.get("/admin/").status_code == 200


def test_account_is_added_with_its_normalised_address(pages, alice):
    body = {"email": "Carol@Example.ORG", "display_name": "Carol", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert pages.post("/admin/accounts/user/add/", body).status_code == 302
    carol = User.objects.get(email="carol@example.org")
    assert (carol.is_staff, carol.is_superuser, carol.is_active) == (False, False, True)
    assert carol.check_password(NEW_PASSWORD)
    for refused in ({"email": "ALICE@example.org"}, {"email": "dave@example.org", "password1": "x", "password2": "x"}):
        assert pages.post("/admin/accounts/user/add/", body | refused).status_code == 200
    assert User.objects.count() == 3


def test_operators_cannot_lock_themselves_out(pages, operator):
    me = f"/admin/accounts/user/{operator.pk}"
    pages.post("/admin/accounts/user/", {"action": "suspend", "_selected_action": [operator.pk]})
    pages.post(f"{me}/change/", {"display_name": "Me"})
    assert pages.post(f"{me}/delete/", {"post": "yes"}).status_code == 403
    body = {"action": "delete_selected", "_selected_action": [operator.pk], "post": "yes"}
    assert "your own account" in pages.post("/admin/accounts/user/", body).content.decode()
    operator.refresh_from_db()
    assert (operator.is_active, operator.is_superuser, operator.display_name) == (True, True, "Me")


def test_logs_name_accounts_by_id(pages, alice, caplog):
    pages.post(account(alice), {"display_name": "Another", "is_active": "on"})
    pages.post(account(alice, "password"), {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    pages.post(account(alice, "delete"), {"post": "yes"})
    assert {entry.object_repr for entry in LogEntry.objects.all()} == {f"account {alice.user.pk}"}
    events = [record for record in caplog.records if record.name == "vibechat.security"]
    assert [event.getMessage() for event in events] == ["account_changed", "account_changed", "account_deleted"]
    assert {event.user for event in events} == {alice.user.pk}
    assert "password" in str(events[1].changes)
    assert not [event for event in events if alice.email in str(vars(event)) or "Another" in str(vars(event))]


def test_action_ends_sessions(pages, alice, bob):
    sessions = [str(person.session.pk) for person in (alice, bob)]
    page = pages.post("/admin/accounts/session/", {"action": "end", "_selected_action": sessions[:1]}, follow=True)
    assert "Sessions ended: 1." in page.content.decode()
    assert (alice.get("/api/auth/me").status_code, bob.get("/api/auth/me").status_code) == (401, 200)


def test_action_revokes_invitations(pages, operator, settings, anonymous, caplog):
    settings.REGISTRATION = "closed"
    (revoked, token), (kept, other) = [Invite.objects.issue(timedelta(days=7)) for _ in range(2)]
    body = {"action": "revoke", "_selected_action": [revoked.pk]}
    page = pages.post("/admin/accounts/invite/", body, follow=True)
    assert "Invitations revoked: 1." in page.content.decode()
    assert [register(anonymous, invite=each).status_code for each in (token, other)] == [403, 201]
    (record,) = [record for record in caplog.records if record.getMessage() == "invite_revoked"]
    assert (record.name, record.invite, record.by) == ("vibechat.security", revoked.pk, operator.pk)


def test_suspension_and_reactivation_by_the_form_are_logged(pages, operator, alice, caplog):
    pages.post(account(alice), {"display_name": "Alice"})
    pages.post(account(alice), {"display_name": "Alice", "is_active": "on"})
    pages.post(account(alice), {"display_name": "Alice B.", "is_active": "on"})
    told = [(record.getMessage(), record.user, record.by) for record in caplog.records if hasattr(record, "by")]
    acts = [event for event in told if event[0] in ("account_suspended", "account_reactivated")]
    ids = (alice.user.pk, operator.pk)
    assert acts == [("account_suspended", *ids), ("account_reactivated", *ids)]
