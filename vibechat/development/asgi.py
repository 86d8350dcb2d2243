"""The ASGI application for development. It reads static files for each request; pages reload when a file changes."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

from vibechat import client_manifest
from vibechat.asgi import application as whole_application
from vibechat.core.asgi_types import Application, Event, Receive, Scope, Send
from vibechat.core.middleware.security_headers import headers_for, joined
from vibechat.templatetags import client_code

CHANGES = "/development/changes"
WATCHED = (settings.BASE_DIR / "static", settings.BASE_DIR / "templates")
WAIT_SECONDS, LOOK_SECONDS = 20, 0.3
STARTED = time.time_ns()


class Development:
    def __init__(self, app: Application) -> None:
        # Django's type hints cover only the applications and events of its own handler.
        self.app: Any = ASGIStaticFilesHandler(app)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == CHANGES:
            await answer_on_change(scope, send)
        else:
            client_manifest.forget()
            await self.app(scope, receive, PageSend(scope["path"], send))


class PageSend:
    """Computes the headers from the current files, and adds the reload script to HTML. Error pages get no
    Content-Security-Policy, because Django's debug page has inline script and style."""

    def __init__(self, path: str, send: Send) -> None:
        self.path, self.send = path, send
        self.start: Event = {}
        self.body = b""

    async def __call__(self, message: Event) -> None:
        if message["type"] == "http.response.start":
            self.start = message | {"headers": self.headers(message)}
            if not self.is_html():
                await self.send(self.start)
        elif message["type"] != "http.response.body" or not self.is_html():
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self.finish()

    def headers(self, message: Event) -> list[tuple[bytes, bytes]]:
        headers = joined(message.get("headers", []), headers_for(self.path))
        if message["status"] >= 400:
            return [pair for pair in headers if pair[0] != b"content-security-policy"]
        return headers

    def is_html(self) -> bool:
        return any(name.lower() == b"content-type" and b"text/html" in value for name, value in self.start["headers"])

    async def finish(self) -> None:
        body = self.body.replace(b"</head>", f"{client_code.module('development/reload.js')}</head>".encode(), 1)
        headers = [pair for pair in self.start["headers"] if pair[0].lower() != b"content-length"]
        await self.send(self.start | {"headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await self.send({"type": "http.response.body", "body": body})


async def answer_on_change(scope: Scope, send: Send) -> None:
    """Long polling: answers the current version when it differs from the page's, or after a timeout."""
    known = parse_qs(scope["query_string"].decode("latin-1")).get("known", [""])[0]
    deadline = time.monotonic() + WAIT_SECONDS
    while (version := current_version()) == known and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
    headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": version.encode()})


def current_version() -> str:
    files = [Path(folder) / name for top in WATCHED for folder, _, names in os.walk(top) for name in names]
    return f"{STARTED}-{max(map(changed_at, files))}"


def changed_at(file: Path) -> int:
    """0 if the file no longer exists, like an editor's temporary file."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


application = Development(whole_application)
