"""The door for POST /api/messages/send in front of Django: what the quick way takes is answered without a thread.

Everything else (a refusal, a repeat) goes on to the viewset, which reads the same body again and says.
"""

from django.conf import settings

from accounts.tokens import claims_of_access_token
from messaging.accept import acceptance
from vibechat.core.json import loads
from vibechat.core.limits import send_bucket

PATH = "/api/messages/send"


class SendMiddleware:
    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        if not is_for_us(scope):
            return await self.inner(scope, receive, send)
        body = await whole_body(receive)
        scope = {**scope, "send_is_paid": False}  # the full way takes no second token for the same call
        text = await take_in(scope, body)
        if text is None:
            return await self.inner(scope, replay(body, receive), send)
        await answer(send, text.encode())
        return None


def is_for_us(scope) -> bool:
    if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
        return False
    return not settings.CORS_ALLOWED_ORIGINS  # their headers are Django's middleware's


async def whole_body(receive) -> bytes | None:
    """None where the client went away. RequestBounds has bounded it."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def take_in(scope, body):
    """The message object of a new message, as text, or None: the full way answers."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    is_json = headers.get(b"content-type", b"").split(b";")[0].strip().lower() == b"application/json"
    claims = claims_of_access_token(token.strip().decode("latin-1")) if scheme.lower() == b"bearer" else None
    if claims is None or body is None or not is_json:
        return None
    try:
        fields = loads(body)
    except ValueError:
        return None
    address = scope["client"][0] if scope.get("client") else None
    if await send_bucket.take_async(claims.user_id, address):
        return None
    scope["send_is_paid"] = True
    quickly = await acceptance.accept(claims.session_id, claims.user_id, fields)
    return quickly and quickly[0]


def replay(body, receive):
    """A `receive` for the full way: the body once more, then whatever else comes."""
    waiting = [{"type": "http.disconnect"} if body is None else {"type": "http.request", "body": body}]

    async def once_more():
        return waiting.pop() if waiting else await receive()

    return once_more


async def answer(send, content):
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": content})
