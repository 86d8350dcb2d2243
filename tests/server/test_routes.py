"""Every route × {anonymous, alice, bob, mallory} → status.

alice has written to bob and added him; mallory knows nobody and has no key.
"""

import json

import pytest
from django.db import transaction
from django.urls import URLPattern, resolve

from conftest import PASSWORD, envelope
from tests.support.nasty_inputs import BODIES
from tests.support.whole_server import ask, assert_error
from vibechat.urls import urlpatterns

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("collected_static")]
PEOPLE = ["anonymous", "alice", "bob", "mallory"]
EVERYBODY, SIGNED_IN = "{0} {0} {0} {0}", "401 {0} {0} {0}"
VAULT = {f"{name}": f"{{vault_{name}}}" for name in ("blob", "hash", "previous", "signature")} | {
    "version": 2,
    "generation": 1,
    "browser": "{bobs_browser}",
    "ways": [{"id": "{way}", "kind": "code", "box": "{box}"}],
}
PUSH = BODIES["POST", "/api/push"] | {"endpoint": "https://fcm.googleapis.com/another"}
NEW_PASSWORD = {"current_password": PASSWORD, "new_password": "another horse battery"}

# Method, URL, body, status for each of PEOPLE. Names in braces are replaced by values of the fixture `world`.
API = [
    ("POST", "/api/auth/register", {"email": "new@example.org", "password": PASSWORD}, EVERYBODY.format(201)),
    ("POST", "/api/auth/register", {"email": "{bob}", "password": PASSWORD}, EVERYBODY.format(409)),
    ("POST", "/api/auth/register", {"email": "new@example.org", "password": "12345678"}, EVERYBODY.format(400)),
    ("GET", "/api/auth/registration", None, EVERYBODY.format(200)),
    ("POST", "/api/auth/login", {"email": "{bob}", "password": PASSWORD}, EVERYBODY.format(200)),
    ("POST", "/api/auth/login", {"email": "{bob}", "password": "wrong"}, EVERYBODY.format(401)),
    ("POST", "/api/auth/login", {"email": "{nobody}", "password": PASSWORD}, EVERYBODY.format(401)),
    ("POST", "/api/auth/login", {"email": "{suspended}", "password": PASSWORD}, EVERYBODY.format(401)),
    ("POST", "/api/auth/refresh", {"refresh": "{refresh}"}, EVERYBODY.format(200)),
    ("POST", "/api/auth/refresh", {"refresh": "{access}"}, EVERYBODY.format(401)),
    ("POST", "/api/auth/refresh", {}, EVERYBODY.format(401)),
    ("GET", "/api/auth/reset", None, EVERYBODY.format(200)),
    ("POST", "/api/auth/reset", {"email": "{bob}"}, EVERYBODY.format(409)),
    ("POST", "/api/auth/reset", {"email": "no-address"}, EVERYBODY.format(400)),
    ("POST", "/api/auth/reset/password", {"token": "1-x-y", "new_password": PASSWORD}, EVERYBODY.format(403)),
    ("POST", "/api/auth/logout", None, SIGNED_IN.format(204)),
    ("GET", "/api/auth/me", None, SIGNED_IN.format(200)),
    ("PATCH", "/api/auth/me", {"display_name": "Somebody"}, SIGNED_IN.format(200)),
    ("PATCH", "/api/auth/me", {"display_name": 5}, SIGNED_IN.format(400)),
    ("GET", "/api/auth/me/data", None, SIGNED_IN.format(200)),
    ("GET", "/api/auth/me/data?kind=messages&page_size=1&before=9", None, SIGNED_IN.format(200)),
    ("GET", "/api/auth/me/data?kind=nothing", None, SIGNED_IN.format(400)),
    ("DELETE", "/api/auth/me", {"password": PASSWORD}, SIGNED_IN.format(204)),
    ("DELETE", "/api/auth/me", {"password": "wrong"}, SIGNED_IN.format(400)),
    ("POST", "/api/auth/password", NEW_PASSWORD, SIGNED_IN.format(204)),
    ("POST", "/api/auth/password", NEW_PASSWORD | {"current_password": "wrong"}, SIGNED_IN.format(400)),
    ("POST", "/api/auth/passkey/options", None, EVERYBODY.format(200)),
    ("POST", "/api/auth/passkey", {"credential": {}}, EVERYBODY.format(401)),
    ("POST", "/api/auth/passkey", {"credential": 5}, EVERYBODY.format(400)),
    ("GET", "/api/auth/proof", None, SIGNED_IN.format(200)),
    ("POST", "/api/auth/proof", {"password": PASSWORD}, SIGNED_IN.format(204)),
    ("POST", "/api/auth/proof", {"password": "wrong"}, SIGNED_IN.format(400)),
    ("POST", "/api/keys/challenge", None, SIGNED_IN.format(200)),
    ("POST", "/api/keys/upload", {"public_key": "{new_key}"}, SIGNED_IN.format(201)),
    ("POST", "/api/keys/upload", {"public_key": "{bobs_key}"}, "401 201 200 201"),
    ("POST", "/api/keys/upload", {"public_key": "{new_key}", "replaces": "{bobs}"}, "401 409 201 409"),
    ("POST", "/api/keys/upload", {"public_key": "AAAA"}, SIGNED_IN.format(400)),
    ("GET", "/api/keys/me", None, "401 200 200 404"),
    ("GET", "/api/keys/email/{bob}", None, SIGNED_IN.format(200)),
    ("GET", "/api/keys/email/{mallory}", None, SIGNED_IN.format(404)),
    ("GET", "/api/keys/email/{nobody}", None, SIGNED_IN.format(404)),
    ("GET", "/api/keys/email/{suspended}", None, SIGNED_IN.format(404)),
    ("GET", "/api/keys/email/no-address", None, SIGNED_IN.format(400)),
    ("GET", "/api/keys/fingerprint/{alices}", None, "401 200 200 404"),
    ("GET", "/api/keys/fingerprint/{bobs}", None, "401 200 200 404"),
    ("GET", "/api/keys/fingerprint/{nobodys}", None, SIGNED_IN.format(404)),
    ("POST", "/api/messages/send", envelope("{bob}"), "401 201 400 201"),
    ("POST", "/api/messages/send", envelope("{bob}", client_id="{client_id}"), "401 409 400 201"),
    ("POST", "/api/messages/send", envelope("{bob}", sender_fingerprint="{alices}"), "401 201 400 409"),
    ("POST", "/api/messages/send", envelope("{nobody}"), SIGNED_IN.format(404)),
    ("POST", "/api/messages/send", envelope("{suspended}"), SIGNED_IN.format(404)),
    ("POST", "/api/messages/send", envelope("{bob}", nonce="AAAA"), SIGNED_IN.format(400)),
    ("GET", "/api/messages/inbox", None, SIGNED_IN.format(200)),
    ("GET", "/api/messages/inbox?with={alice}", None, SIGNED_IN.format(200)),
    ("GET", "/api/messages/inbox?with={nobody}", None, SIGNED_IN.format(404)),
    ("GET", "/api/messages/inbox?page_size=201", None, SIGNED_IN.format(400)),
    ("GET", "/api/messages/sent", None, SIGNED_IN.format(200)),
    ("GET", "/api/messages/sent?with={nobody}", None, SIGNED_IN.format(404)),
    ("GET", "/api/messages/sent?page_size=0", None, SIGNED_IN.format(400)),
    ("GET", "/api/messages/sync", None, SIGNED_IN.format(200)),
    ("GET", "/api/messages/sync?after=1", None, "401 200 200 400"),
    ("POST", "/api/messages/receipts", {"read": ["{message}"]}, SIGNED_IN.format(200)),
    ("POST", "/api/messages/receipts", {"read": "{message}"}, SIGNED_IN.format(400)),
    ("GET", "/api/messages/conversations", None, SIGNED_IN.format(200)),
    ("GET", "/api/messages/conversation/{alice}", None, SIGNED_IN.format(200)),
    ("GET", "/api/messages/conversation/{nobody}", None, SIGNED_IN.format(404)),
    ("GET", "/api/messages/conversation/{suspended}", None, SIGNED_IN.format(404)),
    ("GET", "/api/messages/conversation/no-address", None, SIGNED_IN.format(400)),
    ("DELETE", "/api/messages/conversation/{alice}", None, SIGNED_IN.format(200)),
    ("DELETE", "/api/messages/conversation/{nobody}", None, SIGNED_IN.format(404)),
    ("DELETE", "/api/messages/{message}?for=everyone", None, "401 204 404 404"),
    ("DELETE", "/api/messages/{message}?for=me", None, "401 204 204 404"),
    ("DELETE", "/api/messages/{message}?for=x", None, SIGNED_IN.format(400)),
    ("DELETE", "/api/messages/x?for=me", None, SIGNED_IN.format(404)),
    ("POST", "/api/messages/{message}/delivered", None, "401 404 200 404"),
    ("POST", "/api/messages/0/delivered", None, SIGNED_IN.format(404)),
    ("POST", "/api/messages/{message}/read", None, "401 404 200 404"),
    ("POST", "/api/messages/x/read", None, SIGNED_IN.format(404)),
    ("POST", "/api/contacts/add", {"email": "{bob}"}, "401 200 400 201"),
    ("POST", "/api/contacts/add", {"email": "{nobody}"}, SIGNED_IN.format(404)),
    ("POST", "/api/contacts/add", {"email": "{suspended}"}, SIGNED_IN.format(404)),
    ("GET", "/api/contacts/list", None, SIGNED_IN.format(200)),
    ("DELETE", "/api/contacts/{contact}", None, "401 204 404 404"),
    ("DELETE", "/api/contacts/x", None, SIGNED_IN.format(404)),
    ("POST", "/api/blocks/add", {"email": "{bob}"}, "401 201 400 201"),
    ("POST", "/api/blocks/add", {"email": "{alice}"}, "401 400 201 201"),
    ("POST", "/api/blocks/add", {"email": "{nobody}"}, SIGNED_IN.format(404)),
    ("GET", "/api/blocks/list", None, SIGNED_IN.format(200)),
    ("DELETE", "/api/blocks/{block}", None, "401 404 204 404"),
    ("DELETE", "/api/blocks/x", None, SIGNED_IN.format(404)),
    ("POST", "/api/files", {"recipient_email": "{bob}", "size": 1000}, "401 201 400 201"),
    ("POST", "/api/files", {"recipient_email": "{nobody}", "size": 1000}, SIGNED_IN.format(404)),
    ("POST", "/api/files", {"recipient_email": "{suspended}", "size": 1000}, SIGNED_IN.format(404)),
    ("POST", "/api/files", {"recipient_email": "{bob}", "size": 1}, SIGNED_IN.format(400)),
    ("POST", "/api/files/{file}/complete", None, "401 200 404 404"),
    ("GET", "/api/files/{file}/parts", None, "401 200 404 404"),
    ("GET", "/api/files/{nobodys}", None, SIGNED_IN.format(404)),
    ("PUT", "/api/files/{file}/parts/0", {}, "401 400 404 404"),
    ("PUT", "/api/files/{file}/parts/1", {}, SIGNED_IN.format(404)),
    ("DELETE", "/api/files/{file}", None, "401 204 404 404"),
    ("GET", "/api/push", None, SIGNED_IN.format(200)),
    ("POST", "/api/push", PUSH, SIGNED_IN.format(201)),
    ("POST", "/api/push", PUSH | {"endpoint": "https://push.example.org/x"}, SIGNED_IN.format(400)),
    ("POST", "/api/push/news", {"token": "{push_token}", "after": 0}, EVERYBODY.format(200)),
    ("POST", "/api/push/news", {"token": "x", "after": 0}, EVERYBODY.format(403)),
    ("POST", "/api/push/moved", PUSH | {"token": "{push_token}"}, EVERYBODY.format(204)),
    ("POST", "/api/push/moved", PUSH | {"token": "x"}, EVERYBODY.format(403)),
    ("POST", "/api/push/test", None, SIGNED_IN.format(204)),
    ("GET", "/api/reports/key", None, SIGNED_IN.format(200)),
    ("POST", "/api/reports", BODIES["POST", "/api/reports"], "401 409 400 409"),
    ("POST", "/api/reports", {}, SIGNED_IN.format(400)),
    ("DELETE", "/api/push/{push}", None, "401 404 204 404"),
    ("DELETE", "/api/push/x", None, SIGNED_IN.format(404)),
    ("GET", "/api/vault", None, "401 404 200 404"),
    ("PUT", "/api/vault", VAULT, "401 400 200 400"),
    ("PUT", "/api/vault", VAULT | {"hash": "{vault_previous}"}, SIGNED_IN.format(400)),
    ("PUT", "/api/vault", VAULT | {"signature": "A" * 86 + "=="}, "401 400 403 400"),
    ("DELETE", "/api/vault", None, "401 404 204 404"),
    ("GET", "/api/vault/versions", None, SIGNED_IN.format(200)),
    ("GET", "/api/vault/versions/1", None, "401 404 200 404"),
    ("GET", "/api/vault/versions/x", None, SIGNED_IN.format(404)),
    ("GET", "/api/browsers", None, SIGNED_IN.format(200)),
    ("PUT", "/api/browsers", {"browsers": "{bobs_list}"}, "401 403 200 403"),
    ("PUT", "/api/browsers", {"browsers": "AAAA"}, SIGNED_IN.format(400)),
    ("GET", "/api/browsers/email/{bob}", None, SIGNED_IN.format(200)),
    ("GET", "/api/browsers/email/{mallory}", None, SIGNED_IN.format(404)),
    ("GET", "/api/browsers/email/{nobody}", None, SIGNED_IN.format(404)),
    ("GET", "/api/browsers/email/{suspended}", None, SIGNED_IN.format(404)),
    ("GET", "/api/browsers/email/no-address", None, SIGNED_IN.format(400)),
    ("POST", "/api/browsers/here", {"browser": "{bobs_browser}"}, "401 404 204 404"),
    ("POST", "/api/browsers/here", {"browser": "x"}, SIGNED_IN.format(400)),
    ("POST", "/api/invitations", {"route": "{new_route}"}, SIGNED_IN.format(201)),
    ("POST", "/api/invitations", {"route": "{bobs_route}"}, "401 201 409 201"),
    ("POST", "/api/invitations", {"route": "x"}, SIGNED_IN.format(400)),
    ("GET", "/api/invitations/{bobs_route}", None, "401 404 200 404"),
    ("GET", "/api/invitations/x", None, SIGNED_IN.format(404)),
    ("DELETE", "/api/invitations/{bobs_route}", None, "401 404 204 404"),
    ("PUT", "/api/invitations/{bobs_route}/offer", {"message": "AAAA"}, "401 404 201 404"),
    ("PUT", "/api/invitations/{bobs_route}/grant", {"message": "AAAA"}, "401 404 409 404"),
    ("PUT", "/api/invitations/{bobs_route}/offer", {"message": "x"}, SIGNED_IN.format(400)),
    ("GET", "/api/streams", None, SIGNED_IN.format(200)),
    ("GET", "/api/streams/{bobs_browser}/archive", None, "401 404 200 404"),
    ("GET", "/api/streams/{bobs_browser}/archive?from=x", None, SIGNED_IN.format(400)),
    ("GET", "/api/streams/{bobs_browser}/archive/1", None, "401 404 200 404"),
    ("GET", "/api/streams/{bobs_browser}/archive/x", None, SIGNED_IN.format(404)),
    ("PUT", "/api/streams/{bobs_browser}/archive/2", "{segment}", "401 409 200 409"),
    ("PUT", "/api/streams/{bobs_browser}/archive/2", {"blob": "AAAA"}, SIGNED_IN.format(400)),
    ("PUT", "/api/streams/{bobs_browser}/another/2", {"blob": "AAAA"}, SIGNED_IN.format(404)),
    ("GET", "/api/passkeys", None, SIGNED_IN.format(200)),
    ("POST", "/api/passkeys", {"credential": {}, "name": "Phone"}, SIGNED_IN.format(400)),
    ("POST", "/api/passkeys/options", None, SIGNED_IN.format(200)),
    ("DELETE", "/api/passkeys/{passkey}", None, "401 404 204 404"),
    ("DELETE", "/api/passkeys/x", None, SIGNED_IN.format(404)),
    ("GET", "/api/health/live", None, EVERYBODY.format(200)),
    ("GET", "/api/health/ready", None, EVERYBODY.format(200)),
]
PAGES = [
    ("GET", "/", None, EVERYBODY.format(200)),
    ("GET", "/register", None, EVERYBODY.format(200)),
    ("GET", "/login", None, EVERYBODY.format(200)),
    ("GET", "/forgot", None, EVERYBODY.format(200)),
    ("GET", "/reset", None, EVERYBODY.format(200)),
    ("GET", "/chat", None, EVERYBODY.format(200)),
    ("GET", "/about-me", None, EVERYBODY.format(200)),
    ("GET", "/favicon.ico", None, EVERYBODY.format(301)),
    ("GET", "/.well-known/passkey-endpoints", None, EVERYBODY.format(200)),
    ("GET", "/client-manifest.json", None, EVERYBODY.format(200)),
    ("GET", "/service-worker.js", None, EVERYBODY.format(200)),
    ("GET", "/admin/login/", None, EVERYBODY.format(200)),
    ("GET", "/admin/", None, EVERYBODY.format(302)),
]
NOWHERE = ["/api", "/api/", "/api/nowhere", "/api/auth/login/", "/api/auth/me/", "/nowhere", "/chat/", "/ws/chat/"]
NOWHERE += ["/api/schema", "/api/docs", "/openapi.yaml", "/docs/openapi.yaml", "/.env", "/manage.py", "/static/nowhere"]
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"}
OPEN_TO_ALL = (
    "/api/auth/register",
    "/api/auth/registration",
    "/api/auth/login",
    "/api/auth/refresh",
    "/api/auth/reset",
    "/api/auth/logout",
    "/api/auth/passkey",
    "/api/push/news",
    "/api/push/moved",
    "/api/health/",
)


