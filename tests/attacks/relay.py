"""A proxy for HTTP and WebSocket between browsers and the server, on Playwright's own event loop.

It works while a test waits for a page, and the rules of a test never run concurrently with the test. To the browser it
is the server: caches, cookies and sockets are the browser's own. Playwright's routes would replace or disable them.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import uvicorn
from playwright.sync_api import Browser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tools.browser.person import Person

HOP_BY_HOP = {b"connection", b"content-length", b"host", b"keep-alive", b"transfer-encoding"}
JSON = b"application/json"
GONE = 1005  # stands for a close frame without a code and must not be sent
GONE_ERRORS = (ClientDisconnected, ConnectionClosed, httpx.NetworkError, httpx.RemoteProtocolError)


@dataclass
class Answer:
    """A response. A text body is sent as it is; with `url` the request goes to that address instead."""

    body: Any
    status: int = 200
    url: str = ""


@dataclass
class StaticFile:
    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes


class Socket:
    """The socket of a page. Frames can be sent to both ends at any time, even while the loop is stopped."""

    def __init__(self) -> None:
        self.to_page: asyncio.Queue[dict] = asyncio.Queue()
        self.to_server: asyncio.Queue[str] = asyncio.Queue()

    def send(self, frame: str) -> None:
        self.to_page.put_nowait({"type": "websocket.send", "text": frame})

    def close(self, code: int) -> None:
        self.to_page.put_nowait({"type": "websocket.close", "code": code})


class Between(Protocol):
    """The hooks through which all traffic passes."""

    def answer_without_server(self, person: Person, call: str, body: Any) -> Answer | None: ...
    def answer_for(self, person: Person, call: str, given: Answer) -> Answer: ...
    def open_socket(self, person: Person, page: Socket) -> None: ...
    def pass_up(self, person: Person, frame: str, page: Socket) -> None: ...
    def pass_down(self, person: Person, frame: str, page: Socket) -> None: ...


class Relay:
    def __init__(self, browser: Browser, server_url: str, between: Between):
        self.browser = browser
        self.server_url = server_url
        self.between = between
        self.people: dict[str, Person] = {}  # by the address of the person
        self.faults: list[BaseException] = []
        self.servers: list[asyncio.Server] = []
        self.client = httpx.AsyncClient(base_url=server_url, timeout=None)
        self.static: dict[str, StaticFile] = {}  # these never change, and each new browser asks for all of them
        options = {"interface": "asgi3", "ws": "websockets-sansio", "ws_ping_interval": None, "access_log": False}
        self.config = uvicorn.Config(self.pass_on, proxy_headers=False, log_level="critical", **options)
        self.config.load()

    def open(self) -> str:
        """Open a new address at which the server can be reached."""
        loop, ear = self.browser._loop, socket.create_server(("127.0.0.1", 0))
        listening = loop.create_server(lambda: HttpToolsProtocol(self.config, ServerState(), {}, loop), sock=ear)
        self.servers.append(self.browser._sync(listening))
        return f"http://127.0.0.1:{ear.getsockname()[1]}"

    def close(self) -> None:
        for server in self.servers:
            server.close()

    async def pass_on(self, scope: dict, receive: Callable, send: Callable) -> None:
        person = self.people.get(f"http://127.0.0.1:{scope['server'][1]}")
        try:
            if scope["type"] == "websocket":
                if person:
                    await self.pass_socket(person, scope, receive, send)
            else:
                await self.pass_request(person, scope, receive, send)
        except GONE_ERRORS:
            pass  # one end has closed the connection
        except Exception as fault:
            self.faults.append(fault)
            raise

    # --- requests ---

    async def pass_request(self, person: Person | None, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["path"].startswith("/static/"):
            await self.pass_static_file(scope, send)
            return
        body = await body_of(receive)
        is_call = person is not None and scope["path"].startswith("/api/")
        call = f"{scope['method']} {scope['path'].removeprefix('/api')}"
        answer = self.between.answer_without_server(person, call, parsed(body)) if is_call else None
        if answer:
            await reply(send, answer.status, [(b"content-type", JSON)], text_of(answer))
            return
        request = self.request(scope, body, is_call)
        response = await self.client.send(request, stream=True)
        async with contextlib.aclosing(response):
            if is_call:
                await self.pass_answer(person, call, response, receive, send)
            else:
                await stream(response, receive, send)

    async def pass_static_file(self, scope: dict, send: Callable) -> None:
        if (path := scope["path"]) not in self.static:
            async with self.client.stream("GET", path, headers={"accept-encoding": "gzip"}) as response:
                headers = [pair for pair in response.headers.raw if pair[0].lower() not in HOP_BY_HOP]
                content = b"".join([part async for part in response.aiter_raw()])
                self.static[path] = StaticFile(response.status_code, headers, content)
        file = self.static[path]
        await reply(send, file.status, file.headers, file.content)

    def request(self, scope: dict, body: bytes, is_call: bool) -> httpx.Request:
        path = scope["raw_path"].decode() + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        replaced = {b"origin": self.server_url.encode()} | ({b"accept-encoding": b"identity"} if is_call else {})
        headers = [(name, replaced.get(name, value)) for name, value in scope["headers"] if name not in HOP_BY_HOP]
        return self.client.build_request(scope["method"], path, headers=headers, content=body or None)

    async def pass_answer(
        self, person: Person, call: str, response: httpx.Response, receive: Callable, send: Callable
    ) -> None:
        content = await response.aread()
        given = Answer(parsed(content), response.status_code)
        answer = self.between.answer_for(person, call, given)
        headers = [pair for pair in response.headers.raw if pair[0].lower() not in HOP_BY_HOP]
        if answer == given:
            await reply(send, answer.status, headers, content)
        elif answer.url:
            async with self.client.stream("GET", answer.url) as other:
                await stream(other, receive, send)
        else:
            cookies = [pair for pair in headers if pair[0].lower() == b"set-cookie"]
            await reply(send, answer.status, [(b"content-type", JSON), *cookies], text_of(answer))

    # --- sockets ---

    async def pass_socket(self, person: Person, scope: dict, receive: Callable, send: Callable) -> None:
        await receive()
        cookies = [("Cookie", value.decode()) for name, value in scope["headers"] if name == b"cookie"]
        address = self.server_url.replace("http", "ws", 1) + scope["path"]
        patience = {"open_timeout": None, "ping_interval": None}  # the loop may be stopped, and the machine slow
        async with connect(
            address, origin=self.server_url, additional_headers=cookies, max_size=None, **patience
        ) as server:
            await send({"type": "websocket.accept"})
            page = Socket()
            self.between.open_socket(person, page)
            ways = [
                self.hear_page(person, receive, page),
                self.hear_server(person, server, page),
                self.tell_page(send, page),
                self.tell_server(server, page),
            ]
            tasks = [asyncio.ensure_future(way) for way in ways]
            done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
            for task in done:
                task.result()

    async def hear_page(self, person: Person, receive: Callable, page: Socket) -> None:
        while (event := await receive())["type"] == "websocket.receive":
            self.between.pass_up(person, event["text"], page)

    async def hear_server(self, person: Person, server: ClientConnection, page: Socket) -> None:
        async for frame in server:
            self.between.pass_down(person, frame, page)
        page.close(server.close_code if server.close_code not in (None, GONE) else 1000)
        await asyncio.Event().wait()  # until all frames have been sent to the page

    async def tell_page(self, send: Callable, page: Socket) -> None:
        event = {"type": ""}
        while event["type"] != "websocket.close":
            event = await page.to_page.get()
            await send(event)

    async def tell_server(self, server: ClientConnection, page: Socket) -> None:
        while True:
            await server.send(await page.to_server.get())


async def body_of(receive: Callable) -> bytes:
    body, more = b"", True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = event.get("more_body", False)
    return body


async def reply(send: Callable, status: int, headers: list, content: bytes) -> None:
    length = (b"content-length", str(len(content)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": content})


async def stream(response: httpx.Response, receive: Callable, send: Callable) -> None:
    """Pass on a response until the client disconnects."""
    hung_up = asyncio.ensure_future(receive())
    headers = [pair for pair in response.headers.raw if pair[0].lower() not in HOP_BY_HOP - {b"content-length"}]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    async for part in response.aiter_raw():
        await send({"type": "http.response.body", "body": part, "more_body": True})
        if hung_up.done():
            return
    hung_up.cancel()
    await send({"type": "http.response.body", "body": b""})


def parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def text_of(answer: Answer) -> bytes:
    return (answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()
