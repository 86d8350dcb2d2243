"""Answers every error outside DRF's exception handler in the format of vibechat/core/errors.py."""

import json
import logging

from django.db import InterfaceError, OperationalError

from vibechat.core.asgi_types import Application, Event, Headers, Receive, Scope, Send
from vibechat.core.database_alarm import alarm
from vibechat.core.errors import error_body
from vibechat.core.logs import log_event

RETRY_AFTER_SECONDS = 2
ANSWERS = {
    400: ("invalid", "The request is not right."),
    401: ("not_authenticated", "Log in first."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "Nothing here."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "The body is too large."),
    415: ("unsupported_media_type", "The body must be JSON."),
    416: ("range_not_satisfiable", "There is no such range."),
    429: ("rate_limited", "Too many requests. Wait a moment."),
    503: ("unavailable", "The server cannot answer just now. Try again in a moment."),
}
SERVER_ERROR = ("server_error", "The server could not answer.")


class Refused(Exception):
    """Raised by inner applications; ErrorShape answers with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ErrorShape:
    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        shaped = ShapedSend(scope, send)
        try:
            await self.app(scope, receive, shaped)
        except Exception as error:
            await shaped.fail(status_for(error))


def status_for(error: Exception) -> int:
    if isinstance(error, Refused):
        return error.status
    if isinstance(error, (OperationalError, InterfaceError)):
        log_event("database_error", logging.WARNING, error)
        alarm.note(error)
        return 503
    log_event("unhandled_exception", logging.ERROR, error)
    return 500


class ShapedSend:
    """Passes a response on, or replaces an error in another format."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope, self.send = scope, send
        self.has_started = self.is_replaced = False

    async def __call__(self, message: Event) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            headers = message.get("headers", [])
            self.is_replaced = message["status"] >= 400 and not self.may_be_passed_on(headers)
            if self.is_replaced:
                await self.answer(message["status"], headers)
        if not self.is_replaced:
            await self.send(message)

    async def fail(self, status: int) -> None:
        if self.has_started:  # too late for a status: the body is truncated
            await self.send({"type": "http.response.body", "body": b""})
        else:
            await self.answer(status, [])

    def may_be_passed_on(self, headers: Headers) -> bool:
        kind = content_type(headers)
        return kind == b"application/json" or (kind == b"text/html" and self.wants_html())

    def wants_html(self) -> bool:
        accepts = (value for name, value in self.scope["headers"] if name.lower() == b"accept")
        return not is_api(self.scope["path"]) and any(b"text/html" in value.lower() for value in accepts)

    async def answer(self, status: int, headers: Headers) -> None:
        ours, body = error_answer(status)
        theirs = [(name, value) for name, value in headers if not name.lower().startswith(b"content-")]
        names = {name.lower() for name, _ in theirs}
        ours = [(name, value) for name, value in ours if name not in names]
        await self.send({"type": "http.response.start", "status": status, "headers": [*theirs, *ours]})
        is_head = self.scope["method"] == "HEAD"
        await self.send({"type": "http.response.body", "body": b"" if is_head else body})


def error_answer(status: int) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """(headers, body) of an error, from its status."""
    code, detail = ANSWERS.get(status, SERVER_ERROR if status >= 500 else ANSWERS[400])
    body = json.dumps(error_body(code, detail, {} if status == 400 else None)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
    if status == 413:
        headers.append((b"connection", b"close"))  # instead of reading the rest of the body
    return headers, body


def is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")


def content_type(headers: Headers) -> bytes:
    found = next((value for name, value in headers if name.lower() == b"content-type"), b"")
    return found.split(b";")[0].strip().lower()
