"""Setting a new password by the token of a link."""

from datetime import datetime, timedelta

import pytest
from rest_framework.test import APIClient

from accounts.models import Session, User
from accounts.reset_links import reset_link, tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
URL = "/api/auth/reset/password"
NEW = "wholly different words"


def token_for(person) -> str:
    link = reset_link(User.objects.get(pk=person.user.pk), "https://chat.example.org")
    origin, _, token = link.partition("#link=")
    assert origin == "https://chat.example.org/reset"
    return token


def reset(token, password=NEW, **more):
    return APIClient().post(URL, {"token": token, "new_password": password}, format="json", **more)


def login(person, password) -> int:
    body = {"email": person.email, "password": password}
    return APIClient().post("/api/auth/login", body, format="json").status_code


def assert_refused(answer):
    assert (answer.status_code, answer.json()["code"]) == (403, "reset_link_over")


def test_new_password_replaces_the_old(alice):
    answer = reset(token_for(alice))
    assert (answer.status_code, answer.content) == (204, b"")
    assert (login(alice, NEW), login(alice, PASSWORD)) == (200, 401)


def test_reset_ends_every_session_and_no_other_person_s(alice, bob):
    Session.objects.begin(alice.user)
    token = token_for(alice)
    reset(token)
    assert alice.get("/api/auth/me").status_code == 401
    assert not Session.objects.live().filter(user=alice.user).exists()
    assert bob.get("/api/auth/me").status_code == 200


def test_token_is_used_once(alice):
    token = token_for(alice)
    assert reset(token).status_code == 204
    assert_refused(reset(token, "what a thief would like"))
    assert login(alice, NEW) == 200


def test_use_of_one_link_ends_the_others(alice):
    first, second = token_for(alice), token_for(alice)
    assert reset(second).status_code == 204
    assert_refused(reset(first))


def expired(monkeypatch, hours):
    monkeypatch.setattr(type(tokens), "_now", lambda self: datetime.now() + timedelta(hours=hours))


@pytest.mark.parametrize(("hours", "status"), [(23, 204), (25, 403)])
def test_token_holds_for_a_day(alice, monkeypatch, hours, status):
    token = token_for(alice)
    expired(monkeypatch, hours)
    assert reset(token).status_code == status


def change_password(alice):
    alice.post("/api/auth/password", {"current_password": PASSWORD, "new_password": "changed by herself"})


def suspend(alice):
    alice.user.is_active = False
    alice.user.save()


def suspend_and_lift(alice):
    suspend(alice)
    alice.user.is_active = True
    alice.user.save()


ENDS = {
    "another password change": change_password,
    "a log-in": lambda alice: login(alice, PASSWORD),
    "a suspension": suspend,
    "a suspension that was lifted": suspend_and_lift,
    "a deletion": lambda alice: alice.user.delete(),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_token_ends_with(alice, end):
    token = token_for(alice)
    end(alice)
    assert_refused(reset(token))


def test_suspended_account_stays_suspended(alice):
    token = token_for(alice)
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    assert_refused(reset(token))
    assert login(alice, NEW) == 401


def test_second_of_two_concurrent_uses_is_refused(alice):
    stale = User.objects.get(pk=alice.user.pk)
    reset(token_for(alice))
    assert stale.reset_password("what a thief would like") is False
    assert login(alice, NEW) == 200


def test_token_of_one_account_is_none_of_another(alice, bob):
    _, _, rest = token_for(alice).partition("-")
    assert_refused(reset(f"{bob.user.pk}-{rest}"))


@pytest.mark.parametrize(
    "token",
    ["x", "-", "1", "1-", "1--", "١-a-b", f"{'9' * 30}-a-b", f"{'9' * 18}-a-b", "-1-a-b", "1-zzzzzzzzzzzzzzz-a", "é"],
)
def test_token_that_was_never_made_is_refused(alice, token):
    assert_refused(reset(token))


@pytest.mark.parametrize("field", ["token", "new_password"])
@pytest.mark.parametrize("value", [None, "", 5, [], "x" * 2000])
def test_malformed_body_is_400(alice, field, value):
    body = {"token": token_for(alice), "new_password": NEW} | {field: value}
    answer = APIClient().post(URL, body, format="json")
    assert (answer.status_code, set(answer.json()["fields"])) == (400, {field})
    assert login(alice, PASSWORD) == 200


@pytest.mark.parametrize("password", ["short", "password", "12345678901", "alice@example.org"])
def test_weak_password_is_refused_and_the_token_still_holds(alice, password):
    token = token_for(alice)
    answer = reset(token, password)
    assert (answer.status_code, set(answer.json()["fields"])) == (400, {"new_password"})
    assert reset(token).status_code == 204


def test_weak_password_with_a_token_that_does_not_hold_tells_nothing_of_the_account(alice):
    assert_refused(reset(f"{alice.user.pk}-a-b", "alice@example.org"))


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}])
def test_call_with_the_cookie_from_another_origin_is_refused(alice, settings, headers):
    client = APIClient()
    client.cookies[settings.REFRESH_COOKIE] = "x"
    answer = client.post(URL, {"token": token_for(alice), "new_password": NEW}, format="json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert login(alice, PASSWORD) == 200


def test_form_of_another_site_is_refused(alice):
    body = {"token": token_for(alice), "new_password": NEW}
    assert APIClient().post(URL, body, format="multipart").status_code == 415


def test_log_has_the_account_s_id_and_neither_token_nor_password(alice, caplog):
    caplog.set_level("INFO")
    token = token_for(alice)
    reset("1-a-b")
    reset(token)
    events = {record.getMessage(): vars(record) for record in caplog.records}
    assert events["password_reset"]["user"] == alice.user.pk
    assert "password_reset_refused" in events
    logged = "\n".join(str(vars(record)) for record in caplog.records)
    assert token.rpartition("-")[2] not in logged
    assert NEW not in logged
    assert alice.email not in logged
