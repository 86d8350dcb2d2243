import base64

import pytest
from django.apps import apps
from rest_framework.test import APIClient

from accounts.models import Session, User
from conftest import PASSWORD, new_spki

URL = "/api/auth/me"


def test_own_account_has_id_address_name_and_time(alice):
    body = alice.get(URL).json()
    assert body == {
        "id": alice.user.pk,
        "email": "alice@example.org",
        "display_name": "Alice",
        "created_at": alice.user.created_at.isoformat().replace("+00:00", "Z"),
    }


def test_display_name_can_be_changed(alice):
    assert alice.patch(URL, {"display_name": "  Alicia "}).json()["display_name"] == "Alicia"
    assert User.objects.get(pk=alice.user.pk).display_name == "Alicia"


def test_other_fields_cannot_be_changed(alice):
    body = alice.patch(URL, {"email": "eve@example.org", "is_staff": True, "id": 1}).json()
    assert body["email"] == alice.email
    assert not User.objects.get(pk=alice.user.pk).is_staff


@pytest.mark.parametrize("name", ["a\u202eb", 7, None, "n" * 101])
def test_invalid_name_is_refused_and_changes_nothing(alice, name):
    assert alice.patch(URL, {"display_name": name}).status_code == 400
    assert alice.get(URL).json()["display_name"] == "Alice"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer a b", "Bearer \xff", "Token x", "bearer  "]
)
def test_malformed_authorization_header_is_401(db, header):
    response = APIClient(headers={"Authorization": header}).get(URL)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert set(response.json()) == {"code", "detail"}


def test_refresh_token_is_refused_as_access_token(alice):
    assert APIClient(headers={"Authorization": f"Bearer {alice.tokens['refresh']}"}).get(URL).status_code == 401


def test_suspended_account_gets_401_at_once(alice):
    User.objects.update(is_active=False)
    assert alice.get(URL).status_code == 401


class TestDeletion:
    def test_account_sessions_keys_and_contacts_are_deleted(self, alice, bob):
        alice.upload_key()
        alice.post("/api/contacts/add", {"email": bob.email})
        bob.post("/api/contacts/add", {"email": alice.email})
        response = alice.delete(URL, {"password": PASSWORD})
        assert response.status_code == 204
        assert alice.get(URL).status_code == 401
        assert not User.objects.filter(email=alice.email).exists()
        assert not Session.objects.filter(user_id=alice.user.pk).exists()
        assert bob.get("/api/contacts/list").json() == {"results": []}
        assert bob.get(f"/api/keys/email/{alice.email}").json()["code"] == "user_not_found"

    def test_no_table_holds_anything_of_the_account(self, alice, bob, anonymous):
        """Apart from what others received: its rows name the account no longer."""
        alice.upload_key()
        alice.send(bob)
        bob.post("/api/contacts/add", {"email": alice.email})
        login = {"email": alice.email, "password": PASSWORD}
        anonymous.post("/api/auth/login", login, format="json")
        assert alice.delete(URL, {"password": PASSWORD}).status_code == 204
        columns = [
            (model, field.name)
            for model in apps.get_models()
            for field in model._meta.get_fields()
            if field.many_to_one and field.related_model is User
        ]
        assert len(columns) > 5
        for model, name in columns:
            assert not model._base_manager.filter(**{name: alice.user.pk}).exists(), (model, name)

    def test_browser_is_told_to_drop_both_cookies(self, alice, settings):
        alice.client.cookies[settings.REFRESH_COOKIE] = "x"
        cookies = alice.delete(URL, {"password": PASSWORD}).cookies
        names = {settings.REFRESH_COOKIE, f"{settings.KNOWN_BROWSER_COOKIE}_{alice.user.pk}"}
        assert names == {name for name, cookie in cookies.items() if cookie.value == "" and cookie["max-age"] == 0}

    @pytest.mark.parametrize("body", [{}, {"password": "wrong"}, {"password": None}, {"password": 5}])
    def test_wrong_or_missing_password_deletes_nothing(self, alice, body):
        response = alice.delete(URL, body)
        assert response.status_code == 400
        assert response.json()["fields"]["password"]
        assert User.objects.filter(pk=alice.user.pk).exists()

    def test_address_can_be_registered_again(self, alice, anonymous):
        alice.delete(URL, {"password": PASSWORD})
        again = anonymous.post("/api/auth/register", {"email": alice.email, "password": PASSWORD}, format="json")
        assert again.status_code == 201
        assert again.json()["user"]["id"] != alice.user.pk


def test_sessions_stay_over_after_a_suspension_is_lifted(alice):
    alice.user.is_active = False
    alice.user.save()
    alice.user.is_active = True
    alice.user.save()
    assert alice.get(URL).status_code == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("call", ["patch", "key", "contact"])
def test_account_deleted_during_a_call_gets_401_or_503(alice, bob, call, monkeypatch):
    """The account is deleted after the token was checked, so the view finds no row."""
    from accounts.authentication import SessionTokenAuthentication

    authenticate = SessionTokenAuthentication.authenticate

    def authenticate_then_delete(self, request):
        found = authenticate(self, request)
        User.objects.get(pk=alice.user.pk).delete()
        return found

    monkeypatch.setattr(SessionTokenAuthentication, "authenticate", authenticate_then_delete)
    if call == "patch":
        response = alice.patch(URL, {"display_name": "Late"})
    elif call == "key":
        response = alice.post("/api/keys/upload", {"public_key": base64.b64encode(new_spki()).decode()})
    else:
        response = alice.post("/api/contacts/add", {"email": bob.email})
    assert response.status_code in (401, 503)
    monkeypatch.undo()
    assert alice.get(URL).status_code == 401
