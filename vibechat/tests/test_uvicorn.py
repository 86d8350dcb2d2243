"""What is different under Uvicorn; starting and stopping are in test_serve.py, for both servers."""

import asyncio
import http.client
import json
import signal
import socket
import time

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from vibechat.tests.conftest import RunningServer
from vibechat.tests.test_server import LIMIT, client_of, closing_code, envelope, sign_in
from vibechat.uvicorn_server import UvicornServer

pytestmark = pytest.mark.once
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = RunningServer(tmp_path_factory.mktemp("uvicorn"), SERVER="uvicorn").start().wait()
    yield server
    server.stop()


def test_it_works(server):
    alice, bob = server.register("alice"), server.register("bob")
    with server.socket() as connection, client_of(server, alice) as client:
        sign_in(connection, bob)
        sent = client.post("/api/messages/send", json=envelope(bob)).json()
        assert json.loads(connection.recv(timeout=10))["message"] == sent


def test_server_does_not_name_its_software(server):
    assert "server" not in httpx.get(f"{server.url}/api/health/live").headers


def test_body_over_the_limit_is_413(server):
    answer = httpx.post(f"{server.url}/api/auth/login", content=b"x" * (LIMIT + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_compression_is_refused(server):
    with server.socket(compression="deflate") as connection:
        assert connection.protocol.extensions == []


def test_frame_over_the_limit_is_1009(server):
    with server.socket() as connection:
        connection.send("x" * (LIMIT + 1))
        assert closing_code(connection) == 1009


def test_text_that_is_not_utf8_is_1007(server):
    with server.socket() as connection:
        connection.send(b"\xff\xfe", text=True)
        assert closing_code(connection) == 1007


def test_foreign_origin_is_403(server):
    with pytest.raises(InvalidStatus) as refused:
        server.socket(origin="http://evil.example")
    assert refused.value.response.status_code == 403


def test_client_that_does_not_read_for_a_while_is_told_to_resync_once_it_does(server):
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
    """Signed in, and a client that reads nothing more; with more on its way to it than the kernel takes."""
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


def test_client_that_does_not_read_is_gone_soon_after_its_log_out(new_server):
    server = new_server(SERVER="uvicorn", SOCKET_CHECK_SECONDS="1").start().wait()
    alice = server.register("alice")
    deaf_socket(server, alice)
    with client_of(server, alice) as client:
        assert client.post("/api/auth/logout", json={}).status_code == 204
    wait_for_line(server, "socket_closed")


def test_client_that_does_not_read_holds_no_stop_up(new_server):
    server = new_server(SERVER="uvicorn").start().wait()
    deaf_socket(server, server.register("alice"))
    assert server.stop() == 0
    assert '"server_stopped"' in server.log.read_text()


def test_request_on_an_open_connection_is_answered_while_the_server_stops(new_server):
    """A proxy may have written it before it saw that the server stops."""
    server = new_server(SERVER="uvicorn").start().wait()
    kept = http.client.HTTPConnection("127.0.0.1", server.port)
    kept.request("GET", "/api/health/live")
    assert kept.getresponse().read()
    server.process.send_signal(signal.SIGTERM)
    while is_listening(server.port):
        time.sleep(0.01)
    kept.request("POST", "/api/auth/login", json.dumps({"email": "a@example.org", "password": "x"}), JSON)
    answer = kept.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (401, "close")
    assert server.process.wait(20) == 0


def is_listening(port) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


async def test_connection_that_the_kernel_has_accepted_is_answered():
    """Closing the listener would reset it."""
    server = UvicornServer(answer_with_204, ready_callable=None)
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    listening = socket.create_server(("127.0.0.1", 0))
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await server.accept_waiting(listening)
    assert (await reader.readline()).startswith(b"HTTP/1.1 204 ")
    writer.close()


async def answer_with_204(scope, receive, send):
    await send({"type": "http.response.start", "status": 204})
    await send({"type": "http.response.body"})
