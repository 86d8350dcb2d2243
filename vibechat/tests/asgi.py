"""Calls ASGI applications, and provides small applications for tests of middleware."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Answer:
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    messages: list[dict] = field(default_factory=list)


def http_scope(path="/", method="GET", headers=None, query=b"", **more) -> dict:
    given = {"host": "localhost"} | {name.lower(): value for name, value in (headers or {}).items()}
    named = [(name.encode(), value.encode()) for name, value in given.items()]
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query}
    return scope | {"headers": named, "scheme": "http", "client": ["192.0.2.1", 4711], "root_path": ""} | more


def socket_scope(path="/ws/chat/", headers=None, **more) -> dict:
    return http_scope(path, headers=headers, **({"type": "websocket", "scheme": "ws", "subprotocols": []} | more))


async def call(app, scope, body=(b"",)) -> Answer:
    """Returns the answer of `app`. `body`: chunks to send. A socket is connected and left open."""
    answer, chunks = Answer(), list(body)

    async def receive():
        if scope["type"] == "websocket":
            left = {"type": "websocket.disconnect", "code": 1001}
            return left if answer.messages else {"type": "websocket.connect"}
        if not chunks:
            await asyncio.Event().wait()  # the client does not disconnect
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message):
        answer.messages.append(message)
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode().lower(): value.decode() for name, value in message.get("headers", [])}
        answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


def answering(status=200, headers=(("content-type", "application/json"),), body=b"{}"):
    """An application that reads the body and gives one answer; `seen` collects its scopes."""

    async def app(scope, receive, send):
        app.seen.append(scope)
        while (await receive()).get("more_body"):
            pass
        named = [(name.encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": named})
        await send({"type": "http.response.body", "body": body})

    app.seen = []
    return app


def raising(error):
    async def app(scope, receive, send):
        raise error

    return app
