"""Records the traffic between browsers and server, and the pushes through Redis."""

import contextlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from redis.client import PubSubWorkerThread

from messaging.zero_knowledge.search import SECRET, TEXT, Source

# Requests that may contain the password. Everything else is searched for it.
PASSWORD_DOORS = (
    "POST /api/auth/register",
    "POST /api/auth/login",
    "POST /api/auth/password",
    "POST /api/auth/reset/password",
    "POST /api/auth/proof",
    "DELETE /api/auth/me",
)


class Recording:
    """All requests, responses and WebSocket frames of Playwright's browser contexts. `unreadable`: the exception that
    Playwright raises for a response that is no longer available."""

    def __init__(self, unreadable: type[Exception]) -> None:
        self.unreadable = unreadable
        self.requests: list[tuple[str, bytes]] = []
        self.answers: list[tuple[str, bytes]] = []
        self.frames_sent: list[tuple[str, bytes]] = []
        self.frames_received: list[tuple[str, bytes]] = []
        self.unread_requests: list[str] = []
        self.unread_answers: list[str] = []

    def listen_to(self, context: Any) -> None:
        context.on("request", self.note_request)
        context.on("requestfinished", self.note_answer)
        context.on("page", self.listen_to_page)
        for page in context.pages:
            self.listen_to_page(page)

    def listen_to_page(self, page: Any) -> None:
        page.on("websocket", self.listen_to_socket)

    def listen_to_socket(self, socket: Any) -> None:
        self.requests.append(("WebSocket", socket.url.encode()))
        socket.on("framesent", lambda payload: self.frames_sent.append(("", as_bytes(payload))))
        socket.on("framereceived", lambda payload: self.frames_received.append(("", as_bytes(payload))))

    def note_request(self, request: Any) -> None:
        if not is_for_servers(request):
            return
        headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        body = request.post_data_buffer
        if body is None and request.method not in ("GET", "HEAD", "OPTIONS", "DELETE"):
            self.unread_requests.append(f"the body of {call(request)}")
        self.requests += [(call(request), part) for part in (request.url.encode(), headers.encode(), body or b"")]

    def note_answer(self, request: Any) -> None:
        response = request.response() if is_for_servers(request) else None
        if response is None:
            return
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.answers.append((call(request), headers.encode()))
        if response.status in (204, 304) or 300 <= response.status < 400 or request.method == "HEAD":
            return
        try:
            self.answers.append((call(request), response.body()))
        except self.unreadable:  # Chromium drops a response when its page is gone
            self.unread_answers.append(f"the answer to {call(request)}")

    def sources(self, control: str) -> list[Source]:
        """`control`: the email of one of the two people, which each source must contain."""
        at_doors = [value for value in self.requests if value[0] in PASSWORD_DOORS]
        others = [value for value in self.requests if value[0] not in PASSWORD_DOORS]
        return [
            Source("requests", others, control),
            Source(
                "requests that carry the password (which is not searched for in these)",
                at_doors,
                control,
                (TEXT, SECRET),
            ),
            Source("answers", self.answers, control),
            Source("WebSocket frames to the server", self.frames_sent, control),
            Source("WebSocket frames from the server (pushes)", self.frames_received, control),
        ]


def is_for_servers(request: Any) -> bool:
    """Addresses of the page's own data, such as an opened picture, never leave the browser."""
    return urlsplit(request.url).scheme not in ("blob", "data")


def call(request: Any) -> str:
    return f"{request.method} {urlsplit(request.url).path}"


def as_bytes(payload: str | bytes) -> bytes:
    return payload if isinstance(payload, bytes) else payload.encode(errors="replace")


@contextlib.contextmanager
def redis_pushes() -> Iterator[list[tuple[str, bytes]]]:
    """Yields a list that collects all messages published in Redis: the pushes between processes."""
    published: list[tuple[str, bytes]] = []

    def note(message: Any) -> None:
        published.extend(("", part) for part in (message["channel"], message["data"]))

    with contextlib.ExitStack() as stack:
        if settings.REDIS_URL:
            client = stack.enter_context(redis.Redis.from_url(settings.REDIS_URL))
            subscriber = stack.enter_context(client.pubsub(ignore_subscribe_messages=True))
            subscriber.psubscribe(**{"*": note})
            listening = subscriber.run_in_thread(sleep_time=0.1, daemon=True)
            stack.callback(stop, listening)
        yield published


def stop(listening: PubSubWorkerThread) -> None:
    listening.stop()
    listening.join(5)
