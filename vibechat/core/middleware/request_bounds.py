import re

from django.conf import settings

from vibechat.core.asgi_types import Application, Event, Receive, Scope, Send
from vibechat.core.middleware.error_shape import Refused
from vibechat.core.middleware.headers import header


class RequestBounds:
    """Refuses large bodies, and NUL in the URL, which databases cannot store."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            check_address(scope)
            check_length(scope)
            receive = bounded(receive, limit_of(scope))
        await self.app(scope, receive, send)


def check_address(scope: Scope) -> None:
    if "\x00" in scope["path"]:
        raise Refused(404)
    if b"%00" in scope["query_string"] or not scope["query_string"].isascii():
        raise Refused(400)


def limit_of(scope: Scope) -> int:
    if scope["method"] == "PUT" and re.fullmatch(settings.FILE_PART_PATHS, scope["path"]):
        return settings.FILE_PART_BYTES
    is_large = re.fullmatch(settings.LARGE_BODY_PATHS, scope["path"])
    return settings.LARGE_BODY_LIMIT_BYTES if is_large else settings.BODY_LIMIT_BYTES


def check_length(scope: Scope) -> None:
    length = header(scope, b"content-length") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Refused(400)
    if len(length) > 12 or int(length) > limit_of(scope):
        raise Refused(413)


def bounded(receive: Receive, limit: int) -> Receive:
    """Counts a body without Content-Length while it arrives. When this raises, at most the limit has been read."""
    received = 0

    async def counting_receive() -> Event:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise Refused(413)
        return message

    return counting_receive
