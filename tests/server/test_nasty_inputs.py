"""Any input gets a status below 500, in the one error shape, without an echo of the input."""

import base64
import json
import uuid
from itertools import islice, product

import pytest
from django.conf import settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from messaging.accept import acceptance
from tests.support.nasty_inputs import (
    ADDRESSES,
    BODIES,
    CALLS,
    CANARY,
    FORMS,
    HEADERS,
    JSON_KIND,
    KINDS,
    MAY_BE_EMPTY,
    NUMBERS,
    PLACES,
    QUERIES,
    TARGETS,
    VALUES,
    WHOLE,
)
from tests.support.whole_server import ask, ask_server, assert_error
from vibechat.core.limits import LocalBuckets, send_bucket
from vibechat.core.middleware.request_bounds import limit_of

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]
EVERY_FIELD = [(call, name) for call in CALLS for name in BODIES[call]]


@pytest.fixture(autouse=True)
def limits(settings, collected_static, monkeypatch):
    """Limits are on, so that their code sees the inputs, and too high to be reached."""
    monkeypatch.setattr(send_bucket, "local", LocalBuckets())  # those of earlier tests keep their own rates
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMITS = {group: dict.fromkeys(keys, "1000000/m") for group, keys in settings.RATE_LIMITS.items()}
    settings.SEND_LIMITS = dict.fromkeys(settings.SEND_LIMITS, (1e6, 1e6))


@pytest.fixture
def token(alice, bob):
    alice.send(bob)
    return alice.tokens["access"]


def survives(answer, *inputs):
    """Check that the status is below 500 and the error well-formed. `inputs` are for the failure message."""
    told = [str(part)[:200] for part in inputs]
    assert answer.status < 500, told
    assert answer.status != 429, told
    if answer.status >= 400 and answer.headers.get("content-type", "").startswith("application/json"):
        assert_error(answer)
        assert CANARY.encode() not in answer.body, told
    return answer


def filled(body, name, text) -> bytes:
    """`body` as JSON, with the raw `text` as the value of `name`. The text need not be JSON."""
    members = [f"{json.dumps(key)}: {text if key == name else json.dumps(value)}" for key, value in body.items()]
    return ("{" + ", ".join(members) + "}").encode()


def one_in(share, combinations, first=0):
    """Every `share`-th combination, with a different start for each call, to keep the suite short."""
    return islice(combinations, first % share, None, share)


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_unexpected_values_in_every_field(call, token):
    for name, text in one_in(3, product(BODIES[call], VALUES)):
        answer = survives(ask(*call, filled(BODIES[call], name, text), token), call, name, text)
        assert answer.status != 401 or call[1].startswith(
            ("/api/auth/log", "/api/auth/refresh", "/api/auth/passkey")
        ), (name, text)


@pytest.mark.django_db(transaction=True)
async def test_unexpected_values_in_a_message_to_the_send_middleware(token):
    """Outside of a test transaction, so that SendMiddleware responds."""
    call = ("POST", "/api/messages/send")
    try:
        for name, text in one_in(3, product(("ciphertext", "client_id", "suite", "sender_fingerprint"), VALUES)):
            answer = survives(await ask_server(*call, filled(BODIES[call], name, text), token), name, text)
            assert answer.status in (200, 201, 400, 404, 409), (name, text)
    finally:
        await acceptance.close()


@pytest.mark.once
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_bodies_that_are_not_an_object(call, token):
    for body in WHOLE:
        answer = survives(ask(*call, body, token), call, body)
        assert answer.status in (400, 401) or call[1] in MAY_BE_EMPTY, body[:99]


@pytest.mark.once
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_unexpected_content_types(call, token):
    bodies = (b"", b"a=1&email=%FF", json.dumps(BODIES[call]).encode())
    for kind, body in one_in(3, product(KINDS, bodies), first=CALLS.index(call)):
        answer = survives(ask(*call, body, token, content_type=kind), call, kind, body)
        is_json = str(kind).lower().partition(";")[0].strip() == JSON_KIND
        assert answer.status == 415 or is_json or not body or not BODIES[call], (kind, body)


@pytest.mark.once
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_body_beyond_the_limit_is_413_before_it_is_parsed(call, token):
    limit = limit_of({"method": call[0], "path": call[1]})
    for body in (b"[" * (limit + 1), b'{"x": "' + b"x" * limit + b'"}'):
        assert survives(ask(*call, body, token)).status == 413


