import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.reset_links import reset_link
from vault.passkeys import Passkey

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PATH = "/api/vault"
NEW = "wholly different words"


def test_new_password_by_a_link_leaves_the_vault_as_it_is(writer, alice):
    writer.put(writer.body(browsers=writer.list()))
    before = alice.get(PATH).json()
    _, _, token = reset_link(User.objects.get(pk=alice.user.pk), "").partition("#link=")
    client = APIClient()
    body = {"token": token, "new_password": NEW}
    assert client.post("/api/auth/reset/password", body, format="json").status_code == 204
    assert alice.get(PATH).status_code == 401
    login = client.post("/api/auth/login", {"email": alice.email, "password": NEW}, format="json").json()
    assert client.get(PATH, headers={"Authorization": f"Bearer {login['access']}"}).json() == before


def test_new_password_by_a_link_keeps_the_passkeys(alice):
    Passkey.objects.create(user=alice.user, credential_id=b"1234", public_key=b"key", sign_count=0)
    _, _, token = reset_link(User.objects.get(pk=alice.user.pk), "").partition("#link=")
    body = {"token": token, "new_password": NEW}
    assert APIClient().post("/api/auth/reset/password", body, format="json").status_code == 204
    assert Passkey.objects.filter(user=alice.user).count() == 1


def test_new_password_by_a_link_removes_the_own_passkeys_on_request(alice, bob):
    for user, credential_id in ((alice.user, b"1234"), (alice.user, b"2345"), (bob.user, b"3456")):
        Passkey.objects.create(user=user, credential_id=credential_id, public_key=b"key", sign_count=0)
    _, _, token = reset_link(User.objects.get(pk=alice.user.pk), "").partition("#link=")
    body = {"token": "x" + token, "new_password": NEW, "remove_passkeys": True}
    assert APIClient().post("/api/auth/reset/password", body, format="json").status_code == 403
    assert Passkey.objects.count() == 3
    body["token"] = token
    assert APIClient().post("/api/auth/reset/password", body, format="json").status_code == 204
    assert list(Passkey.objects.values_list("user", flat=True)) == [bob.user.pk]
