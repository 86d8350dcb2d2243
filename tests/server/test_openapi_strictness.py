"""docs/openapi.yaml accepts the same bodies as the server, apart from rules that schemas cannot express."""

import copy
import json

import pytest
import yaml
from jsonschema import Draft7Validator

from tests.server.test_openapi import operation_of
from tests.support.environment import ROOT
from tests.support.nasty_inputs import BODIES, CALLS, OTHERS, TEXTS
from tests.support.whole_server import ask

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300), pytest.mark.once]
# Errors about the meaning of a value, which a schema cannot express.
MEANING = {
    ("email", "invalid"),
    ("recipient_email", "invalid"),
    ("reported_email", "invalid"),
    ("sealed", "invalid_length"),  # of a report: a multiple of 4096 bytes
    ("password", "wrong_password"),
    ("current_password", "wrong_password"),
    ("display_name", "invalid_characters"),
    ("public_key", "invalid_key"),
    ("browsers", "invalid_list"),
    ("credential", "passkey_refused"),
    ("name", "invalid_characters"),
    ("blob", "invalid_blob"),
    ("hash", "wrong_hash"),
    ("ways", "repeated"),
    ("endpoint", "unknown_push_host"),
    ("p256dh", "invalid_key"),
}
VALUES = [*TEXTS, *OTHERS, None, True, False, 0, -1, 1.5, 2**15, 2**70, [1] * 501, ["1"]]
VALUES += ["AAAA" * n for n in (3, 4, 5, 6, 10, 11, 12, 85, 86, 90, 170, 180)]
VALUES += ["AAAA" * 5 + tail for tail in ("AA==", "AAA=", "AB==", "AAB=", "A===", "AAA", "AA-=", "====")]
VALUES += ["a" * 64, "A" * 64, "a" * 63, "x" * 20, "x" * 21, "1x", "b3f1c2d4-0000-4000-8000-00000000000A"]


def plain(schema):
    """Convert OpenAPI 3.0's `nullable` to JSON Schema."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    words = {name: plain(value) for name, value in schema.items()}
    is_nullable = isinstance(schema.get("nullable"), bool) and words.pop("nullable")
    return {"anyOf": [words, {"type": "null"}]} if is_nullable else words


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())


@pytest.fixture
def validator(document):
    def of(call):
        body = operation_of(document, *call)["requestBody"]["content"]["application/json"]["schema"]
        schemas = plain(copy.deepcopy(document["components"]["schemas"]))
        return Draft7Validator({**plain(body), "components": {"schemas": schemas}})

    return of


@pytest.mark.parametrize(
    ("call", "field"), [(call, field) for call in CALLS for field in BODIES[call]], ids=lambda part: str(part)[:60]
)
def test_schema_and_server_accept_the_same_values(validator, alice, bob, call, field):
    fits = validator(call)
    method, path = call
    for value in VALUES:
        body = {**BODIES[call], field: value}
        answer = ask(method, path, body=body, token=alice.tokens["access"])
        errors = json.loads(answer.body).get("fields", {}) if answer.status == 400 else {}
        codes = {error["code"] for error in errors.get(field, ())}
        if errors and not codes:
            continue  # refused because of another field, before this one was checked
        if answer.status == 403:
            continue  # the link of a password reset is over; a password's strength is checked after it
        if any((field, code) in MEANING or code.startswith("password_") for code in codes):
            continue
        assert fits.is_valid(body) == (not codes), (value, answer.body[:300])


@pytest.mark.parametrize("more", [{"nonce": None}, {"salt": None}, {"suite": 2, "nonce": None, "salt": None}])
def test_suite_1_needs_nonce_and_salt(validator, alice, bob, more):
    call = ("POST", "/api/messages/send")
    body = {**BODIES[call], "sender_fingerprint": None, "recipient_fingerprint": None, **more}
    admitted = ask(*call, body=body, token=alice.tokens["access"]).status == 201
    assert validator(call).is_valid(body) == admitted == ("suite" in more)
