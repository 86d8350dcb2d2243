import json

import pytest

from vibechat.asgi import application
from vibechat.core.middleware.handshake import HandshakeCheck
from vibechat.tests.asgi import call, socket_scope

pytestmark = pytest.mark.once
REFUSED = [{"type": "websocket.close", "code": 1008}]


async def accepting(scope, receive, send):
    await send({"type": "websocket.accept"})


async def is_accepted(scope) -> bool:
    messages = (await call(HandshakeCheck(accepting), scope)).messages
    assert messages in (REFUSED, [{"type": "websocket.accept"}])
    return messages != REFUSED


async def test_it_works():
    assert await is_accepted(socket_scope(headers={"Host": "localhost:8000", "Origin": "http://localhost:8000"}))


async def test_missing_origin_is_accepted():
    assert await is_accepted(socket_scope(headers={"Host": "localhost:8000"}))


@pytest.mark.parametrize(
    "origin",
    [
        "https://localhost:8000",
        "http://localhost:8001",
        "http://localhost",
        "http://evil.example",
        "http://localhost:8000.evil.example",
        "http://localhost:8000@evil.example",
        "http://evil@localhost:8000",
        "http://localhost:8000/x",
        "http://localhost:port",
        "http://[::1",
        "file://",
        "null",
        "",
    ],
)
async def test_foreign_origin_is_refused(origin):
    assert not await is_accepted(socket_scope(headers={"Host": "localhost:8000", "Origin": origin}))


async def test_two_origins_are_refused():
    scope = socket_scope(headers={"Host": "localhost:8000", "Origin": "http://localhost:8000"})
    scope["headers"].append((b"origin", b"http://localhost:8000"))
    assert not await is_accepted(scope)


async def test_case_and_default_port_of_the_origin_are_ignored(settings):
    settings.ALLOWED_HOSTS = ["chat.example.org"]
    assert await is_accepted(socket_scope(headers={"Host": "Chat.Example.org:80", "Origin": "http://chat.example.org"}))


async def test_behind_tls_the_origin_must_be_https(settings):
    settings.HTTPS, settings.ALLOWED_HOSTS = True, ["chat.example.org"]
    host = {"Host": "chat.example.org"}
    assert await is_accepted(socket_scope(headers=host | {"Origin": "https://chat.example.org"}))
    assert not await is_accepted(socket_scope(headers=host | {"Origin": "http://chat.example.org"}))


async def test_configured_origins_are_accepted(settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    assert await is_accepted(socket_scope(headers={"Origin": "https://app.example"}))
    assert not await is_accepted(socket_scope(headers={"Origin": "https://app.example:8443"}))


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "local host", "@"])
async def test_foreign_host_is_refused(host):
    assert not await is_accepted(socket_scope(headers={"Host": host}))


@pytest.mark.parametrize("path", ["/ws/", "/ws/chat", "/ws/chat/x", "/", "/api/auth/me", "/ws/chat/\ufffd"])
async def test_unknown_socket_path_is_refused(path):
    assert (await call(application, socket_scope(path))).messages == REFUSED


async def test_refusal_is_a_security_event(caplog):
    await is_accepted(socket_scope(headers={"Origin": "http://evil.example"}))
    record = next(record for record in caplog.records if record.name == "vibechat.security")
    assert (record.getMessage(), record.reason, record.address) == ("socket_refused", "origin", "192.0.2.1")
    assert "evil" not in json.dumps(vars(record), default=str)
