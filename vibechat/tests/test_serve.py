"""Start and shutdown of `manage.py serve`, the command of `make run`."""

import asyncio
import http.client
import json
import shutil
import signal
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.core.management.base import CommandError
from websockets.exceptions import ConnectionClosed

from conftest import envelope
from tools.provision.processes import free_port
from vibechat.management.commands.serve import check_address
from vibechat.server import BoundedServer
from vibechat.tests.conftest import RunningServer

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def first_start(tmp_path_factory):
    """A server whose VAR_DIR did not exist. Its start collects the static files."""
    server = RunningServer(tmp_path_factory.mktemp("first")).start().wait()
    yield server
    server.stop()


def test_it_works(first_start):
    assert first_start.output.read_text() == f"VibeChat is at {first_start.url}\n"
    assert httpx.get(f"{first_start.url}/chat", headers={"Accept": "text/html"}, timeout=30).status_code == 200


@pytest.mark.once
def test_second_start_does_not_collect_again(new_server, first_start, tmp_path):
    shutil.copytree(first_start.folder / "var" / "static", tmp_path / "var" / "static")
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "var" / "static").rglob("*")}
    assert len(files) > 100
    new_server(fresh=True).start().wait()
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_concurrent_starts_succeed(new_server, backend):
    if backend == "embedded":
        pytest.skip("one server at a time")
    servers = [new_server(fresh=True, SECRET_KEY="") for _ in range(2)]
    for server in servers:
        server.start()
    for server in servers:
        server.wait()
        page = httpx.get(f"{server.url}/chat", headers={"Accept": "text/html"}, timeout=30).text
        assert httpx.get(server.url + page.split('type="module" src="')[1].split('"')[0], timeout=30).status_code == 200


@pytest.mark.once
def test_used_port_is_reported_in_a_sentence(new_server, first_start):
    second = new_server(port=first_start.port).start()
    assert second.process.wait(30) == 1
    assert f"Something else listens on 127.0.0.1 port {first_start.port}." in second.log.read_text()
    assert "Traceback" not in second.log.read_text()
    assert httpx.get(f"{first_start.url}/api/health/live", timeout=30).status_code == 200


def test_foreign_address_is_reported_in_a_sentence(monkeypatch, settings):
    settings.BIND, settings.PORT = "192.0.2.1", 8000
    with pytest.raises(CommandError, match=r"^Cannot listen on 192\.0\.2\.1 port 8000: "):
        check_address()


@pytest.mark.once
def test_server_on_a_public_address_is_a_public_server(new_server):
    server = new_server(BIND="192.0.2.1").start()
    assert server.process.wait(30) == 1
    assert "Set HTTPS=True" in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


@pytest.mark.once
def test_unreachable_database_is_reported_in_a_sentence(new_server):
    server = new_server(DATABASE_URL=f"postgres://vibechat:hunter2@127.0.0.1:{free_port()}/vibechat").start()
    assert server.process.wait(60) == 1
    log = server.log.read_text()
    assert "Cannot open the database of DATABASE_URL." in log
    assert ("Traceback" in log, "hunter2" in log) == (False, False)


@pytest.mark.once
def test_disabled_limits_are_reported_at_the_start(first_start):
    assert "RATELIMIT_ENABLE is False" in first_start.log.read_text()


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.once)])
def test_shutdown_closes_the_sockets_and_logs_no_error(new_server, signal_number):
    server = new_server().start().wait()
    with server.socket() as connection:
        assert server.stop(signal_number) == 0
        assert json.loads(connection.recv(timeout=10)) == {"type": "disconnect", "reason": "server_stopping"}
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=10)
        assert closed.value.rcvd.code == 1012
    assert "Traceback" not in server.log.read_text()


@pytest.mark.once
def test_ctrl_c_during_preparation_prints_no_traceback(new_server):
    server = new_server(fresh=True).start()
    while not (server.folder / "var").exists():
        time.sleep(0.01)
    server.stop(signal.SIGINT)
    assert "Traceback" not in server.log.read_text()


@pytest.mark.once
def test_shutdown_finishes_running_requests(new_server):
    """Another connection holds SQLite's write lock, so the registration waits until it is released."""
    server = new_server().start().wait()
    with ThreadPoolExecutor() as threads, sqlite3.connect(server.folder / "var/vibechat.sqlite3") as other:
        other.execute("BEGIN IMMEDIATE")
        registration = threads.submit(server.register, "alice")
        time.sleep(2.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        other.rollback()
        assert registration.result()["user"]["display_name"] == ""
    assert server.process.wait(20) == 0


@pytest.mark.once
def test_request_on_an_open_connection_is_answered_during_shutdown(new_server):
    """A proxy may have sent it before it noticed the shutdown."""
    server = new_server(BEHIND_PROXY="True").start().wait()
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


@pytest.mark.once
async def test_connection_accepted_by_the_kernel_is_answered_during_shutdown():
    """Otherwise closing the listener would reset it."""
    server = BoundedServer(answer_with_204, ready_callable=None)
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


@pytest.mark.once
def test_every_line_of_the_log_is_json(new_server):
    server = new_server(RATELIMIT_ENABLE="True").start().wait()
    httpx.get(f"{server.url}/api/nowhere", timeout=30)
    httpx.post(f"{server.url}/api/auth/login", json={"email": "alice@example.org", "password": "wrong"}, timeout=30)
    server.stop()
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    events = [line["event"] for line in lines]
    assert events.count("request") == 2
    assert "login_refused" in events
    assert "alice" not in server.log.read_text()
    assert "RATELIMIT_ENABLE" not in server.log.read_text()


def test_server_deletes_messages_whose_time_has_passed(new_server):
    server = new_server(own=True).start().wait()
    alice, bob = server.register("alice"), server.register("bob")
    headers = {"Authorization": f"Bearer {alice['access']}"}
    body = envelope(bob["user"]["email"], delete_after="2020-01-01T00:00:00Z")
    answer = httpx.post(f"{server.url}/api/messages/send", json=body, headers=headers, timeout=30)
    assert answer.status_code == 201
    server.stop()
    server.start().wait()
    deadline = time.monotonic() + 60
    while not (
        events := httpx.get(f"{server.url}/api/messages/sync", headers=headers, timeout=30).json()["events"]
    ) or (events[0]["type"] != "message_deleted"):
        assert time.monotonic() < deadline, events
        time.sleep(0.1)
    repeat = httpx.post(f"{server.url}/api/messages/send", json=body, headers=headers, timeout=30)
    assert repeat.json()["code"] == "message_deleted"
    assert server.stop() == 0
