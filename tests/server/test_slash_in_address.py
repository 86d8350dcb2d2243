"""Email addresses with special URL characters work in every API path and in the admin pages."""

import json
from urllib.parse import quote

import pytest

from accounts.models import User
from conftest import PASSWORD, Person
from tests.support.whole_server import ask

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("collected_static")]
NAMES = ["bob/home", "/bob", "bob//home", "bob/", "bob/delivered", "a/./b", "b?c#d", "50%2f", "delivered", "a+b&c=d"]


@pytest.fixture(params=NAMES)
def odd(request, db):
    return Person(request.param)


def call(person, method, path, **more):
    return ask(method, path, token=person.tokens["access"], **more)


def test_every_api_call_accepts_the_address_in_its_path(odd, alice):
    fingerprint = odd.upload_key()
    alice.send(odd)
    path = quote(odd.email, safe="")
    key = call(alice, "GET", f"/api/keys/email/{path}")
    assert (key.status, json.loads(key.body)["fingerprint"]) == (200, fingerprint)
    alice.send(odd)
    page = call(alice, "GET", f"/api/messages/conversation/{path}?page_size=1")
    assert (page.status, len(json.loads(page.body)["results"])) == (200, 1)
    following = "/api/" + json.loads(page.body)["next"].partition("/api/")[2]
    assert len(json.loads(call(alice, "GET", following).body)["results"]) == 1
    assert call(alice, "GET", f"/api/messages/sent?with={path}").status == 200
    cleared = call(alice, "DELETE", f"/api/messages/conversation/{path}")
    assert json.loads(cleared.body) == {"cleared": 2}


def test_anonymous_gets_401(odd):
    assert ask("GET", f"/api/keys/email/{quote(odd.email, safe='')}").status == 401


def test_admin_pages_accept_the_address(odd, client):
    User.objects.create_superuser("op@example.org", PASSWORD)
    client.login(username="op@example.org", password=PASSWORD)
    row = f"/admin/accounts/user/{odd.user.pk}"
    for page in (f"{row}/change/", f"{row}/history/", f"{row}/delete/", f"{row}/password/"):
        assert client.get(page).status_code == 200, page
    found = client.get("/admin/accounts/user/", {"q": odd.email})
    assert odd.email.replace("&", "&amp;") in found.content.decode()
