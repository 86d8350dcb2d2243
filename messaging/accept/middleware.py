"""ASGI middleware that answers POST /api/messages/send from the event loop, without Django's handler, DRF or a thread.

The viewset answers the rest: requests without a bearer token, bodies that are not JSON or have the wrong shape, and all
requests if CORS is configured, because Django's middleware sets the CORS headers.
"""

import json

from django.conf import settings
from rest_framework.exceptions import APIException, Throttled, ValidationError

from accounts.authentication import bearer_token
from accounts.tokens import Claims, claims_of_access_token
from messaging.accept import acceptance
from vibechat.core.asgi_types import Application, Event, Receive, Scope, Send
from vibechat.core.errors import describe, headers_of
from vibechat.core.json import loads
from vibechat.core.limits import send_bucket

PATH = "/api/messages/send"


class SendMiddleware:
    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        claims = claims_of(scope)
        if claims is None:
            return await self.inner(scope, receive, send)
        body = await whole_body(receive)
        try:
            fields = loads(body or b"")
        except ValueError:
            return await self.inner(scope, replay(body, receive), send)
        try:
            address = scope["client"][0] if scope.get("client") else None
            if wait := await send_bucket.take_async(claims.user_id, address):
                raise Throttled(wait)
            accepted = await acceptance.accept(claims.session_id, claims.user_id, fields)
        except ValidationError:
            scope = {**scope, "send_is_paid": True}  # the viewset must not count the request again
            return await self.inner(scope, replay(body, receive), send)
        except APIException as error:
            return await answer(send, error.status_code, json.dumps(describe(error)), headers_of(error))
        return await answer(send, accepted.status, accepted.text, {})


def claims_of(scope: Scope) -> Claims | None:
    """None for a request that the viewset answers."""
    if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST" or settings.CORS_ALLOWED_ORIGINS:
        return None
    headers = {name.lower(): value for name, value in scope["headers"]}
    if headers.get(b"content-type", b"").split(b";")[0].strip().lower() != b"application/json":
        return None
    token = bearer_token(headers.get(b"authorization", b""))
    return claims_of_access_token(token) if token else None


async def whole_body(receive: Receive) -> bytes | None:
    """None if the client has disconnected. RequestBounds limits the size."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


def replay(body: bytes | None, receive: Receive) -> Receive:
    """A `receive` for the viewset: the body again, then the further events."""
    waiting = [{"type": "http.disconnect"} if body is None else {"type": "http.request", "body": body}]

    async def once_more() -> Event:
        return waiting.pop() if waiting else await receive()

    return once_more


async def answer(send: Send, status: int, text: str, headers: dict[str, str]) -> None:
    content = text.encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": content})
