import pytest

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
