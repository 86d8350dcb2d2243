import json
import logging

import pytest
from django.db import DataError, InterfaceError, OperationalError

from vibechat.core.middleware.error_shape import ErrorShape
from vibechat.tests.asgi import answering, call, http_scope, raising

pytestmark = pytest.mark.once
HTML = [("content-type", "text/html; charset=utf-8")]
CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    500: "server_error",
    502: "server_error",
    503: "unavailable",
}


async def shaped(app, path="/api/x", method="GET", accept="*/*"):
    return await call(ErrorShape(app), http_scope(path, method, {"Accept": accept}))


@pytest.mark.parametrize("status", CODES)
async def test_it_works(status):
    answer = await shaped(answering(status, HTML, b"<h1>Something</h1>"))
    body = json.loads(answer.body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert body["code"] == CODES[status]
    assert set(body) == {"code", "detail"} | ({"fields"} if status == 400 else set())


async def test_json_errors_of_the_api_are_unchanged():
    answer = await shaped(answering(404, body=b'{"code": "user_not_found"}'))
    assert answer.body == b'{"code": "user_not_found"}'


async def test_successful_responses_are_unchanged():
    answer = await shaped(answering(302, [("location", "/chat")], b""))
    assert (answer.status, answer.headers["location"], answer.body) == (302, "/chat", b"")


@pytest.mark.parametrize("accept", ["text/html", "text/html,application/xhtml+xml;q=0.9"])
async def test_browser_gets_html_errors_of_pages(accept):
    answer = await shaped(answering(404, HTML, b"<h1>No</h1>"), "/nowhere", accept=accept)
    assert answer.body == b"<h1>No</h1>"


@pytest.mark.parametrize(("path", "accept"), [("/nowhere", "*/*"), ("/api/x", "text/html"), ("/api", "text/html")])
async def test_other_clients_get_json(path, accept):
    answer = await shaped(answering(404, HTML, b"<h1>No</h1>"), path, accept=accept)
    assert json.loads(answer.body)["code"] == "not_found"


async def test_headers_of_the_refusal_are_kept_and_those_of_the_body_replaced():
    headers = [*HTML, ("allow", "GET"), ("retry-after", "7"), ("content-encoding", "gzip")]
    answer = await shaped(answering(405, headers, b"<h1>No</h1>"))
    assert (answer.headers["allow"], answer.headers["retry-after"]) == ("GET", "7")
    assert "content-encoding" not in answer.headers


async def test_head_has_no_body():
    answer = await shaped(answering(404, HTML, b""), method="HEAD")
    assert (answer.status, answer.body) == (404, b"")


async def test_exception_is_500_and_logged_without_its_message(caplog):
    answer = await shaped(raising(ValueError("alice@example.org")))
    assert (answer.status, json.loads(answer.body)["code"]) == (500, "server_error")
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert record.getMessage() == "unhandled_exception"
    assert record.exc_info[0] is ValueError


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
@pytest.mark.parametrize("path", ["/api/x", "/admin/", "/"])
async def test_unavailable_database_is_503(path, error):
    answer = await shaped(raising(error), path, accept="text/html")
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert json.loads(answer.body)["code"] == "unavailable"


async def test_other_database_errors_are_500():
    assert (await shaped(raising(DataError("out of range")))).status == 500


async def test_exception_after_the_start_ends_the_response():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError

    answer = await shaped(app)
    assert answer.messages[-1] == {"type": "http.response.body", "body": b""}
