"""Uvicorn, for behind a proxy: it costs less than Daphne for each message (docs/deploy.md has the figures), and makes a
client that does not read wait instead of holding what is for it in memory."""

import asyncio
import contextlib
import signal
import time

import uvicorn
from django.conf import settings
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from messaging.accept import acceptance
from messaging.realtime import dispatcher
from messaging.realtime.connections import connections
from vibechat.core.logs import log_event, security_event

DRAIN_SECONDS = 10
FLUSH_SECONDS = 2
LINGER_SECONDS = 3  # longer than the proxy keeps an idle connection: keepalive_timeout of the upstream in deploy/nginx
KEEP_ALIVE_SECONDS = 75  # longer than nginx keeps a connection to us, or it would write into one that we close


class BoundedSocket(WebSocketsSansIOProtocol):
    """A client that reads nothing is cut off, where waiting until it has read would take for ever."""

    def handle_ping(self):
        super().handle_ping()
        if self.transport.get_write_buffer_size() > settings.SOCKET_UNSENT_BYTES:
            security_event("socket_unsent_limited")
            self.transport.abort()

    def keepalive_timeout(self):
        super().keepalive_timeout()
        self.transport.abort()

    async def send(self, message):
        if self.close_sent:
            raise ClientDisconnected()
        if message["type"] == "websocket.close" and not self.writable.is_set():
            self.transport.abort()
        else:
            await super().send(message)


class UvicornServer(uvicorn.Server):
    def __init__(self, application, ready_callable):
        super().__init__(
            uvicorn.Config(
                application,
                loop="uvloop",
                http="httptools",
                ws=BoundedSocket,
                ws_max_size=settings.SOCKET_FRAME_BYTES,
                ws_per_message_deflate=False,  # it doubles an idle socket and gains nothing on ciphertext
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                proxy_headers=False,  # ProxyHeaders knows whom to believe
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )
        self.ready_callable = ready_callable

    def handle_exit(self, sig, frame):
        """As Uvicorn's, but a stop that was asked for is no death by a signal."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def startup(self, sockets=None):
        self.last_listeners = [listening.dup() for listening in sockets or ()]
        await super().startup(sockets)
        self.ready_callable()

    async def shutdown(self, sockets=None):
        """No new connections; sockets finish the frame that they are at and are told; requests are finished; what has
        been committed is pushed."""
        self.server_state.default_headers = [(b"connection", b"close")]
        for server in self.servers:
            server.close()
        for listening in self.last_listeners:
            await self.accept_waiting(listening)
        await connections.close_all()
        await dispatcher.flush(FLUSH_SECONDS)
        await self.linger()
        await super().shutdown(sockets)
        await dispatcher.flush(FLUSH_SECONDS)
        await acceptance.close()
        log_event("server_stopped")

    async def accept_waiting(self, listening):
        """The kernel has accepted these connections already; closing the listener would reset them. The copy keeps the
        listener open after the event loop has closed its own."""
        with listening:
            listening.setblocking(False)
            waiting = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    waiting.append(listening.accept()[0])
        for connection in waiting:
            await asyncio.get_running_loop().connect_accepted_socket(self.new_protocol, connection)

    def new_protocol(self):
        return self.config.http_protocol_class(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    async def linger(self):
        """A proxy may be writing a request into an idle connection at this moment, and would have no answer if it were
        closed. It is left to the proxy to close it; a request that comes is answered with `Connection: close`."""
        deadline = time.monotonic() + LINGER_SECONDS
        while self.server_state.connections and not self.force_exit and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
