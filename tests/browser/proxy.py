"""A line between a browser and a server that can be listened to, slowed down and cut."""

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Connection:
    browser: socket.socket
    server: socket.socket
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)


class Line:
    """Passes bytes on between 127.0.0.1:port and the server, and keeps a copy of both directions."""

    def __init__(self, server_port: int):
        self.server_port = server_port
        self.connections: list[Connection] = []
        self.whole = True
        self.delay_seconds = 0.0
        self.flowing = threading.Event()
        self.flowing.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                browser, _ = self.listener.accept()
            except OSError:
                return
            if self.whole:
                self.connect(browser)
            else:
                browser.close()

    def connect(self, browser: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.server_port), timeout=10)
        except OSError:
            browser.close()
            return
        server.settimeout(None)
        connection = Connection(browser, server)
        self.connections.append(connection)
        for source, target, copy in ((browser, server, connection.sent), (server, browser, connection.received)):
            threading.Thread(target=self.pump, args=(source, target, copy), daemon=True).start()

    def pump(self, source: socket.socket, target: socket.socket, copy: bytearray) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                copy += data
                time.sleep(self.delay_seconds)
                self.flowing.wait()
                target.sendall(data)
        hang_up(source, target)

    def cut(self) -> None:
        """Ends what is open and refuses what is new, as a pulled cable does in the end."""
        self.whole = False
        for connection in self.connections:
            hang_up(connection.browser, connection.server)
        self.flowing.set()

    def stall(self) -> None:
        """Everything stays open, and nothing comes through any more: nobody has said that the line is dead."""
        self.flowing.clear()

    def mend(self) -> None:
        self.whole = True
        self.flowing.set()

    def close(self) -> None:
        self.cut()
        self.listener.close()

    def begin_anew(self) -> None:
        self.cut()
        self.connections.clear()
        self.delay_seconds = 0.0
        self.mend()

    def traffic(self) -> bytes:
        """All that passed, and once more what browsers sent over WebSockets without its mask."""
        parts = []
        for connection in list(self.connections):
            parts += [bytes(connection.sent), bytes(connection.received), unmasked(bytes(connection.sent))]
        return b"\0".join(parts)


class Lines:
    """Lines are used again, because each is an address of its own and the browser has loaded the page from it."""

    def __init__(self) -> None:
        self.free: dict[int, list[Line]] = defaultdict(list)

    def take(self, server_port: int) -> Line:
        free = self.free[server_port]
        return free.pop() if free else Line(server_port)

    def give_back(self, line: Line) -> None:
        line.begin_anew()
        self.free[line.server_port].append(line)

    def close(self) -> None:
        for line in itertools.chain.from_iterable(self.free.values()):
            line.close()


def hang_up(*sockets: socket.socket) -> None:
    for end in sockets:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def unmasked(stream: bytes) -> bytes:
    """The payloads of a browser's WebSocket frames (RFC 6455 §5.2); empty for a connection that is no WebSocket."""
    head, _, rest = stream.partition(b"\r\n\r\n")
    if b"upgrade: websocket" not in head.lower():
        return b""
    payloads = []
    while len(rest) >= 6:
        length, start = rest[1] & 0x7F, 2
        if length >= 126:
            width = 2 if length == 126 else 8
            length, start = struct.unpack(f">{'H' if width == 2 else 'Q'}", rest[2 : 2 + width])[0], 2 + width
        mask, body = rest[start : start + 4], rest[start + 4 : start + 4 + length]
        key = (mask * (length // 4 + 1))[: len(body)]
        payloads.append((int.from_bytes(body) ^ int.from_bytes(key)).to_bytes(len(body)))
        rest = rest[start + 4 + length :]
    return b"\n".join(payloads)
