import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Session, SpentRefreshToken
from accounts.tokens import first_tokens
from conftest import PASSWORD, envelope

URL = "/api/auth/refresh"


def refresh(token, client=None):
    return (client or APIClient()).post(URL, {"refresh": token}, format="json")


def me(access):
    return APIClient().get("/api/auth/me", headers={"Authorization": f"Bearer {access}"}).status_code


def pass_time(seconds):
    earlier = timezone.now() - timedelta(seconds=seconds)
    SpentRefreshToken.objects.update(spent_at=earlier)


def test_refresh_returns_new_tokens(alice):
    response = refresh(alice.tokens["refresh"])
    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert response.json()["refresh"] != alice.tokens["refresh"]
    assert me(response.json()["access"]) == 200


def test_token_repeated_within_ten_seconds_gets_the_same_successors(alice):
    first, again = refresh(alice.tokens["refresh"]).json(), refresh(alice.tokens["refresh"]).json()
    assert first == again
    later = refresh(first["refresh"]).json()
    assert refresh(alice.tokens["refresh"]).json() == first
    assert refresh(later["refresh"]).status_code == 200


def test_token_repeated_after_ten_seconds_ends_its_session(alice):
    successor = refresh(alice.tokens["refresh"]).json()
    pass_time(11)
    response = refresh(alice.tokens["refresh"])
    assert response.status_code == 401
    assert response.json()["code"] == "session_over"
    assert refresh(successor["refresh"]).status_code == 401
    assert me(successor["access"]) == 401


def test_token_whose_row_was_deleted_ends_the_session(alice):
    tokens = alice.tokens
    for _ in range(3):
        tokens = refresh(tokens["refresh"]).json()
        pass_time(60)
    assert SpentRefreshToken.objects.count() == 1
    assert refresh(alice.tokens["refresh"]).status_code == 401
    assert refresh(tokens["refresh"]).status_code == 401


@pytest.mark.parametrize("way", ["logout", "password", "suspended", "deleted"])
def test_repeated_token_of_an_ended_session_is_refused(alice, way):
    other = Session.objects.begin(alice.user)
    from accounts.tokens import first_tokens

    tokens = first_tokens(other)
    refresh(tokens["refresh"])
    if way == "logout":
        other.end()
    elif way == "password":
        body = {"current_password": "correct horse battery", "new_password": "wholly different words"}
        assert alice.post("/api/auth/password", body).status_code == 204
    elif way == "suspended":
        alice.user.is_active = False
        alice.user.save()
    else:
        alice.user.delete()
    assert refresh(tokens["refresh"]).status_code == 401
    assert me(tokens["access"]) == 401


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 20, "null"])
def test_malformed_token_is_refused(token):
    assert refresh(token).status_code in (400, 401)


@pytest.mark.django_db
@pytest.mark.parametrize("token", [5, ["x"], {"a": 1}, True])
def test_token_that_is_not_a_string_is_400(token):
    assert refresh(token).status_code == 400


def test_access_token_is_refused_as_refresh_token(alice):
    assert refresh(alice.tokens["access"]).status_code == 401


def test_expired_session_is_over(alice):
    Session.objects.update(expires_at=timezone.now())
    assert refresh(alice.tokens["refresh"]).status_code == 401
    assert alice.get("/api/auth/me").status_code == 401


def test_request_without_token_and_cookie_is_401(anonymous, db):
    assert anonymous.post(URL, {}, format="json").status_code == 401


@pytest.fixture
def browser(alice, settings):
    client = APIClient()
    client.cookies[settings.REFRESH_COOKIE] = alice.tokens["refresh"]
    return client


def test_refresh_by_cookie_returns_no_refresh_token_in_the_body(browser, settings):
    response = browser.post(
        URL, {}, format="json", headers={"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    )
    assert response.status_code == 200
    assert set(response.json()) == {"access"}
    assert response.cookies[settings.REFRESH_COOKIE].value != ""


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://testserver:81"},
        {"Origin": "https://testserver"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_page_of_another_origin_cannot_use_the_cookie(browser, headers, alice):
    response = browser.post(URL, {}, format="json", headers=headers)
    assert response.status_code == 403
    assert response.json()["code"] == "foreign_origin"
    assert Session.objects.get(pk=alice.session.pk).generation == 0


@pytest.mark.parametrize("path", ["/api/auth/register", "/api/auth/login", "/api/auth/passkey"])
def test_no_log_in_is_taken_with_the_cookie_from_another_origin(browser, path, alice):
    body = {"email": "new@example.org" if "register" in path else alice.email, "password": PASSWORD}
    response = browser.post(path, body, format="json", headers={"Origin": "https://evil.example"})
    assert (response.status_code, response.json()["code"]) == (403, "foreign_origin")


def test_html_form_cannot_use_the_cookie(browser):
    response = browser.post(URL, "refresh=", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 403


def test_token_in_the_body_takes_precedence_over_the_cookie(browser, bob, settings):
    response = browser.post(URL, {"refresh": bob.tokens["refresh"]}, format="json")
    assert set(response.json()) == {"access", "refresh"}
    assert settings.REFRESH_COOKIE not in response.cookies
    assert Session.objects.get(pk=bob.session.pk).generation == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_refreshes_get_the_same_successors(alice):
    answers = []

    def ask():
        answers.append(refresh(alice.tokens["refresh"]).json())
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(answers) == 8
    assert all(answer == answers[0] and "refresh" in answer for answer in answers)
    assert Session.objects.get(pk=alice.session.pk).generation == 1


class TestTokenOfAnothersSession:
    """Correctly signed tokens that name one account and the session of another."""

    @pytest.fixture
    def tokens(self, alice, bob):
        session = Session.objects.get(pk=alice.session.pk)
        session.user_id = bob.user.pk
        return first_tokens(session)

    def test_access_token_is_refused(self, tokens, alice):
        assert me(tokens["access"]) == 401

    def test_refresh_token_is_refused_and_spends_nothing(self, tokens, alice):
        assert refresh(tokens["refresh"]).status_code == 401
        assert refresh(alice.tokens["refresh"]).status_code == 200

    def test_cookie_cannot_log_out(self, tokens, alice):
        client = APIClient()
        client.cookies[settings.REFRESH_COOKIE] = tokens["refresh"]
        assert client.post("/api/auth/logout", {}, format="json").status_code == 401
        assert me(alice.tokens["access"]) == 200

    def test_send_is_refused(self, tokens, alice, mallory):
        headers = {"Authorization": f"Bearer {tokens['access']}"}
        sent = APIClient().post("/api/messages/send", envelope(mallory), format="json", headers=headers)
        assert sent.status_code == 401
