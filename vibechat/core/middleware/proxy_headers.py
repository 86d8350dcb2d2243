import ipaddress

from django.conf import settings

from vibechat.core.asgi_types import Application, Receive, Scope, Send
from vibechat.core.middleware.headers import header


class ProxyHeaders:
    """Uses forwarding headers only if BEHIND_PROXY is set, and removes them in any case. It also removes
    Daphne-Root-Path, which Daphne accepts from any client and which would change the path that is routed."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = self.with_forwarded_values(scope) if settings.BEHIND_PROXY else dict(scope)
            scope["headers"] = [(key, value) for key, value in scope["headers"] if not is_forwarding(key)]
            scope["root_path"] = ""
        await self.app(scope, receive, send)

    def with_forwarded_values(self, scope: Scope) -> dict:
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
