import pytest
from rest_framework.exceptions import NotAuthenticated

from accounts.models import Session, User
from accounts.tokens import first_tokens
from conftest import PASSWORD

URL = "/api/auth/password"
NEW = "wholly different words"


def test_it_works(alice, anonymous):
    assert alice.post(URL, {"current_password": PASSWORD, "new_password": NEW}).status_code == 204
    login = {"email": alice.email, "password": NEW}
    assert anonymous.post("/api/auth/login", login, format="json").status_code == 200
    login["password"] = PASSWORD
    assert anonymous.post("/api/auth/login", login, format="json").status_code == 401


def test_all_other_sessions_are_over_and_this_one_is_not(alice, anonymous):
    other = first_tokens(Session.objects.begin(alice.user))
    alice.post(URL, {"current_password": PASSWORD, "new_password": NEW})
    assert alice.get("/api/auth/me").status_code == 200
    headers = {"Authorization": f"Bearer {other['access']}"}
    assert anonymous.get("/api/auth/me", headers=headers).status_code == 401


def test_a_password_that_an_operator_sets_ends_every_session(alice):
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
def test_what_is_refused_changes_nothing(alice, body, field):
    response = alice.post(URL, body)
    assert response.status_code == 400
    assert field in response.json()["fields"]
    assert User.objects.get(pk=alice.user.pk).check_password(PASSWORD)


def test_a_change_under_way_brings_no_deleted_account_back_and_lifts_no_suspension(alice, bob):
    stale_alice, stale_bob = User.objects.get(pk=alice.user.pk), User.objects.get(pk=bob.user.pk)
    alice.user.delete()
    User.objects.filter(pk=bob.user.pk).update(is_active=False)
    for user, person in ((stale_alice, alice), (stale_bob, bob)):
        with pytest.raises(NotAuthenticated):
            user.change_password(NEW, keep=person.session)
    assert not User.objects.filter(email=alice.email).exists()
    assert not User.objects.get(pk=bob.user.pk).is_active


def test_of_two_changes_at_once_the_first_stays(alice):
    stale = User.objects.get(pk=alice.user.pk)
    alice.post(URL, {"current_password": PASSWORD, "new_password": NEW})
    with pytest.raises(NotAuthenticated):
        stale.change_password("what a thief would like", keep=alice.session)
    assert User.objects.get(pk=alice.user.pk).check_password(NEW)


def test_account_that_goes_right_after_the_change_is_no_error(alice, monkeypatch, settings):
    monkeypatch.setattr("accounts.views.security_event", lambda *_, user, **__: User.objects.get(pk=user).delete())
    alice.client.cookies[settings.REFRESH_COOKIE] = "x"
    assert alice.post(URL, {"current_password": PASSWORD, "new_password": NEW}).status_code == 204


def test_a_log_in_under_way_with_the_old_password_opens_no_session(alice):
    checked = User.objects.get(pk=alice.user.pk)
    alice.post(URL, {"current_password": PASSWORD, "new_password": NEW})
    with pytest.raises(NotAuthenticated):
        Session.objects.begin(checked)
    assert Session.objects.live().filter(user=alice.user).count() == 1
