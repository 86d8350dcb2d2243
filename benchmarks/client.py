"""A minimal WebSocket (RFC 6455) and HTTP/1.1 client, so that the driver needs little CPU.

Frames are masked with the key 0, which costs no CPU. RFC 6455 §5.3 requires unpredictable keys only for security.
"""

import asyncio
import json
import struct

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
ZERO_KEY = b"\0\0\0\0"
HANDSHAKE = (
    "GET /ws/chat/ HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{extensions}\r\n"
)
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


class ClientError(Exception):
    """The server refused a request or closed a connection of the load."""


def client_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes((FINAL | opcode, MASKED | length)) + ZERO_KEY + payload
    return bytes((FINAL | opcode, MASKED | 126)) + struct.pack("!H", length) + ZERO_KEY + payload


class Socket(asyncio.Protocol):
    """Calls `on_frame(payload)` for each text frame and `on_close(code)` once. `opened` resolves after the
    handshake."""

    def __init__(self, handshake: bytes):
        self.handshake = handshake
        self.received = b""
        self.has_deflate = False
        self.close_code = 1006
        self.on_frame = self.on_close = lambda _: None
        self.opened = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.handshake)

    def connection_lost(self, error):
        if not self.opened.done():
            self.opened.set_exception(ClientError("The connection ended within the handshake."))
        self.on_close(self.close_code)

    def data_received(self, data):
        if self.received:
            data = self.received + data
        if not self.opened.done():
            head, is_whole, rest = data.partition(b"\r\n\r\n")
            if not is_whole:
                self.received = data
                return
            self.finish_handshake(head)
            data = rest
        self.received = self.read_frames(data)

    def finish_handshake(self, head):
        self.has_deflate = b"permessage-deflate" in head
        if head.startswith(b"HTTP/1.1 101"):
            self.opened.set_result(None)
        else:
            self.opened.set_exception(ClientError(f"The handshake was refused: {head[:80]!r}"))

    def read_frames(self, data) -> bytes:
        """Returns the rest: an incomplete frame."""
        position, end = 0, len(data)
        while end - position >= 2:
            start, length = position + 2, data[position + 1]
            if length == 126:
                start, length = position + 4, int.from_bytes(data[position + 2 : position + 4], "big")
            elif length == 127:
                start, length = position + 10, int.from_bytes(data[position + 2 : position + 10], "big")
            if end < start + length:
                break
            self.take(data[position], data[start : start + length])
            position = start + length
        return data[position:]

    def take(self, first_byte, payload):
        if first_byte == FINAL | TEXT:
            self.on_frame(payload)
        elif first_byte == FINAL | PING:
            self.transport.write(client_frame(payload, PONG))
        elif first_byte == FINAL | CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
            self.transport.write(client_frame(payload[:2], CLOSE))
        elif first_byte != FINAL | PONG:
            raise ClientError(f"A frame of a kind that no server of ours sends: {first_byte:#x}")

    def send(self, frame: dict):
        self.transport.write(client_frame(json.dumps(frame).encode()))


async def open_socket(host: str, port: int, deflate: bool = False) -> Socket:
    handshake = HANDSHAKE.format(host=host, port=port, extensions=DEFLATE if deflate else "").encode()
    _, socket = await asyncio.get_running_loop().create_connection(lambda: Socket(handshake), host, port)
    await socket.opened
    return socket


async def sign_in(host: str, port: int, person: dict, deflate: bool = False) -> Socket:
    """A socket that has received `connected`."""
    socket = await open_socket(host, port, deflate)
    connected = asyncio.get_running_loop().create_future()
    socket.on_frame = lambda payload: connected.done() or connected.set_result(payload)
    socket.on_close = lambda code: connected.done() or connected.set_exception(ClientError(f"closed with {code}"))
    socket.send({"type": "connect", "token": person["token"]})
    if b'"connected"' not in await connected:
        raise ClientError(f"not connected: {connected.result()[:200]!r}")
    socket.on_close = lambda _: None
    return socket


class HttpConnection(asyncio.Protocol):
    """One keep-alive connection; calls `on_answer(status, body)` for each answer, in the order of the requests."""

    def __init__(self):
        self.received = b""
        self.on_answer = lambda status, body: None
        self.on_close = lambda _: None

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        self.on_close(error)

    def data_received(self, data):
        data = self.received + data
        while (head_end := data.find(b"\r\n\r\n")) >= 0:
            body_end = head_end + 4 + content_length(data[:head_end])
            if len(data) < body_end:
                break
            self.on_answer(int(data[9:12]), data[head_end + 4 : body_end])
            data = data[body_end:]
        self.received = data


def content_length(head: bytes) -> int:
    head = head.lower()
    start = head.find(b"\r\ncontent-length:")
    if start < 0:
        raise ClientError(f"an answer without a length: {head[:80]!r}")
    return int(head[start + 17 :].partition(b"\r\n")[0])


async def open_http(host: str, port: int) -> HttpConnection:
    _, connection = await asyncio.get_running_loop().create_connection(HttpConnection, host, port)
    return connection
