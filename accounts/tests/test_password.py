import pytest
from rest_framework.exceptions import NotAuthenticated

from accounts.models import Session, User
from accounts.tokens import first_tokens
from conftest import PASSWORD

URL = "/api/auth/password"
NEW = "wholly different words"


def test_new_password_replaces_the_old(alice, anonymous):
    assert alice.post(URL, {"current_password": PASSWORD, "new_password": NEW}).status_code == 204
    login = {"email": alice.email, "password": NEW}
    assert anonymous.post("/api/auth/login", login, format="json").status_code == 200
    login["password"] = PASSWORD
    assert anonymous.post("/api/auth/login", login, format="json").status_code == 401


def test_change_ends_all_other_sessions(alice, anonymous):
    other = first_tokens(Session.objects.begin(alice.user))
    alice.post(URL, {"current_password": PASSWORD, "new_password": NEW})
    assert alice.get("/api/auth/me").status_code == 200
    headers = {"Authorization": f"Bearer {other['access']}"}
    assert anonymous.get("/api/auth/me", headers=headers).status_code == 401


def test_set_password_and_save_end_every_session(alice):
    user = User.objects.get(pk=alice.user.pk)
    user.set_password(NEW)
    user.save()
    assert alice.get("/api/auth/me").status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"current_password": "wrong", "new_password": NEW}, "current_password"),
        ({"new_password": NEW}, "current_password"),
        ({"current_password": PASSWORD}, "new_password"),
        ({"current_password": PASSWORD, "new_password": "password"}, "new_password"),
        ({"current_password": PASSWORD, "new_password": "alice@example.org"}, "new_password"),
    ],
)
def test_refused_change_keeps_the_password(alice, body, field):
    response = alice.post(URL, body)
    assert response.status_code == 400
    assert field in response.json()["fields"]
    assert User.objects.get(pk=alice.user.pk).check_password(PASSWORD)


def test_concurrent_change_neither_restores_a_deleted_account_nor_lifts_a_suspension(alice, bob):
    stale_alice, stale_bob = User.objects.get(pk=alice.user.pk), User.objects.get(pk=bob.user.pk)
    alice.user.delete()
    User.objects.filter(pk=bob.user.pk).update(is_active=False)
    for user, person in ((stale_alice, alice), (stale_bob, bob)):
        with pytest.raises(NotAuthenticated):
            user.change_password(NEW, keep=person.session)
    assert not User.objects.filter(email=alice.email).exists()
    assert not User.objects.get(pk=bob.user.pk).is_active


def test_second_of_two_concurrent_changes_is_refused(alice):
    stale = User.objects.get(pk=alice.user.pk)
    alice.post(URL, {"current_password": PASSWORD, "new_password": NEW})
    with pytest.raises(NotAuthenticated):
        stale.change_password("what a thief would like", keep=alice.session)
    assert User.objects.get(pk=alice.user.pk).check_password(NEW)


def test_account_deleted_right_after_the_change_is_204(alice, monkeypatch, settings):
    monkeypatch.setattr("accounts.views.security_event", lambda *_, user, **__: User.objects.get(pk=user).delete())
    alice.client.cookies[settings.REFRESH_COOKIE] = "x"
    assert alice.post(URL, {"current_password": PASSWORD, "new_password": NEW}).status_code == 204


def test_concurrent_log_in_with_the_old_password_opens_no_session(alice):
    checked = User.objects.get(pk=alice.user.pk)
    alice.post(URL, {"current_password": PASSWORD, "new_password": NEW})
    with pytest.raises(NotAuthenticated):
        Session.objects.begin(checked)
    assert Session.objects.live().filter(user=alice.user).count() == 1
