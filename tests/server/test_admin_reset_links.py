"""Operators make one-time links for new passwords in the admin pages."""

import re

import pytest
from django.contrib.sessions.models import Session as AdminSession
from django.test import Client

from accounts.models import User
from accounts.reset_links import reset_link, user_of

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("collected_static")]
LIST = "/admin/accounts/user/"
LINK = re.compile(r"http://testserver/reset#link=([\w-]+)")


def act(pages, *people, **more):
    body = {"action": "reset_link", "_selected_action": [person.user.pk for person in people]}
    return pages.post(LIST, body, **more)


def test_link_is_shown_in_one_response_only(pages, alice):
    page = act(pages, alice)
    [token] = LINK.findall(page.content.decode())
    assert user_of(token) == alice.user
    assert not LINK.search(pages.get(LIST).content.decode())
    for session in AdminSession.objects.all():
        assert token not in str(session.get_decoded())


def test_log_says_who_made_it_for_whom_by_ids(pages, operator, alice, caplog):
    caplog.set_level("INFO")
    [token] = LINK.findall(act(pages, alice).content.decode())
    [event] = [vars(record) for record in caplog.records if record.getMessage() == "reset_link_made"]
    assert (event["user"], event["by"]) == (alice.user.pk, operator.pk)
    logged = "\n".join(str(vars(record)) for record in caplog.records)
    assert alice.email not in logged
    assert token not in logged


def test_several_accounts_or_a_suspended_one_get_none(pages, alice, bob):
    User.objects.filter(pk=bob.user.pk).update(is_active=False)
    for people in ([alice, bob], [bob]):
        page = act(pages, *people, follow=True).content.decode()
        assert "Choose one account that is not suspended." in page
        assert not LINK.search(page)


def test_only_operators_make_links(alice, bob):
    client = Client()
    client.force_login(alice.user)
    page = act(client, bob)
    assert page.status_code == 302
    assert page.headers["Location"].startswith("/admin/login/")


def test_form_of_another_site_makes_none(operator, alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    assert act(client, alice).status_code == 403


def test_new_password_by_a_link_ends_log_ins_to_the_admin_pages(pages, operator, anonymous):
    assert pages.get("/admin/").status_code == 200
    _, _, token = reset_link(User.objects.get(pk=operator.pk), "").partition("#link=")
    body = {"token": token, "new_password": "wholly different words"}
    assert anonymous.post("/api/auth/reset/password", body, format="json").status_code == 204
    assert pages.get("/admin/").status_code == 302
