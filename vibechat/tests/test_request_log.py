import pytest

from vibechat.core.middleware.request_log import RequestLog
from vibechat.tests.asgi import answering, call, http_scope, raising, socket_scope

pytestmark = pytest.mark.once


@pytest.fixture
def lines(caplog):
    caplog.set_level("INFO", "vibechat.requests")
    return lambda: [record for record in caplog.records if record.name == "vibechat.requests"]


async def test_it_works(lines):
    await call(RequestLog(answering(201, body=b"12345")), http_scope("/api/auth/login", "POST"))
    (line,) = lines()
    assert (line.method, line.route, line.status, line.bytes) == ("POST", "/api/auth/login", 201, 5)
    assert line.milliseconds >= 0


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/api/keys/email/alice@example.org", "/api/keys/email/<path:email>"),
        ("/api/messages/conversation/alice@example.org", "/api/messages/conversation/<path:email>"),
        ("/admin/accounts/user/7/change/", "/admin/accounts/user/<path:object_id>/change/"),
        ("/", "/"),
        ("/static/js/chat.js", "/static/"),
        ("/alice@example.org", "unmatched"),
        ("/api/keys/email/alice@example.org/\n", "unmatched"),
    ],
)
async def test_route_is_logged_instead_of_the_path(lines, path, route):
    await call(RequestLog(answering()), http_scope(path, query=b"with=alice@example.org"))
    assert lines()[0].route == route
    assert "alice" not in str(vars(lines()[0]))


async def test_unknown_method_is_not_logged(lines):
    await call(RequestLog(answering()), http_scope("/", "ALICE@EXAMPLE.ORG"))
    assert lines()[0].method == "OTHER"


async def test_request_without_a_response_is_logged(lines):
    with pytest.raises(ValueError, match="x"):
        await call(RequestLog(raising(ValueError("x"))), http_scope("/"))
    assert lines()[0].status is None


async def test_opening_and_closing_of_a_socket_are_logged(lines):
    async def socket(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    await call(RequestLog(socket), socket_scope())
    opened, closed = lines()
    assert (opened.getMessage(), opened.route) == ("socket_open", "/ws/chat/")
    assert (closed.getMessage(), closed.route, closed.code) == ("socket_closed", "/ws/chat/", 1001)


async def test_close_code_of_the_server_is_logged(lines):
    async def socket(scope, receive, send):
        await send({"type": "websocket.close", "code": 4401})
        await receive()

    await call(RequestLog(socket), socket_scope("/ws/alice@example.org"))
    (closed,) = lines()
    assert (closed.route, closed.code) == ("unmatched", 4401)
