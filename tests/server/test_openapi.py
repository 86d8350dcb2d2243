"""docs/openapi.yaml is generated from the code, and the server's responses match it."""

import json

import pytest
import yaml
from django.core.management import call_command
from django.urls import URLPattern

from tests.server.test_routes import API, answers_of
from tests.support.environment import ROOT
from tests.support.whole_server import ask
from vibechat import urls

pytestmark = pytest.mark.once

DOCUMENT = ROOT / "docs" / "openapi.yaml"
COMMAND = "manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(DOCUMENT.read_text())


def test_committed_document_is_the_generated_one(tmp_path):
    call_command("spectacular", file=str(tmp_path / "openapi.yaml"), validate=True, fail_on_warn=True)
    assert (tmp_path / "openapi.yaml").read_bytes() == DOCUMENT.read_bytes(), f"run {COMMAND}"


def documented_path(pattern) -> str:
    return "/api/" + str(pattern).replace("<row_id:", "{").replace("<str:", "{").replace("<path:", "{").replace(
        ">", "}"
    )


def test_document_has_all_routes_and_no_others(document):
    served = {
        (documented_path(route.pattern), method)
        for route in urls.api
        for method in getattr(route.callback, "actions", {"get": None})
        if method != "head"
    }
    assert {(path, method) for path, methods in document["paths"].items() for method in methods} == served


def operation_of(document, method, target) -> dict:
    """The operation whose path matches. A segment in braces matches any."""
    segments = target.partition("?")[0].split("/")
    exact = document["paths"].get("/".join(segments))
    fitting = [
        methods
        for path, methods in document["paths"].items()
        if len(parts := path.split("/")) == len(segments)
        and all(part == segment or part.startswith("{") for part, segment in zip(parts, segments, strict=True))
    ]
    return (exact or fitting[0])[method.lower()]


def resolved(document, node):
    while "$ref" in node:
        name = node["$ref"].removeprefix("#/").split("/")
        node = document
        for part in name:
            node = node[part]
    return node


def assert_fits(document, value, schema):
    """Check the value against the parts of JSON Schema used here: types, members and required members."""
    schema = resolved(document, schema)
    if value is None:
        assert schema.get("nullable"), schema
    elif "allOf" in schema:
        members = [resolved(document, part)["properties"] for part in schema["allOf"]]
        assert set(value) <= set().union(*members)
    elif "oneOf" in schema:
        kinds = [resolved(document, kind) for kind in schema["oneOf"]]
        assert_fits(document, value, next(k for k in kinds if value["type"] in k["properties"]["type"]["enum"]))
    elif schema["type"] == "object" and "properties" in schema:
        assert set(schema["required"]) <= set(value) <= set(schema["properties"])
        for name, member in value.items():
            assert_fits(document, member, schema["properties"][name])
    elif schema["type"] == "array":
        for item in value:
            assert_fits(document, item, schema["items"])
    else:
        kinds = {"string": str, "integer": int, "boolean": bool, "object": dict}
        assert isinstance(value, kinds[schema["type"]]), schema


@pytest.mark.django_db
@pytest.mark.parametrize("row", API, ids=lambda row: " ".join(row[:2]))
def test_every_response_is_documented(document, world, row):
    operation = operation_of(document, *row[:2])
    for _, answer in answers_of(row, world):
        told = resolved(document, operation["responses"][str(answer.status)])
        schema = told.get("content", {}).get("application/json", {}).get("schema")
        assert bool(schema) == bool(answer.body)
        if answer.body:
            assert_fits(document, json.loads(answer.body), schema)
        if answer.status >= 400:
            assert f"`{json.loads(answer.body)['code']}`" in told["description"]


def test_operations_document_whether_they_need_a_token(document):
    for method, target, _, statuses in API:
        security = operation_of(document, method, target).get("security", [{}])
        if not target.endswith(("/logout", "/refresh", "/login", "/passkey", "/passkey/options")):
            assert security == ([{"accessToken": []}] if statuses.startswith("401 ") else [{}])


AUTH_CALLS = ("register", "login", "refresh", "me", "password", "proof", "reset", "reset/password")
AUTH_CALLS += ("passkey", "passkey/options")


def test_operations_document_their_rate_limit(document):
    told = {
        path.removeprefix("/api/")
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if "429" in operation["responses"]
    }
    auth_calls = {f"auth/{name}" for name in AUTH_CALLS}
    assert told == auth_calls | {
        "contacts/add",
        "files",
        "files/{id}",
        "files/{id}/parts/{number}",
        "blocks/add",
        "reports",
        "push",
        "push/test",
        "push/news",
        "push/moved",
        "keys/challenge",
        "keys/upload",
        "keys/email/{email}",
        "keys/fingerprint/{fingerprint}",
        "messages/send",
        "vault",
        "vault/versions/{version}",
        "browsers",
        "browsers/email/{email}",
        "browsers/here",
        "invitations",
        "invitations/{route}",
        "invitations/{route}/{step}",
        "streams",
        "streams/{browser}/{kind}",
        "streams/{browser}/{kind}/{number}",
        "passkeys",
        "passkeys/options",
        "passkeys/{id}",
    }


def test_document_is_not_served():
    served = [pattern for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)]
    views = {getattr(pattern.callback, "cls", pattern.callback).__module__ for pattern in served}
    ours = {f"{app}.views" for app in ("accounts", "contacts", "files", "keys", "messaging", "vault")}
    assert views == ours | {
        "messaging.reports.views",
        "messaging.web_push.views",
        "vibechat.core.health",
        "vibechat.pages",
        "vibechat.client_manifest",
        "vibechat.service_worker",
    }


@pytest.mark.django_db
def test_accept_header_of_a_browser_gets_json(world):
    answer = ask("GET", "/api/auth/me", token=world["access"], headers=[("Accept", "text/html")])
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
