"""Limits of the server, tested over real connections."""

import base64
import contextlib
import json
import os
import socket
import sqlite3
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

pytestmark = pytest.mark.once
LIMIT = 128 * 1024


def raw(server, data: bytes, timeout=10) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout)
    connection.sendall(data)
    return connection


def answer_of(connection) -> tuple[int, dict, bytes]:
    """Reads until the server closes; returns (status, headers, body)."""
    received = b""
    while part := connection.recv(65536):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, body


def request(first_line: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([first_line, b"Host: localhost", *headers, b"", b""])


def test_it_works(server):
    answer = httpx.get(f"{server.url}/api/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_server_does_not_name_its_software(server):
    assert "server" not in httpx.get(f"{server.url}/api/health/live").headers


# --- bodies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [b"/api/auth/login", b"/admin/login/", b"/chat", b"/static/x"])
def test_too_large_content_length_is_refused_before_the_body(server, path):
    status, headers, body = answer_of(raw(server, request(b"POST " + path + b" HTTP/1.1", b"Content-Length: 131073")))
    assert (status, json.loads(body)["code"]) == (413, "too_large")
    assert headers["x-content-type-options"] == "nosniff"


def test_large_body_is_answered_while_the_client_sends(server):
    answer = httpx.post(f"{server.url}/api/auth/login", content=b"x" * 5_000_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_refusal_arrives_although_the_client_still_sends(server):
    connection = raw(server, request(b"POST /api/auth/login HTTP/1.1", b"Content-Length: 999999"))
    connection.recv(1, socket.MSG_PEEK)
    for _ in range(10):
        connection.sendall(b"x" * 10_000)
        time.sleep(0.02)
    assert answer_of(connection)[0] == 413


def test_too_large_chunked_body_is_refused(server):
    head = request(b"POST /api/auth/login HTTP/1.1", b"Transfer-Encoding: chunked")
    connection = raw(server, head + (b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 9)
    status, _, body = answer_of(connection)
    assert (status, json.loads(body)["code"]) == (413, "too_large")


def test_endless_body_is_cut_off(server):
    def endless():
        while True:
            yield b"x" * 16384

    assert httpx.post(f"{server.url}/api/auth/login", content=endless()).status_code == 413


def test_too_large_body_gets_no_100_continue(server):
    head = request(b"POST /api/auth/login HTTP/1.1", b"Content-Length: 999999", b"Expect: 100-continue")
    assert answer_of(raw(server, head))[0] == 413


CHUNKED = request(b"POST /api/auth/login HTTP/1.1", b"Transfer-Encoding: chunked")


@pytest.mark.parametrize("trailers", [b"X: y\r\n" * 10_000, b"X: " + b"y" * 20_000])
def test_trailers_over_the_limit_are_refused(server, trailers):
    connection = raw(server, CHUNKED + b"2\r\n{}\r\n0\r\n")
    time.sleep(0.1)
    for start in range(0, len(trailers), 1000):
        connection.sendall(trailers[start : start + 1000])
    status, _, body = answer_of(connection)
    assert (status, json.loads(body)["code"]) == (400, "invalid")


def test_body_in_chunks_with_short_trailers_reaches_the_view(server):
    """The trailers come by themselves, after a part that is larger than they may be."""
    connection = raw(server, CHUNKED + (b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 7 + b"0\r\n")
    time.sleep(0.1)
    connection.sendall(b"X: y\r\n\r\n")
    answer = b""
    while b"This field is required" not in answer:
        part = connection.recv(65536)
        assert part, answer
        answer += part
    connection.close()


def test_bodies_are_not_written_to_disk(server):
    head = request(b"POST /api/auth/login HTTP/1.1", b"Content-Length: 131072")
    connection = raw(server, head + b"x" * 120_000)
    time.sleep(0.3)
    folder = f"/proc/{server.process.pid}/fd"
    opened = [os.readlink(f"{folder}/{name}") for name in os.listdir(folder)]
    connection.close()
    assert [path for path in opened if "deleted" in path or path.startswith("/tmp/tmp")] == []


def test_body_of_the_limit_is_accepted(server):
    answer = httpx.post(f"{server.url}/api/auth/login", content=b"x" * LIMIT, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


def test_connection_stays_open_after_other_refusals(server):
    with httpx.Client(base_url=server.url) as client:
        statuses = [client.post("/api/auth/login", json=body).status_code for body in ({}, [], {"email": 1})]
    assert statuses == [400, 400, 400]


# --- malformed requests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n",
    ],
)
def test_malformed_request_is_400_in_the_error_format(server, data):
    status, _, body = answer_of(raw(server, data))
    assert (status, json.loads(body)["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "target",
    [
        b"/\xff\xfe",
        b"/?x=\xff",
        b"/%00",
        b"/api/keys/email/%00",
        b"/api/keys/email/%ff%fe@example.org",
        b"/api/messages/inbox?with=%00",
        b"/api/messages/inbox?" + b"&".join([b"a=1"] * 2000),
        b"/%E2%80%AE",
        b"/%ED%A0%80",
        b"//",
        b"/..%2f..%2fetc/passwd",
        b"/static/%00",
        b"/static/..%2f..%2fmanage.py",
        b"/admin/%00",
        b"*",
        b"http://evil.example/",
    ],
)
def test_no_url_causes_a_5xx(server, target):
    status, _, _ = answer_of(raw(server, request(b"GET " + target + b" HTTP/1.1", b"Connection: close")))
    assert 400 <= status < 500 or status in (200, 301)


@pytest.mark.parametrize(
    "header",
    [
        b"Cookie: \xff=\xff; ;;=;vibechat_refresh=\xff",
        b"Content-Type: application/json; charset=\xff",
        b"Content-Type: multipart/form-data; boundary=",
        b"Accept: \xff",
        b"Authorization: Bearer \xff",
        b"Authorization: Bearer",
        b"Origin: http://[",
        b"Daphne-Root-Path: \xff",
        b"X-Forwarded-For: \xff",
        b"Host: [",
        b"If-Modified-Since: \xff",
        b"Range: bytes=\xff",
    ],
)
@pytest.mark.parametrize("method", [b"GET", b"POST", b"OPTIONS", b"HEAD", b"TRACE", b"\xc3\xa4"])
def test_no_header_causes_a_5xx(server, method, header):
    head = request(method + b" /api/auth/refresh HTTP/1.1", header, b"Connection: close", b"Content-Length: 2")
    assert 400 <= answer_of(raw(server, head + b"{}"))[0] < 500


def test_client_cannot_set_the_root_path(server):
    path, header = f"{server.url}/x/api/health/live", {"Daphne-Root-Path": "/x"}
    assert httpx.get(path, headers=header).status_code == 404


# --- sockets ---------------------------------------------------------------------------------------------------------


def closing_code(connection) -> int:
    try:
        while True:
            connection.recv(timeout=10)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


def test_compression_is_refused(server):
    with server.socket(compression="deflate") as connection:
        assert "permessage-deflate" in connection.request.headers["Sec-WebSocket-Extensions"]
        assert connection.protocol.extensions == []


def test_frame_over_the_limit_is_1009(server):
    with server.socket() as connection:
        with contextlib.suppress(ConnectionClosed):
            connection.send("x" * (LIMIT + 1))
        assert closing_code(connection) == 1009


def test_message_over_the_limit_in_frames_below_it_is_1009(server):
    with server.socket() as connection:
        with contextlib.suppress(ConnectionClosed):  # the server may close before the end is sent
            connection.send(["x" * 60_000] * 3)
        assert closing_code(connection) == 1009


def test_message_of_64_fragments_is_read(server):
    """The client ends what it sends in parts with an empty fragment."""
    with server.socket() as connection:
        sign_in(connection, server.register("alice"))
        connection.send([*("" for _ in range(61)), '{"type": "nonsense"', "}"])
        assert json.loads(connection.recv(timeout=10))["type"] == "error"


def test_message_of_more_fragments_is_1009(server):
    with server.socket() as connection:
        with contextlib.suppress(ConnectionClosed):
            connection.send("" for _ in range(64))
        assert closing_code(connection) == 1009


def test_fragments_without_end_are_1009(server):
    """In one write, so that the server reads many at once: the first of a text, then masked empty ones."""
    connection = raw(server, request(b"GET /ws/chat/ HTTP/1.1", *UPGRADE, b"Origin: http://localhost"))
    assert connection.recv(65536).split()[1] == b"101"
    connection.sendall(b"\x01\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 100_000)
    received = b""
    while part := connection.recv(65536):
        received += part
    assert received[:1] == b"\x88"
    assert int.from_bytes(received[2:4]) == 1009
    assert len(received) == 2 + received[1]


def test_text_that_is_not_utf8_is_1007(server):
    with server.socket() as connection:
        connection.send(b"\xff\xfe", text=True)
        assert closing_code(connection) == 1007


@pytest.mark.parametrize("path", ["/ws/", "/ws/chat", "/chat", "/ws/chat/%00", "/ws/chat/%ff"])
def test_unknown_socket_path_is_403(server, path):
    handshake = request(f"GET {path} HTTP/1.1".encode(), *UPGRADE)
    assert answer_of(raw(server, handshake))[0] == 403


UPGRADE = (
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:1", "null"])
def test_foreign_origin_is_403(server, origin):
    with pytest.raises(InvalidStatus) as refused:
        server.socket(origin=origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "header",
    [
        b"Sec-WebSocket-Protocol: \xff",
        b"Sec-WebSocket-Protocol: a, a",
        b"Sec-WebSocket-Version: 99",
        b"Sec-WebSocket-Version: \xff",
        b"Sec-WebSocket-Key: x",
        b"Sec-WebSocket-Extensions: \xff; ;;",
        b"Origin: \xff",
        b"Host: evil.example",
        b"Host: localhost:port",
        b"Daphne-Root-Path: \xff",
        b"Connection: close",
        b"Cookie: \xff",
    ],
)
def test_no_handshake_causes_a_5xx(server, header):
    connection = raw(server, request(b"GET /ws/chat/ HTTP/1.1", *UPGRADE, header))
    connection.settimeout(5)
    assert connection.recv(65536).split()[1] in (b"101", b"400", b"403", b"404", b"426")
    connection.close()


def sign_in(connection, person):
    connection.send(json.dumps({"type": "connect", "token": person["access"]}))
    assert json.loads(connection.recv(timeout=10))["type"] == "connected"


def envelope(person, size=64):
    return {
        "recipient_email": person["user"]["email"],
        "ciphertext": base64.b64encode(bytes(size)).decode(),
        "nonce": base64.b64encode(bytes(12)).decode(),
        "salt": base64.b64encode(bytes(16)).decode(),
        "client_id": str(uuid.uuid4()),
    }


def client_of(server, person):
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {person['access']}"})


def test_client_that_sends_too_fast_is_throttled_by_backpressure(server):
    """Another connection holds SQLite's write lock, so nothing is answered. The kernel buffers a few megabytes."""
    alice, bob = server.register("alice"), server.register("bob")
    frame = json.dumps({"type": "send_message", **envelope(bob, 65536)})
    sent = []

    def flood(chat):
        with contextlib.suppress(ConnectionClosed):
            for number in range(400):
                chat.send(frame)
                sent.append(number)

    with (
        contextlib.closing(sqlite3.connect(server.folder / "var/vibechat.sqlite3")) as other,
        server.socket() as chat,
        ThreadPoolExecutor() as threads,
    ):
        sign_in(chat, alice)
        other.execute("BEGIN IMMEDIATE")
        threads.submit(flood, chat)
        time.sleep(3)
        assert len(sent) < 300
        other.rollback()
        chat.close_socket()
