"""Daphne with bounds: what one client can make it hold in memory, how large a body may be, and how it stops.

Under plain `daphne vibechat.asgi:application` the application works as well, with fewer of these bounds.
"""

from daphne.server import Server  # isort: skip  (first: it installs the reactor)
import asyncio
import logging
import time
from io import BytesIO
from types import SimpleNamespace

from daphne import http_protocol, ws_protocol
from daphne import server as server_module
from daphne.endpoints import build_endpoint_description_strings
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from django.conf import settings
from twisted.internet import defer, reactor
from twisted.internet.endpoints import serverFromString
from twisted.logger import LogLevel, globalLogBeginner
from twisted.web import http

from messaging.accept import acceptance
from messaging.realtime import dispatcher
from messaging.realtime.connections import connections
from vibechat.core.logs import log_event, security_event
from vibechat.core.middleware.error_shape import error_answer
from vibechat.core.middleware.security_headers import SecurityHeaders, joined

DRAIN_SECONDS = 10
LINGER_SECONDS = 2
REQUEST_SECONDS = 60
SOCKET_FRAMES_WAITING = 16
SOCKET_PAUSE_SECONDS = 0.02
FLUSH_SECONDS = 2

# Daphne counts seconds by the wall clock: one that jumps forward would end every request, one that jumps back no dead
# socket. It only ever asks for differences.
for module in (http_protocol, ws_protocol, server_module):
    module.time = SimpleNamespace(time=time.monotonic)

# --- HTTP ------------------------------------------------------------------------------------------------------------


class BoundedRequest(WebRequest):
    """Twisted would keep a large body on disk and parse forms; this one refuses it while it comes in."""

    is_refused = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)

    def gotLength(self, length):
        self.content = BytesIO()
        self.is_refused = length is not None and length > settings.BODY_LIMIT_BYTES

    def handleContentChunk(self, data):
        if self.is_refused:
            return
        super().handleContentChunk(data)
        if self.content.tell() > settings.BODY_LIMIT_BYTES:
            self.requestHeaders.setRawHeaders(b"content-length", [str(self.content.tell())])
            self.content, self.is_refused = BytesIO(), True
            self.channel.answer_early()

    def process(self):
        """Daphne takes the first of these from anybody, and it would move every path past our routes and nginx's; over
        the second it stumbles where it is not ASCII, and we speak no subprotocol."""
        self.requestHeaders.removeHeader(b"daphne-root-path")
        self.requestHeaders.removeHeader(b"sec-websocket-protocol")
        return super().process()

    def basic_error(self, status, status_text, body):
        log_event("request_refused", logging.WARNING, status=status)
        if self._response_started:
            self.channel.forceAbortClient()
            return
        headers, content = error_answer(status)
        self.handle_reply({"type": "http.response.start", "status": status, "headers": with_security(headers)})
        self.handle_reply({"type": "http.response.body", "body": content})


class BoundedChannel(http.HTTPChannel):
    """One connection. A request with too large a body is handed to the application at once, without the body, for its
    413; what the client still sends is thrown away for a moment, for a reset would take the answer from it."""

    is_refusing = False

    def allHeadersReceived(self):
        super().allHeadersReceived()
        if self.requests[-1].is_refused:
            self.answer_early()

    def answer_early(self):
        self.persistent = False
        self.allContentReceived()
        self.is_refusing = True

    def allContentReceived(self):
        if not self.is_refusing:
            super().allContentReceived()

    def dataReceived(self, data):
        if not self.is_refusing:
            super().dataReceived(data)

    def loseConnection(self):
        if self.is_refusing:
            self._networkProducer.unregisterProducer()
            self.transport.loseWriteConnection()
            self.callLater(LINGER_SECONDS, self.transport.loseConnection)
        else:
            super().loseConnection()

    def _send100Continue(self):
        if not self.requests[-1].is_refused:
            super()._send100Continue()

    def lineLengthExceeded(self, line):
        self._respondToBadRequestAndDisconnect()

    def _respondToBadRequestAndDisconnect(self):
        if self.is_refusing:
            return
        headers, content = error_answer(400)
        lines = [b"HTTP/1.1 400 Bad Request", b"connection: close"]
        lines += [name + b": " + value for name, value in with_security(headers)]
        self.transport.write(b"\r\n".join([*lines, b"", content]))
        self.loseConnection()


def with_security(headers):
    return joined(headers, SecurityHeaders(None).headers_for("/api/"))


class BoundedHTTPFactory(HTTPFactory):
    protocol = BoundedChannel

    def buildProtocol(self, addr):
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        return protocol


# --- sockets ---------------------------------------------------------------------------------------------------------


