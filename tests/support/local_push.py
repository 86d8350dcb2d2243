"""A push service on this machine: the part of autopush's protocol that Firefox speaks, and the address for servers.

In a server under test, LocalPush leads the sender to it, without TLS. All other code of the sender runs.
"""

import base64
import http.client
import json
import os
import queue
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.apps import AppConfig
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

HOST = "push.test"
VARIABLE = "LOCAL_PUSH_PORT"


class LocalPush(AppConfig):
    name = "tests.support.local_push"
    path = os.path.dirname(__file__)

    def ready(self) -> None:
        from messaging.web_push import sender

        sender.connect = lambda host: http.client.HTTPConnection("127.0.0.1", int(os.environ[VARIABLE]), timeout=5)


class PushService:
    def __init__(self) -> None:
        self.channels: dict[str, tuple[str, ServerConnection]] = {}  # by the last part of the address
        self.unregistered: list[str] = []
        self.received: queue.Queue[dict[str, str]] = queue.Queue()  # headers of the requests
        self.acknowledged: queue.Queue[dict] = queue.Queue()
        self.sockets = serve(self.browser, "127.0.0.1", 0, subprotocols=["push-notification"])  # type: ignore[list-item]
        self.requests = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        for server in (self.sockets, self.requests):
            threading.Thread(target=server.serve_forever, daemon=True).start()

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.sockets.socket.getsockname()[1]}/"

    @property
    def port(self) -> int:
        return self.requests.server_port

    def close(self) -> None:
        self.sockets.shutdown()
        self.requests.shutdown()
        self.requests.server_close()

    def browser(self, connection: ServerConnection) -> None:
        try:
            for text in connection:
                self.answer(connection, json.loads(text))
        except ConnectionClosed:
            pass

    def answer(self, connection: ServerConnection, message: dict) -> None:
        kind = message.get("messageType")
        if kind == "hello":
            answer = {"messageType": "hello", "uaid": message.get("uaid") or uuid.uuid4().hex, "status": 200}
            connection.send(json.dumps(answer | {"use_webpush": True}))
        elif kind == "register":
            token = uuid.uuid4().hex
            self.channels[token] = (message["channelID"], connection)
            answer = {"messageType": "register", "channelID": message["channelID"], "status": 200}
            connection.send(json.dumps(answer | {"pushEndpoint": f"https://{HOST}/wpush/v2/{token}"}))
        elif kind == "unregister":
            self.unregistered.append(message["channelID"])
            connection.send(json.dumps({"messageType": "unregister", "channelID": message["channelID"], "status": 200}))
        elif kind in ("ack", "nack"):
            self.acknowledged.put(message)
        elif not message:
            connection.send("{}")

    def handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.received.put(dict(self.headers))
                channel, connection = service.channels.get(self.path.rpartition("/")[2], ("", None))
                gone = connection is None or channel in service.unregistered
                if not gone:
                    service.deliver(connection, channel, body)
                self.send_response(410 if gone else 201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler

    def deliver(self, connection: ServerConnection, channel: str, body: bytes) -> None:
        data = base64.urlsafe_b64encode(body).decode().rstrip("=")
        message = {"messageType": "notification", "channelID": channel, "version": uuid.uuid4().hex, "ttl": 60}
        connection.send(json.dumps(message | {"data": data, "headers": {"encoding": "aes128gcm"}}))
