"""The security headers of every response."""

from typing import Any

from django.conf import settings

from vibechat.core.asgi_types import Application, Event, Headers, Receive, Scope, Send
from vibechat.core.static_files import import_map_hash

# Only features that browsers know, since unknown ones cause a warning in the console.
PERMISSIONS_OFF = (
    "accelerometer autoplay browsing-topics camera clipboard-read display-capture encrypted-media fullscreen gamepad "
    "geolocation gyroscope hid identity-credentials-get idle-detection local-fonts magnetometer microphone midi "
    "otp-credentials payment picture-in-picture publickey-credentials-create publickey-credentials-get "
    "screen-wake-lock serial storage-access usb window-management xr-spatial-tracking"
)


def permissions(*allowed: str) -> str:
    """The named features are allowed to our pages; all others are denied."""
    return ", ".join(f"{name}=({'self' if name in allowed else ''})" for name in PERMISSIONS_OFF.split())


HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": permissions(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
HSTS = "max-age=31536000"

# No foreign origins, no inline code, no framing.
OURS_ONLY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
TRUSTED_TYPES = {"require-trusted-types-for": "'script'", "trusted-types": "'none'"}
# The one policy that the chat page may make, for the fixed addresses of its workers: static/js/lib/worker-addresses.js.
WORKERS_ONLY = TRUSTED_TYPES | {"trusted-types": "vibechat-workers"}


def policy(sources: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in sources.items())


def page_policy() -> str:
    return policy({**OURS_ONLY, "script-src": f"'self' {import_map_hash()}", **TRUSTED_TYPES})


def worker_policy() -> str:
    """The service worker calls this server and loads no code but its one file."""
    return policy({"default-src": "'none'", "connect-src": "'self'", **TRUSTED_TYPES})


def chat_policy() -> str:
    """The page shows and plays contents of files that it has opened itself. While they are loaded, they are played
    from the service worker, below /files/play/."""
    blobs = {"img-src": "'self' blob:", "media-src": "'self' blob:"}
    return policy({**OURS_ONLY, "script-src": f"'self' {import_map_hash()}", **blobs, **WORKERS_ONLY})


def admin_policy() -> str:
    """No Trusted Types, because the admin's jQuery writes HTML. Its style sheets contain images as data URLs."""
    return policy({**OURS_ONLY, "img-src": "'self' data:"})


def api_policy() -> str:
    """A JSON response must load nothing if a browser displays it."""
    return policy({"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'"})


def file_policy() -> str:
    """Sealed bytes, which a browser must not take for a document."""
    return f"{api_policy()}; sandbox"


POLICIES = {
    "/api/files/": file_policy,
    "/api/": api_policy,
    "/admin/": admin_policy,
    "/chat": chat_policy,
    "/login": page_policy,
    "/service-worker.js": worker_policy,
    "/": page_policy,
}
# With `no-referrer`, browsers send forms with `Origin: null`, which Django's CSRF check refuses.
ADMIN_HEADERS = {"Referrer-Policy": "same-origin"}
# Browsers do not request a script for which the page gives no integrity hash. The admin's pages give none. Styles are
# not included, because Chromium does not support them here and would log a warning.
PAGE_HEADERS = {"Integrity-Policy": "blocked-destinations=(script)"}
# The chat page may read a QR code with the camera, record voice messages, and make passkeys. Both of these pages may
# use them.
PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")
CHAT_HEADERS = PAGE_HEADERS | {"Permissions-Policy": permissions("camera", "microphone", *PASSKEYS)}
LOG_IN_HEADERS = PAGE_HEADERS | {"Permissions-Policy": permissions("publickey-credentials-get")}
MORE_HEADERS = {"/admin/": ADMIN_HEADERS, "/chat": CHAT_HEADERS, "/login": LOG_IN_HEADERS, "/": PAGE_HEADERS}
PAGE_TYPE = "text/html; charset=utf-8"


class SecurityHeaders:
    def __init__(self, app: Application) -> None:
        self.app: Any = app
        self.headers: dict[str, list[tuple[bytes, bytes]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Event) -> None:
            if message["type"] == "http.response.start":
                ours = self.headers_for(scope["path"])
                message = {**message, "headers": joined(message.get("headers", []), ours)}
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)

    def headers_for(self, path: str) -> list[tuple[bytes, bytes]]:
        """Computed at the first request, because the hash of the import map needs the collected static files."""
        prefix = prefix_of(path)
        if prefix not in self.headers:
            self.headers[prefix] = headers_for(path)
        return self.headers[prefix]


def prefix_of(path: str) -> str:
    return next((prefix for prefix in POLICIES if path.startswith(prefix)), "/")


def headers_for(path: str) -> list[tuple[bytes, bytes]]:
    return encoded(security_headers(path) | https_headers())


def security_headers(path: str) -> dict[str, str]:
    prefix = prefix_of(path)
    return {**HEADERS, "Content-Security-Policy": POLICIES[prefix](), **MORE_HEADERS.get(prefix, {})}


def page_headers(path: str) -> dict[str, str]:
    """Of a page that the service worker shows without a network: the same on every server."""
    return {"Content-Type": PAGE_TYPE, **security_headers(path)}


def https_headers() -> dict[str, str]:
    return {"Strict-Transport-Security": HSTS} if settings.HTTPS else {}


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def joined(theirs: Headers, ours: Headers) -> list[tuple[bytes, bytes]]:
    """Ours replace theirs. A response without Cache-Control gets `no-store`."""
    names = {name for name, _ in ours}
    kept = [(name, value) for name, value in theirs if name.lower() not in names]
    if not any(name.lower() == b"cache-control" for name, _ in kept):
        kept.append((b"cache-control", b"no-store"))
    return [*kept, *ours]