class BoundedSocket(WebSocketProtocol):
    def onPing(self, payload):
        super().onPing(payload)
        self.bound_unsent()

    def onMessage(self, payload, isBinary):
        super().onMessage(payload, isBinary)
        if self.application_queue and self.application_queue.qsize() > SOCKET_FRAMES_WAITING:
            self.transport.pauseProducing()
            reactor.callLater(SOCKET_PAUSE_SECONDS, self.go_on)

    def go_on(self):
        """A client that sends faster than it is answered has to wait, instead of filling our memory."""
        if self.state != self.STATE_OPEN:
            return
        if self.application_queue.qsize() > SOCKET_FRAMES_WAITING // 2:
            reactor.callLater(SOCKET_PAUSE_SECONDS, self.go_on)
        else:
            self.transport.resumeProducing()

    def serverSend(self, content, binary=False):
        """Daphne has no back-pressure: what a client does not read would pile up here without end."""
        super().serverSend(content, binary)
        self.bound_unsent()

    def bound_unsent(self):
        if unsent_bytes(self.transport) > settings.SOCKET_UNSENT_BYTES:
            security_event("socket_unsent_limited")
            self.dropConnection(abort=True)

    def serverClose(self, code=None):
        """Autobahn lets an application close with few codes only; the frame itself takes them all."""
        self.sendCloseFrame(code=code or 1000)


def unsent_bytes(transport) -> int:
    """What Twisted holds for a connection that the kernel has not taken yet."""
    return len(transport.dataBuffer) - transport.offset + transport._tempDataLen


class BoundedSocketFactory(WebSocketFactory):
    protocol = BoundedSocket


# --- the server ------------------------------------------------------------------------------------------------------


class BoundedServer(Server):
    def __init__(self, application, endpoints, **kwargs):
        self.connections = {}
        self.ports = []
        self.listen_failure = None
        super().__init__(
            application,
            endpoints,
            http_timeout=REQUEST_SECONDS,
            websocket_timeout=-1,  # a socket ends with its token, not with its age
            websocket_max_message_size=settings.SOCKET_FRAME_BYTES,
            websocket_max_frame_size=settings.SOCKET_FRAME_BYTES,
            server_name="",
            **kwargs,
        )

    def run(self):
        """As Daphne's, with our factories."""
        self.http_factory = BoundedHTTPFactory(self)
        self.ws_factory = self.make_socket_factory()
        globalLogBeginner.beginLoggingTo([log_twisted], redirectStandardIO=False, discardBuffer=True)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        for endpoint in self.endpoints:
            listening = serverFromString(reactor, endpoint).listen(self.http_factory)
            listening.addCallbacks(self.listen_success, self.listen_error)
        asyncio.set_event_loop(reactor._asyncioEventloop)
        reactor.addSystemEventTrigger("before", "shutdown", self.kill_all_applications)
        if not self.abort_start:
            self.ready_callable()
            reactor.run(installSignalHandlers=self.signal_handlers)

    def make_socket_factory(self):
        """Per-message-deflate is refused by leaving it unanswered: it doubles an idle socket and gains nothing on
        ciphertext. A client that breaks a rule is told so by a close code."""
        factory = BoundedSocketFactory(self, server="")
        factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            allowNullOrigin=True,  # origins are looked at by HandshakeCheck
            openHandshakeTimeout=self.websocket_handshake_timeout,
            maxMessagePayloadSize=self.websocket_max_message_size,
            maxFramePayloadSize=self.websocket_max_frame_size,
            failByDrop=False,
            perMessageCompressionAccept=lambda offers: None,
        )
        return factory

    def listen_success(self, port):
        super().listen_success(port)
        self.ports.append(port)

    def listen_error(self, failure):
        self.listen_failure = failure.value
        self.stop()

    def application_checker(self):
        """Daphne's ends for good when it raises, and with it the clearing up after every connection."""
        try:
            super().application_checker()
        except Exception as error:
            log_event("connection_check_failed", logging.ERROR, error)
            reactor.callLater(1, self.application_checker)

    def kill_all_applications(self):
        return defer.Deferred.fromFuture(asyncio.ensure_future(self.drain()))

    async def drain(self):
        """No new connections; sockets finish the frame that they are at and are told; requests are finished; whatever
        is left is cancelled; what has been committed is pushed."""
        for port in self.ports:
            port.stopListening()
        await connections.close_all()
        await dispatcher.flush(FLUSH_SECONDS)
        running = [details.get("application_instance") for details in self.connections.values()]
        running = [task for task in running if task and not task.done()]
        if running:
            _, late = await asyncio.wait(running, timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await dispatcher.flush(FLUSH_SECONDS)
        await acceptance.close()
        log_event("server_stopped", drained=len(running))


def endpoint(host: str, port: int) -> str:
    return build_endpoint_description_strings(host=host, port=port)[0]


def log_twisted(event):
    if event.get("log_level", LogLevel.info) >= LogLevel.error:
        failure = event.get("log_failure")
        log_event("twisted_error", logging.ERROR, failure.value if failure else None)
