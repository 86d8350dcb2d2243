"""Passwords are hashed and compared in NFKC; hashes of old accounts also match the password as typed."""

import json
import unicodedata

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command

from accounts.models import User
from accounts.passwords import MAX_NORMALISED_LENGTH, normal_form

SPELLINGS = [
    ("gr\u00fcner Apfel 9 x", "gru\u0308ner Apfel 9 x"),
    ("apfel \u00c5pfel 12", "apfel \u212bpfel 12"),
    ("birnen 1234 kuchen", "birnen １２３４ kuchen"),
    ("birnen kuchen essen", "birnen\u00a0kuchen\u00a0essen"),
    ("fluffige birnen", "\ufb02u\ufb00ige birnen"),
    ("\uac00\ub098\ub2e4 birnen", "\u1100\u1161\u1102\u1161\u1103\u1161 birnen"),
]
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def call(client, path, **body):
    return client.post(f"/api/auth/{path}", json.dumps(body), content_type="application/json")


@pytest.mark.parametrize(("one", "other"), SPELLINGS + [(b, a) for a, b in SPELLINGS])
def test_any_unicode_form_of_the_password_logs_in(anonymous, one, other):
    assert call(anonymous, "register", email="carol@example.org", password=one).status_code == 201
    assert call(anonymous, "login", email="carol@example.org", password=other).status_code == 200
    assert call(anonymous, "login", email="carol@example.org", password=other + "x").status_code == 401


@pytest.mark.parametrize("typed", SPELLINGS[0])
def test_hash_of_an_unnormalised_password_matches_it_as_typed(anonymous, typed):
    user = User.objects.create_user("carol@example.org", "x")
    User.objects.filter(pk=user.pk).update(password=make_password(typed))
    assert call(anonymous, "login", email=user.email, password=typed).status_code == 200


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_change_and_deletion_accept_any_unicode_form(alice, anonymous, one, other):
    alice.user.set_password(one)
    alice.user.save()
    tokens = call(anonymous, "login", email=alice.email, password=one).json()
    headers = {"Authorization": f"Bearer {tokens['access']}"}
    body = {"current_password": other, "new_password": other + " new"}
    changed = anonymous.post("/api/auth/password", body, format="json", headers=headers)
    assert changed.status_code == 204
    gone = anonymous.delete("/api/auth/me", {"password": one + " new"}, format="json", headers=headers)
    assert gone.status_code == 204


@pytest.mark.parametrize("weak", ["ｐａｓｓｗｏｒｄ", "１２３４５６７８９", "ｃａｒｏｌ@ｅｘａｍｐｌｅ.ｏｒｇ"])
def test_password_that_is_weak_in_normal_form_is_refused(anonymous, weak):
    answer = call(anonymous, "register", email="carol@example.org", password=weak)
    assert answer.status_code == 400
    assert "password" in answer.json()["fields"]


def test_any_unicode_form_logs_in_to_the_admin(monkeypatch, client, collected_static):
    one, other = SPELLINGS[0]
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", one)
    call_command("createsuperuser", "--noinput", "--email", "op@example.org")
    assert client.post("/admin/login/", {"username": "op@example.org", "password": other}).status_code == 302


def test_outer_spaces_and_case_are_significant(anonymous):
    call(anonymous, "register", email="carol@example.org", password=" Birnen kuchen ")
    for other in ("Birnen kuchen", " birnen kuchen "):
        assert call(anonymous, "login", email="carol@example.org", password=other).status_code == 401


def test_text_beyond_the_maximum_length_is_not_normalised():
    text = "u\u0308" * MAX_NORMALISED_LENGTH
    assert normal_form(text) == text
    assert normal_form(text[:MAX_NORMALISED_LENGTH]) == unicodedata.normalize("NFC", text[:MAX_NORMALISED_LENGTH])