def filled(value, world):
    if isinstance(value, str):
        is_whole = value in ("{message}", "{segment}")
        return world[value[1:-1]] if is_whole else value.format(**world)
    if isinstance(value, (list, dict)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        filled_in = {name: filled(item, world) for name, item in items}
        return filled_in if isinstance(value, dict) else list(filled_in.values())
    return value


def answers_of(row, world):
    """The response to each of PEOPLE, each in the same state of the database."""
    method, target, body, _ = row
    for person in PEOPLE:
        with transaction.atomic():
            yield person, ask(method, filled(target, world), filled(body, world), world["tokens"][person])
            transaction.set_rollback(True)


@pytest.mark.parametrize("row", API + PAGES, ids=lambda row: " ".join(row[:2]))
def test_each_person_gets_the_listed_status(world, row):
    answers = dict(answers_of(row, world))
    assert " ".join(str(answer.status) for answer in answers.values()) == row[3]
    for answer in answers.values():
        if answer.status >= 400:
            assert_error(answer)
        elif row[1].startswith("/api/"):
            assert json.loads(answer.body) if answer.body else answer.status == 204


def route_of(target) -> str:
    return resolve(
        target.partition("?")[0]
        .replace("{message}", "1")
        .replace("{contact}", "1")
        .replace("{block}", "1")
        .replace("{push}", "1")
        .replace("{passkey}", "1")
    ).route


def test_every_route_is_in_the_table():
    served = set()
    for pattern in urlpatterns:
        if not isinstance(pattern, URLPattern):
            assert str(pattern.pattern) == "admin/"  # covered by tests/server/test_admin.py
            continue
        actions = getattr(pattern.callback, "actions", {"get": None})
        served |= {(str(pattern.pattern), method.upper()) for method in actions if method != "head"}
    listed = {(route_of(target), method) for method, target, _, _ in API + PAGES}
    assert listed - {("admin/", "GET")} == served


@pytest.mark.parametrize("target", sorted({row[1].partition("?")[0] for row in API}))
def test_other_methods_are_405_after_authentication(world, target):
    route = route_of(target)
    allowed = {method for method, other, _, _ in API if route_of(other) == route}
    is_open = target.startswith(OPEN_TO_ALL)
    for method in sorted(METHODS - allowed - ({"HEAD"} if "GET" in allowed else set())):
        body = {} if method in ("PUT", "POST") else None
        for person in PEOPLE:
            answer = ask(method, filled(target, world), body, world["tokens"][person])
            assert answer.status == (401 if person == "anonymous" and not is_open else 405), (method, person)
            if method != "HEAD":
                assert_error(answer)
            assert answer.status != 405 or set(answer.headers["allow"].split(", ")) >= allowed


@pytest.mark.parametrize("row", [row for row in API if row[0] == "GET"], ids=lambda row: row[1])
def test_head_has_the_status_and_type_of_get(world, row):
    target, token = filled(row[1], world), world["tokens"]["bob"]
    answers = [ask(method, target, token=token) for method in ("HEAD", "GET")]
    assert answers[0].status == answers[1].status
    assert answers[0].headers["content-type"] == answers[1].headers["content-type"] == "application/json"


@pytest.mark.parametrize("target", [row[1] for row in PAGES if not row[1].startswith("/admin/")])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_pages_accept_only_get_and_head(target, method):
    answer = ask(method, target, {} if method != "OPTIONS" else None)
    assert answer.status == 405
    assert_error(answer)


@pytest.mark.parametrize("target", NOWHERE)
def test_unknown_urls_are_404(world, target):
    for method in ("GET", "POST"):
        for person in PEOPLE:
            answer = ask(method, target, token=world["tokens"][person])
            assert answer.status == 404
            assert_error(answer)


@pytest.mark.parametrize("row", [row for row in API if row[3].startswith("401 ")], ids=lambda row: " ".join(row[:2]))
def test_ended_session_gets_401(world, row):
    alice = world["people"]["alice"]
    alice.session.end()
    answer = ask(row[0], filled(row[1], world), filled(row[2], world), alice.tokens["access"])
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert_error(answer)
