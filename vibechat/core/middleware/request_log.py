import logging
import time
from functools import lru_cache

from django.conf import settings
from django.urls import Resolver404, resolve

from vibechat.core.asgi_types import Application, Event, Receive, Scope, Send

request_log = logging.getLogger("vibechat.requests")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class RequestLog:
    """Logs one line per request, and one when a socket opens and closes: the route, never path, query or address."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status, size = time.perf_counter(), None, 0

        async def counting_send(message: Event) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, counting_send)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            fields = {"method": method, "route": route_of(scope["path"]), "status": status, "bytes": size}
            request_log.info("request", extra=fields | {"milliseconds": since(started)})

    async def websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, code = time.perf_counter(), None
        route = scope["path"] if scope["path"] == "/ws/chat/" else "unmatched"

        async def watching_send(message: Event) -> None:
            nonlocal code
            if message["type"] == "websocket.accept":
                request_log.info("socket_open", extra={"route": route})
            elif message["type"] == "websocket.close":
                code = code or message.get("code", 1000)
            await send(message)

        async def watching_receive() -> Event:
            nonlocal code
            message = await receive()
            if message["type"] == "websocket.disconnect":
                code = code or message.get("code")
            return message

        try:
            await self.app(scope, watching_receive, watching_send)
        finally:
            fields = {"route": route, "code": code, "milliseconds": since(started)}
            request_log.info("socket_closed", extra=fields)


def since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


@lru_cache(1024)
def route_of(path: str) -> str:
    if path.startswith(settings.STATIC_URL):
        return settings.STATIC_URL
    try:
        return "/" + resolve(path).route
    except Resolver404:
        return "unmatched"
