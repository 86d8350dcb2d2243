import json
import threading

import pytest
from django.db import connection

from accounts.models import Session, User
from conftest import PASSWORD

URL = "/api/auth/register"


def register(client, **body):
    body = json.dumps({"email": "carol@example.org", "password": PASSWORD} | body)
    return client.post(URL, body, content_type="application/json")


@pytest.mark.django_db
def test_registration_returns_the_account_and_tokens(anonymous):
    response = register(anonymous, display_name="Carol")
    assert response.status_code == 201
    body = response.json()
    assert set(body) == {"user", "access", "refresh"}
    assert set(body["user"]) == {"id", "email", "display_name", "created_at"}
    assert body["user"]["email"] == "carol@example.org"
    assert body["user"]["created_at"].endswith("Z")
    assert anonymous.get("/api/auth/me", headers={"Authorization": f"Bearer {body['access']}"}).json() == body["user"]


@pytest.mark.django_db
def test_password_is_hashed_with_bcrypt_sha256(anonymous):
    register(anonymous)
    assert User.objects.get().password.startswith("bcrypt_sha256$")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spelling",
    [
        "CAROL@Example.ORG",
        "  carol@example.org ",
        "ｃａｒｏｌ@example.org",
        "\u00a0carol@example.org",
        "caro\u2113@example.org",
    ],
)
def test_other_spelling_of_a_taken_address_is_refused(anonymous, spelling):
    assert register(anonymous).status_code == 201
    response = register(anonymous, email=spelling)
    assert response.status_code == 409
    assert response.json()["code"] == "email_taken"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "carol@example.org\u200b",
        "c\u0430rol@example.org",
        "carol",
        "carol@",
        "",
        "@example.org",
        7,
        None,
        ["a@b.cc"],
        "a" * 250 + "@example.org",
        "carol@example.org\x00",
        "carol @example.org",
        "\ud800@example.org",
    ],
)
def test_malformed_or_non_ascii_address_is_refused(anonymous, address):
    response = register(anonymous, email=address)
    assert response.status_code == 400
    assert response.json()["fields"]["email"]
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_too_short"),
        ("password123", "password_too_common"),
        ("8203948201938", "password_entirely_numeric"),
        ("carol@example.org", "password_too_similar"),
        (12345678901, "invalid"),
        ("", "blank"),
        ("x" * 1025, "max_length"),
    ],
)
def test_weak_password_is_refused_with_the_reason(anonymous, password, code):
    response = register(anonymous, password=password)
    assert response.status_code == 400
    assert code in [error["code"] for error in response.json()["fields"]["password"]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["a\u202eb", "a\nb", "a\u200bb", "\u2066a", "a\x00", "\ud800", 5, "n" * 101, "\u0301", "\u200d"]
)
def test_invalid_display_name_is_refused(anonymous, name):
    response = register(anonymous, display_name=name)
    assert response.status_code == 400
    assert response.json()["fields"]["display_name"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["Zoë", "王小明", "محمد", "👩‍👩‍👧", "O'Neil", ""])
def test_names_in_all_scripts_are_accepted(anonymous, name):
    assert register(anonymous, display_name=name).json()["user"]["display_name"] == name


@pytest.mark.django_db
def test_with_refresh_cookie_the_body_has_no_refresh_token(anonymous, settings):
    response = register(anonymous, refresh_cookie=True)
    assert set(response.json()) == {"user", "access"}
    cookie = response.cookies[settings.REFRESH_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == "/api/auth"


@pytest.mark.django_db
def test_cookie_is_secure_with_https(anonymous, settings):
    settings.HTTPS = True
    assert register(anonymous, refresh_cookie=True).cookies[settings.REFRESH_COOKIE]["secure"]


@pytest.mark.django_db(transaction=True)
def test_one_of_concurrent_registrations_gets_the_address():
    from rest_framework.test import APIClient

    answers = []

    def attempt():
        answers.append(register(APIClient()).status_code)
        connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(answers) == [201, 409, 409, 409, 409, 409]
    assert User.objects.count() == Session.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["email", "display_name"])
def test_long_text_is_refused_before_it_is_normalised(anonymous, field, monkeypatch):
    def assert_short(form, text):
        assert len(text) <= 1000
        return text

    monkeypatch.setattr("unicodedata.normalize", assert_short)
    assert register(anonymous, **{field: "\u0315\u0316" * 30_000}).status_code == 400


@pytest.mark.django_db
def test_quoted_local_part_is_refused(anonymous):
    assert register(anonymous, email='"a@b"@example.org').status_code == 400
