import pytest

from accounts.models import Session
from conftest import PASSWORD

pytestmark = pytest.mark.once

URL = "/api/auth/login"


def login(client, email="alice@example.org", password=PASSWORD, **more):
    return client.post(URL, {"email": email, "password": password} | more, format="json")


def test_log_in_returns_the_account_and_tokens_of_a_new_session(anonymous, alice):
    response = login(anonymous)
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"user", "access", "refresh"}
    assert body["user"]["id"] == alice.user.pk
    assert Session.objects.filter(user=alice.user).count() == 2


def test_any_spelling_of_the_address_is_accepted(anonymous, alice):
    assert login(anonymous, email=" ALICE@Example.org").status_code == 200


def test_unknown_address_wrong_password_and_suspended_account_get_the_same_response(anonymous, alice, bob):
    bob.user.is_active = False
    bob.user.save()
    answers = [
        login(anonymous, email="nobody@example.org"),
        login(anonymous, password="wrong password"),
        login(anonymous, email=bob.email),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "wrong_credentials"
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}


def test_unknown_address_computes_one_hash_like_a_wrong_password(anonymous, alice, monkeypatch):
    from django.contrib.auth.hashers import BCryptSHA256PasswordHasher

    hashed = []
    verify = BCryptSHA256PasswordHasher.verify
    monkeypatch.setattr(BCryptSHA256PasswordHasher, "verify", lambda *args: hashed.append(args[2]) or verify(*args))
    login(anonymous, email="nobody@example.org")  # computes DUMMY_PASSWORD_HASH, once a process
    hashed.clear()
    login(anonymous, email="nobody@example.org")
    login(anonymous, password="wrong password")
    assert len(hashed) == 2
    costs = [encoded.split("$")[3] for encoded in hashed]
    assert costs[0] == costs[1]


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"email": "alice@example.org"}, {"email": 1, "password": 2}, [], "x"])
def test_malformed_body_is_400_with_fields(anonymous, body):
    response = anonymous.post(URL, body, format="json")
    assert response.status_code == 400
    assert response.json()["fields"]


def test_with_refresh_cookie_the_body_has_no_refresh_token(anonymous, alice, settings):
    response = login(anonymous, refresh_cookie=True)
    assert set(response.json()) == {"user", "access"}
    assert response.cookies[settings.REFRESH_COOKIE].value


def test_wrong_passwords_from_one_network_lock_out_no_other_network(anonymous, alice, settings):
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {
        "login": {"email+address": "3/5m", "address": "1000/5m", "email": "5/h"}
    }
    attacker = {"REMOTE_ADDR": "192.0.2.66"}
    body = {"email": alice.email, "password": "wrong password"}
    answers = [anonymous.post(URL, body, format="json", **attacker).status_code for _ in range(20)]
    assert answers == [401] * 3 + [429] * 17
    assert login(anonymous).status_code == 200
