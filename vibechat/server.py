"""Uvicorn with limits on the memory that one client can occupy, and with a graceful shutdown."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import PayloadTooBig
from websockets.frames import CloseCode, Frame

from messaging.accept import acceptance
from messaging.expiry import ExpiryTimer
from messaging.realtime import dispatcher
from messaging.realtime.connections import connections
from messaging.web_push.sender import PushSender
from vibechat.core.logs import log_event, security_event
from vibechat.core.middleware.error_shape import error_answer
from vibechat.core.middleware.security_headers import headers_for, joined

DRAIN_SECONDS = 10
FLUSH_SECONDS = 2
IDLE_SECONDS = 3  # longer than the proxy keeps an idle connection: keepalive_timeout of the upstream in deploy/nginx
KEEP_ALIVE_SECONDS = 75  # longer than nginx keeps a connection to us; otherwise it could write to one that we close
HEAD_BYTES = 16 * 1024
MESSAGE_FRAGMENTS = 64  # empty ones count for nothing in the size of a message
UNREAD_SECONDS = 2

# --- HTTP ------------------------------------------------------------------------------------------------------------


class BoundedHTTP(HttpToolsProtocol):
    """One connection. Uvicorn limits neither request headers nor the trailers of a chunked body, and answers malformed
    requests in plain text."""

    transport: Any  # a LingeringTransport; after an upgrade Uvicorn's transport again
    is_in_head = False  # also in trailers, and between two chunks
    is_answered_early = False
    head_bytes = 0
    header_bytes = 0
    received_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.transport = LingeringTransport(transport, self)

    def handle_websocket_upgrade(self) -> None:
        self.transport = self.transport.transport
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        if self.is_answered_early:
            return
        self.received_bytes = len(data)
        super().data_received(data)
        if self.is_in_head:
            self.head_bytes += len(data)
            if self.head_bytes > HEAD_BYTES:
                self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.is_in_head, self.head_bytes, self.header_bytes = True, 0, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Of the head, and of the trailers after the body."""
        self.header_bytes += len(name) + len(value)
        self.check_head()
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self.is_in_head = False
        self.check_head()
        super().on_headers_complete()

    def check_head(self) -> None:
        """If it raises, the parser answers 400."""
        if len(self.url) + self.header_bytes > HEAD_BYTES:
            raise ValueError("The head is too long.")

    def on_chunk_header(self) -> None:
        """Trailers follow the last chunk. Bytes received together with this header are not counted."""
        self.is_in_head, self.head_bytes = True, -self.received_bytes

    def on_body(self, body: bytes) -> None:
        self.is_in_head = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.is_in_head = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        headers, body = error_answer(400)
        lines = [name + b": " + value + b"\r\n" for name, value in joined(headers, headers_for("/api/"))]
        if not (self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete):
            self.transport.write(b"".join([STATUS_LINE[400], *lines, b"connection: close\r\n\r\n", body]))
        self.is_in_head = False
        self.transport.close_unread()


class LingeringTransport:
    """A transport with a lingering close. If a connection is closed while the client still sends, the kernel resets it
    and the client loses the answer. So only the writing side is closed, and received data is discarded for a short
    time."""

    def __init__(self, transport: Any, protocol: Any) -> None:
        self.transport, self.protocol = transport, protocol
        self.write = transport.write

    def is_closing(self) -> bool:
        return self.protocol.is_answered_early or self.transport.is_closing()

    def close(self) -> None:
        if self.protocol.cycle and self.protocol.cycle.more_body:
            self.close_unread()
        else:
            self.transport.close()

    def close_unread(self) -> None:
        if self.is_closing():
            return
        self.protocol.is_answered_early = True
        self.transport.write_eof()
        self.protocol.flow.resume_reading()
        self.protocol.loop.call_later(UNREAD_SECONDS, self.transport.close)


# --- sockets ---------------------------------------------------------------------------------------------------------


class BoundedSocket(WebSocketsSansIOProtocol):
    """Disconnects a client that does not read, instead of waiting for it. messaging/realtime/send_buffer.py limits the
    pushes that wait for it."""

    def data_received(self, data: bytes) -> None:
        if self.conn.parser_exc is None:
            super().data_received(data)

    def handle_cont(self, event: Frame) -> None:
        if self.conn.parser_exc is not None:
            return
        if len(self.frames) < MESSAGE_FRAGMENTS:
            super().handle_cont(event)
            return
        self.frames = []
        self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
        self.conn.parser_exc = PayloadTooBig("too many fragments")
        self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        """Like Uvicorn's, but the client gets time to read the reason."""
        close: Any = self.conn.close_sent
        self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.write_eof()
        self.close_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.close)

    def handle_ping(self) -> None:
        super().handle_ping()
        if self.transport.get_write_buffer_size() > settings.SOCKET_UNSENT_BYTES:
            security_event("socket_unsent_limited")
            self.transport.abort()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()

    async def send(self, message: Any) -> None:
        if self.close_sent:
            raise ClientDisconnected()
        if message["type"] == "websocket.close" and not self.writable.is_set():
            self.transport.abort()
        else:
            await super().send(message)


# --- the server ------------------------------------------------------------------------------------------------------


class BoundedServer(uvicorn.Server):
    def __init__(self, application: Any, ready_callable: Callable[[], object]) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                loop="uvloop",
                http=BoundedHTTP,
                ws=BoundedSocket,
                ws_max_size=settings.SOCKET_FRAME_BYTES,
                ws_per_message_deflate=False,  # doubles an idle socket's memory, and ciphertext does not compress
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                proxy_headers=False,  # ProxyHeaders handles these headers
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )
        self.ready_callable = ready_callable

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Like Uvicorn's, but the process exits normally instead of raising the signal again."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets: Any = None) -> None:
        self.last_listeners = [listening.dup() for listening in sockets or ()]
        await super().startup(sockets)
        self.tasks: tuple[ExpiryTimer, PushSender] = ExpiryTimer(), PushSender()
        for task in self.tasks:
            task.start()
        self.ready_callable()

    async def shutdown(self, sockets: Any = None) -> None:
        """Accept no new connections, close the sockets after their current frames, finish the requests, and push what
        has been committed."""
        self.server_state.default_headers = [(b"connection", b"close")]
        for server in self.servers:
            server.close()
        for listening in self.last_listeners:
            await self.accept_waiting(listening)
        for task in self.tasks:
            task.stop()
        await connections.close_all()
        await dispatcher.flush(FLUSH_SECONDS)
        if settings.BEHIND_PROXY:
            await self.wait_for_proxy()
        await super().shutdown(sockets)
        await dispatcher.flush(FLUSH_SECONDS)
        await acceptance.close()
        log_event("server_stopped")

    async def accept_waiting(self, listening: Any) -> None:
        """Serve connections that the kernel has already accepted; closing the listener would reset them. `listening` is
        a duplicate, which stays open after the event loop has closed the original."""
        with listening:
            listening.setblocking(False)
            waiting = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    waiting.append(listening.accept()[0])
        for connection in waiting:
            await asyncio.get_running_loop().connect_accepted_socket(self.new_protocol, connection)

    def new_protocol(self) -> Any:
        protocol: Any = self.config.http_protocol_class
        return protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def wait_for_proxy(self) -> None:
        """Let the proxy close idle connections, since it may be writing a request to one. Such a request is answered
        with `Connection: close`."""
        deadline = time.monotonic() + IDLE_SECONDS
        while self.server_state.connections and not self.force_exit and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