@pytest.mark.parametrize("path", ["inbox", "sent", "sync", "conversation/bob@example.org"])
def test_unexpected_query_parameters(path, token):
    for name in ("page_size", "before", "after", "with"):
        for number in NUMBERS:
            survives(ask("GET", f"/api/messages/{path}?{name}={number}", token=token), path, name, number)
    for query in QUERIES:
        survives(ask("GET", f"/api/messages/{path}?{query}", token=token), path, query)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unexpected_path_parameters(method, token):
    for text in ADDRESSES + NUMBERS:
        for place in PLACES:
            survives(ask(method, f"/api/{place.format(text)}", token=token), method, place, text)
    for text in ADDRESSES:
        survives(ask("GET", f"/api/messages/inbox?with={text}", token=token), text)


def forged(kind, **claims) -> str:
    """A correctly signed token with invalid claims."""
    token = kind()
    token.payload.update(claims)
    return str(token)


def wrong_tokens(alice):
    good = alice.tokens["access"]
    head, body, signature = good.split(".")
    session = str(alice.session.pk)
    none, array = (base64.urlsafe_b64encode(text).decode().rstrip("=") for text in (b'{"alg":"none"}', b"[]"))
    yield from ["", " ", ".", "..", "x", "x.y.z", "\xff", "é" * 9, "A" * 100_000]
    yield from [good[:-2], good + "AA", good + ".", f"{good} {good}", f"{head}.{body}.", f"{head}.{signature}.{body}"]
    yield from [
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{array}.{body}.{signature}",
        f"{head}.{array}.{signature}",
    ]
    yield from [forged(AccessToken), forged(AccessToken, session=session, exp=1)]
    yield from [forged(kind, session=str(uuid.UUID(int=0)), generation=0) for kind in (AccessToken, RefreshToken)]


def test_invalid_tokens_are_refused(alice):
    for token in wrong_tokens(alice):
        raw = token.encode("latin-1")
        assert survives(ask("GET", "/api/auth/me", token=raw), token).status == 401
        for target in ("/api/auth/logout", "/api/auth/refresh"):
            statuses = {survives(ask("POST", target, {"refresh": token}, token=raw), target, token).status}
            cookie = ("Cookie", f"{settings.REFRESH_COOKIE}=".encode() + raw)
            statuses |= {survives(ask("POST", target, {}, headers=[cookie]), target, token).status}
            assert statuses <= {401, 400}, token


def test_access_and_refresh_tokens_are_not_interchangeable(alice):
    assert ask("GET", "/api/auth/me", token=alice.tokens["refresh"]).status == 401
    assert ask("POST", "/api/auth/refresh", {"refresh": alice.tokens["access"]}).status == 401
    assert ask("POST", "/api/auth/refresh", {"refresh": alice.tokens["refresh"]}).status == 200


@pytest.mark.parametrize("scheme", ["", "bearer", "Bearer", "Basic", "JWT", "Bearer\t", "Bearer,", "\xff"])
def test_other_authorization_headers_are_401(alice, scheme):
    for rest in ("", " ", " x", f" {alice.tokens['access']} x"):
        header = ("Authorization", f"{scheme}{rest}")
        assert survives(ask("GET", "/api/auth/me", headers=[header]), header).status == 401


@pytest.mark.parametrize("name", HEADERS)
def test_unexpected_headers(name, token):
    for value, target in one_in(2, product(HEADERS[name], TARGETS)):
        survives(ask("GET", target, token=token, headers=[(name, value)]), target, name, value)
    for value in HEADERS[name]:
        cookie = [("Cookie", f"{settings.REFRESH_COOKIE}=x")] if name != "Cookie" else []
        survives(ask("POST", "/api/auth/refresh", {}, headers=[*cookie, (name, value)]), name, value)


@pytest.mark.once
@pytest.mark.parametrize("method", ["get", "FOO", "PROPFIND", "CONNECT", "OPTIONS", "TRACE", "X" * 999])
def test_unexpected_methods(method, token):
    for target in [*TARGETS, "/api/auth/login"]:
        survives(ask(method, target, token=token), method, target)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind)[:60])
def test_unexpected_forms_at_the_admin_log_in(kind):
    cookie, token = ("Cookie", f"{settings.CSRF_COOKIE_NAME}=" + "a" * 32), b"&csrfmiddlewaretoken=" + b"a" * 32
    for form in one_in(3, FORMS, first=KINDS.index(kind)):
        survives(ask("POST", "/admin/login/?next=%2500", form, content_type=kind), form)
        survives(ask("POST", "/admin/login/", form + token, content_type=kind, headers=[cookie]), form)


def test_long_values_in_every_field(token):
    long = ["a" * 120_000, "a@" + "a." * 60_000, "a@" + "a-" * 60_000, "\u0301" * 60_000, "ﷺ" * 20_000, " " * 120_000]
    for text in long:
        written = json.dumps(text, ensure_ascii=False)
        for call, name in one_in(2, EVERY_FIELD):
            survives(ask(*call, filled(BODIES[call], name, written), token), call, name)
