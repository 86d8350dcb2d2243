"""A client of nginx over TLS, with a network address of its own in 127.0.0.0/8."""

import base64
import contextlib
import json
import secrets
import socket
import ssl
import uuid

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.deployment.nginx import HOST, Nginx


class Visitor(contextlib.ExitStack):
    def __init__(self, nginx: Nginx, address: str):
        super().__init__()
        self.nginx, self.address = nginx, address
        self.tls = ssl.create_default_context(cafile=nginx.authority)
        transport = httpx.HTTPTransport(verify=self.tls, local_address=address)
        url, headers = f"https://127.0.0.1:{nginx.port}", {"Host": HOST}
        self.client = self.enter_context(httpx.Client(transport=transport, base_url=url, headers=headers, timeout=30))
        self.email = f"somebody-{secrets.token_hex(8)}@example.org"
        self.password = f"correct horse {secrets.token_hex(6)}"
        self.access = ""

    def request(self, method: str, path: str, **more) -> httpx.Response:
        return self.client.request(method, path, extensions={"sni_hostname": HOST}, **more)

    def get(self, path: str, **more) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, body, **more) -> httpx.Response:
        return self.request("POST", path, json=body, **more)

    def raw(self, data: bytes) -> bytes:
        """Send raw bytes over TLS and return the response, for requests that no HTTP library sends."""
        with self.tls.wrap_socket(self.connection(), server_hostname=HOST) as connection:
            connection.sendall(data)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def connection(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.nginx.port), timeout=30, source_address=(self.address, 0))

    def register(self, **more) -> httpx.Response:
        body = {"email": self.email, "password": self.password, **more}
        answer = self.post("/api/auth/register", body)
        assert answer.status_code == 201, answer.text
        self.access = answer.json()["access"]
        self.client.headers["Authorization"] = f"Bearer {self.access}"
        return answer

    def open_socket(self, **options) -> ClientConnection:
        where = {"sock": self.connection(), "ssl": self.tls, "server_hostname": HOST}
        return self.enter_context(connect(f"wss://{HOST}/ws/chat/", **where, **options))

    def signed_in_socket(self) -> ClientConnection:
        chat = self.open_socket(origin=f"https://{HOST}")
        chat.send(json.dumps({"type": "connect", "token": self.access}))
        assert next_frame(chat, "connected")["user"]["email"] == self.email
        return chat


def next_frame(chat: ClientConnection, kind: str) -> dict:
    while True:
        frame = json.loads(chat.recv(timeout=30))
        if frame["type"] == kind:
            return frame


def envelope(to: Visitor) -> dict:
    return {
        "recipient_email": to.email,
        "ciphertext": base64.b64encode(secrets.token_bytes(64)).decode(),
        "nonce": base64.b64encode(secrets.token_bytes(12)).decode(),
        "salt": base64.b64encode(secrets.token_bytes(32)).decode(),
        "client_id": str(uuid.uuid4()),
    }
