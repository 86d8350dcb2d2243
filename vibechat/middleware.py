"""ASGI middleware around sockets, static files and Django; pure async, so that no request hops threads for it.

From the outside in: ProxyHeaders, RequestLog, SecurityHeaders (security_headers.py), ErrorShape (error_shape.py),
RequestBounds, SocketDoor.
"""

import ipaddress
import logging
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, resolve

from vibechat.error_shape import Refused
from vibechat.logs import security_event

request_log = logging.getLogger("vibechat.requests")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def header(scope, name: bytes) -> str | None:
    """The last of that name; what a proxy adds comes last."""
    values = [value for key, value in scope["headers"] if key.lower() == name]
    return values[-1].decode("latin-1") if values else None


# --- the proxy -------------------------------------------------------------------------------------------------------


class ProxyHeaders:
    """Believes a proxy only where the settings say that there is one; anybody else's claims are taken out. So is
    Daphne-Root-Path, which Daphne takes from anybody and which would move every path past our routes."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] in ("http", "websocket"):
            scope = self.believed(scope) if settings.BEHIND_PROXY else dict(scope)
            scope["headers"] = [(key, value) for key, value in scope["headers"] if not is_forwarding(key)]
            scope["root_path"] = ""
        await self.app(scope, receive, send)

    def believed(self, scope) -> dict:
        address = (header(scope, b"x-forwarded-for") or "").split(",")[-1].strip()
        scheme = (header(scope, b"x-forwarded-proto") or "").strip().lower()
        changed = dict(scope)
        if is_address(address):
            changed["client"] = [address, 0]
        if scheme in ("http", "https"):
            changed["scheme"] = scheme if scope["type"] == "http" else scheme.replace("http", "ws")
        return changed


def is_forwarding(name: bytes) -> bool:
    return name.lower().startswith(b"x-forwarded-") or name.lower() in (b"forwarded", b"x-real-ip")


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


# --- the request log -------------------------------------------------------------------------------------------------


class RequestLog:
    """One line per request, and one each when a socket opens and closes: routes, never addresses or queries."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await self.http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def http(self, scope, receive, send):
        started, status, size = time.perf_counter(), None, 0

        async def counting_send(message):
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

    async def websocket(self, scope, receive, send):
        started, code = time.perf_counter(), None
        route = scope["path"] if scope["path"] == "/ws/chat/" else "unmatched"

        async def watching_send(message):
            nonlocal code
            if message["type"] == "websocket.accept":
                request_log.info("socket_open", extra={"route": route})
            elif message["type"] == "websocket.close":
                code = code or message.get("code", 1000)
            await send(message)

        async def watching_receive():
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


def route_of(path: str) -> str:
    if path.startswith(settings.STATIC_URL):
        return settings.STATIC_URL
    try:
        return "/" + resolve(path).route
    except Resolver404:
        return "unmatched"


# --- the bounds of a request -----------------------------------------------------------------------------------------


class RequestBounds:
    """Refuses what no part of the server should have to look at: large bodies, and NUL, which databases choke on."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            check_address(scope)
            check_length(scope)
            receive = bounded(receive)
        await self.app(scope, receive, send)


def check_address(scope):
    if "\x00" in scope["path"]:
        raise Refused(404)
    if b"%00" in scope["query_string"] or not scope["query_string"].isascii():
        raise Refused(400)


def check_length(scope):
    length = header(scope, b"content-length") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Refused(400)
    if len(length) > 12 or int(length) > settings.BODY_LIMIT_BYTES:
        raise Refused(413)


def bounded(receive):
    """A body without a length is counted as it comes; Django has read at most the limit when this raises."""
    received = 0

    async def counting_receive():
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > settings.BODY_LIMIT_BYTES:
            raise Refused(413)
        return message

    return counting_receive


# --- the door of the sockets -----------------------------------------------------------------------------------------


class SocketDoor:
    """A handshake must be for one of our hosts and, where a browser makes it, come from one of our own pages."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        reason = refusal(scope) if scope["type"] == "websocket" else None
        if reason:
            security_event("socket_refused", reason=reason, address=(scope.get("client") or [None])[0])
        await (refuse_socket if reason else self.app)(scope, receive, send)


async def refuse_socket(scope, receive, send):
    """A close before the handshake is accepted is a 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def refusal(scope) -> str | None:
    host, origins = header(scope, b"host"), [value for key, value in scope["headers"] if key.lower() == b"origin"]
    if host is not None and not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return "host"
    if not origins:
        return None  # a client that is no browser
    origin = origins[0].decode("latin-1").lower()
    if len(origins) > 1 or origin_parts(origin) not in own_origins(scope, host):
        return "origin"
    return None


def own_origins(scope, host: str | None) -> list[tuple]:
    is_https = settings.HTTPS or scope.get("scheme") in ("wss", "https")
    own = [f"{'https' if is_https else 'http'}://{host}"] if host else []
    return [parts for parts in map(origin_parts, [*own, *settings.CORS_ALLOWED_ORIGINS]) if parts]


def origin_parts(origin: str) -> tuple | None:
    """(scheme, host, port), or None for what is no web origin."""
    try:
        parts = urlsplit(origin.lower())
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    is_bare = parts.hostname and "@" not in parts.netloc and not (parts.path or parts.query or parts.fragment)
    return (parts.scheme, parts.hostname, port) if is_bare else None
