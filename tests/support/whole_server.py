"""Synchronous requests to the whole ASGI application."""

import json
from contextlib import contextmanager, nullcontext
from unittest.mock import patch
from urllib.parse import unquote

from asgiref.sync import async_to_sync
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from vibechat.tests.asgi import Answer, call, http_scope


def ask(*args, **kwargs) -> Answer:
    """Like `ask_server`, but inside the test's transaction."""
    with in_the_tests_transaction():
        return async_to_sync(ask_server)(*args, **kwargs)


async def ask_server(method, target, body=None, token=None, headers=(), content_type="application/json") -> Answer:
    """`target` is percent-encoded. `body` is bytes, or a value that is sent as JSON."""
    from vibechat.asgi import application

    path, _, query = target.partition("?")
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    sent = [(b"content-length", str(len(raw)).encode())] if raw or body is not None else []
    sent += [(b"content-type", as_bytes(content_type))] if content_type is not None and body is not None else []
    sent += [(b"authorization", b"Bearer " + as_bytes(token))] if token is not None else []
    sent += [(as_bytes(name).lower(), as_bytes(value)) for name, value in headers]
    scope = http_scope(unquote(path), method, query=as_bytes(query), raw_path=path.encode())
    given = {name for name, _ in sent}
    scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in given] + sent
    return await call(application, scope, [raw])


@contextmanager
def in_the_tests_transaction():
    """Run views in the thread and on the connection of the test, and keep that connection open. SendMiddleware is
    bypassed, because its own connections cannot see the transaction.
    """
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    own_thread = patch("vibechat.core.django_handler.ThreadSensitiveContext", lambda executor: nullcontext())
    try:
        with own_thread, patch("messaging.accept.middleware.claims_of", lambda scope: None):
            yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


def as_bytes(text) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")


def assert_error(answer: Answer):
    """Check the error shape and the headers that some statuses require."""
    assert answer.headers["content-type"].split(";")[0] == "application/json", answer.body[:200]
    assert "no-store" in answer.headers["cache-control"]
    error = json.loads(answer.body)
    assert set(error) == {"code", "detail"} | ({"fields"} if answer.status == 400 else set())
    assert_described(error)
    for described in (described for field in error.get("fields", {}).values() for described in field):
        assert set(described) == {"code", "detail"}
        assert_described(described)
    if answer.status in (429, 503):
        assert int(answer.headers["retry-after"]) > 0


def assert_described(error):
    assert error["code"].replace("_", "").isalnum(), error
    assert error["code"] == error["code"].lower()
    assert isinstance(error["detail"], str)
    assert error["detail"]
