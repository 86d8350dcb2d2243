from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from vibechat.core.asgi_types import Application, Receive, Scope, Send
from vibechat.core.logs import security_event
from vibechat.core.middleware.headers import header


class HandshakeCheck:
    """A handshake must name one of our hosts. Its Origin header, which browsers send, must be one of our origins."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = refusal(scope) if scope["type"] == "websocket" else None
        if reason:
            security_event("socket_refused", reason=reason, address=(scope.get("client") or [None])[0])
        await (refuse_socket if reason else self.app)(scope, receive, send)


async def refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """A close before the handshake is accepted becomes a 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def refusal(scope: Scope) -> str | None:
    host, origins = header(scope, b"host"), [value for key, value in scope["headers"] if key.lower() == b"origin"]
    if host is not None and not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return "host"
    if not origins:
        return None  # the client is not a browser
    origin = origins[0].decode("latin-1").lower()
    if len(origins) > 1 or origin_parts(origin) not in own_origins(scope, host):
        return "origin"
    return None


def own_origins(scope: Scope, host: str | None) -> list[tuple]:
    is_https = settings.HTTPS or scope.get("scheme") in ("wss", "https")
    own = [f"{'https' if is_https else 'http'}://{host}"] if host else []
    return [parts for parts in map(origin_parts, [*own, *settings.CORS_ALLOWED_ORIGINS]) if parts]


def origin_parts(origin: str) -> tuple | None:
    """(scheme, host, port), or None if it is not a web origin."""
    try:
        parts = urlsplit(origin.lower())
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    is_bare = parts.hostname and "@" not in parts.netloc and not (parts.path or parts.query or parts.fragment)
    return (parts.scheme, parts.hostname, port) if is_bare else None
