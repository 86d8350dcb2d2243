"""Clients that do not read."""

import contextlib
import json
import socket
import time

import pytest

from vibechat.tests.test_server import UPGRADE, client_of, envelope, request, sign_in

pytestmark = pytest.mark.once


def test_client_that_reads_again_gets_a_resync(server):
    alice, bob = server.register("alice"), server.register("bob")
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect(("127.0.0.1", server.port))
    with server.socket(sock=plain, max_queue=1) as deaf, client_of(server, alice) as client:
        sign_in(deaf, bob)
        for _ in range(150):
            assert client.post("/api/messages/send", json=envelope(bob, 65536)).status_code == 201
            if "socket_unsent_limited" in server.log.read_text():
                break
        kinds = [json.loads(deaf.recv(timeout=10))["type"]]
        while kinds[-1] != "resync":
            kinds.append(json.loads(deaf.recv(timeout=10))["type"])
        assert set(kinds[:-1]) == {"new_message"}
        client.post("/api/messages/send", json=envelope(bob))
        assert json.loads(deaf.recv(timeout=10))["type"] == "new_message"


def deaf_socket(server, person):
    """A signed-in client that stops reading, with more data waiting than the kernel buffers."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect(("127.0.0.1", server.port))
    chat = server.socket(sock=plain, max_queue=1)
    sign_in(chat, person)
    sender = server.register("sender")
    with client_of(server, sender) as client:
        for _ in range(100):
            client.post("/api/messages/send", json=envelope(person, 65536))
    return chat


def wait_for_line(server, event):
    deadline = time.monotonic() + 15
    while event not in server.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_client_that_does_not_read_is_disconnected_after_its_log_out(new_server):
    server = new_server(SOCKET_CHECK_SECONDS="1").start().wait()
    alice = server.register("alice")
    deaf_socket(server, alice)
    with client_of(server, alice) as client:
        assert client.post("/api/auth/logout", json={}).status_code == 204
    wait_for_line(server, "socket_closed")


def test_client_that_does_not_read_does_not_delay_shutdown(new_server):
    server = new_server().start().wait()
    deaf_socket(server, server.register("alice"))
    assert server.stop() == 0
    assert '"server_stopped"' in server.log.read_text()


def test_pings_of_a_stranger_that_does_not_read_fill_no_memory(server):
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.connect(("127.0.0.1", server.port))
    plain.sendall(request(b"GET /ws/chat/ HTTP/1.1", *UPGRADE))
    assert b"101" in plain.recv(1024)
    plain.settimeout(8)
    ping = b"\x89\xfd\0\0\0\0" + bytes(125)
    with contextlib.suppress(OSError):
        for _ in range(2000):
            plain.sendall(ping * 500)
            if "socket_unsent_limited" in server.log.read_text():
                break
    wait_for_line(server, "socket_unsent_limited")
