"""A real server during outages of PostgreSQL or Redis: 503 where it needs them, no other 5xx, then recovery."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import httpx
import psycopg
import pytest

from tests.support.collected import lay_static
from tests.support.service_fixtures import started
from tools.provision.postgres import Postgres
from tools.provision.processes import spawn, wait_until
from tools.provision.redis import Redis
from vibechat.tests.conftest import RunningServer

pytestmark = pytest.mark.once
LOGIN = {"email": "alice@example.org", "password": "correct horse battery"}


@pytest.fixture(scope="module")
def postgres():
    yield from started(Postgres)


@pytest.fixture(scope="module")
def redis():
    yield from started(Redis)


@pytest.fixture(scope="module")
def started_server(tmp_path_factory, postgres, redis):
    folder = tmp_path_factory.mktemp("outages")
    lay_static(folder / "var")
    variables = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "RATELIMIT_ENABLE": "True"}
    server = RunningServer(folder, **variables).start().wait()
    yield server
    server.stop(signal.SIGKILL)


@pytest.fixture
def server(started_server):
    """The shared server, in order, with an empty log."""
    assert comes_back(started_server)
    os.truncate(started_server.log, 0)
    return started_server


def is_ready(server) -> bool:
    return httpx.get(f"{server.url}/api/health/ready", timeout=20).status_code == 200


def comes_back(server) -> bool:
    return within_seconds(30, lambda: is_ready(server))


def ask(server, method, path, options):
    return httpx.request(method, server.url + path, timeout=30, **options)


def test_database_outage_is_503(server, postgres):
    token = {"Authorization": f"Bearer {server.register('alice')['access']}"}
    cookie = admin_cookie(server)
    postgres.stop()
    calls = [
        ("GET", "/api/auth/me", {"headers": token}),
        ("POST", "/api/auth/login", {"json": LOGIN}),
        ("GET", "/api/messages/sync", {"headers": token}),
        ("GET", "/admin/", {"headers": {"Cookie": f"{cookie}={'x' * 32}", "Accept": "text/html"}}),
        ("GET", "/api/health/ready", {}),
    ]
    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(lambda call: ask(server, *call), calls))
    assert [answer.status_code for answer in answers] == [503] * len(calls)
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert {answer.json()["code"] for answer in answers[:3]} == {"unavailable"}
    assert httpx.get(f"{server.url}/api/health/live").status_code == 200
    assert httpx.get(f"{server.url}/chat", headers={"Accept": "text/html"}).status_code == 200
    assert len(away_reasons(server)) == 1, "one line, however many calls fail"
    restart(postgres)
    assert comes_back(server)
    assert "database_back" in server.log.read_text()
    assert httpx.get(f"{server.url}/api/auth/me", headers=token, timeout=20).status_code == 200


def test_read_only_database_is_503(server, postgres):
    set_read_only(postgres, "on")
    assert goes_away(server)
    assert away_reasons(server) == ["read_only"]
    set_read_only(postgres, "off")
    assert comes_back(server)
    assert "database_back" in server.log.read_text()


def set_read_only(postgres, value):
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        connection.execute("SELECT pg_reload_conf()")


def test_frozen_database_is_logged_without_a_request(server, postgres):
    frozen = [postgres.process, *children(postgres.process)]
    for process in frozen:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        assert within_seconds(30, lambda: away_reasons(server) == ["no_answer"])
    finally:
        for process in frozen:
            os.kill(process.pid, signal.SIGCONT)
    assert within_seconds(30, lambda: "database_back" in server.log.read_text())


def children(process):
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [SimpleNamespace(pid=int(pid)) for pid in listed]


def away_reasons(server) -> list[str]:
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [line["reason"] for line in lines if line["event"] == "database_away"]


def goes_away(server) -> bool:
    return within_seconds(30, lambda: not is_ready(server))


def within_seconds(seconds, is_so) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True


def admin_cookie(server) -> str:
    """The name of the admin's session cookie on this server."""
    names = httpx.get(f"{server.url}/admin/login/", headers={"Accept": "text/html"}).cookies.keys()
    [deployment] = {name.rpartition("_")[2] for name in names}
    return f"vibechat_admin_{deployment}"


def restart(postgres):
    postgres.process = spawn(postgres.process.args, postgres.folder, postgres.log)
    wait_until(postgres.answers, postgres.process, "PostgreSQL", postgres.log)


def test_redis_outage_fails_only_the_readiness_check(server, redis):
    token = {"Authorization": f"Bearer {server.register('alice')['access']}"}
    redis.stop()
    answer = httpx.get(f"{server.url}/api/health/ready", timeout=20)
    assert (answer.status_code, answer.json()["checks"]) == (503, {"database": "ok", "channel_layer": "unavailable"})
    assert httpx.post(f"{server.url}/api/auth/login", json=LOGIN, timeout=20).status_code == 401
    assert httpx.get(f"{server.url}/api/auth/me", headers=token, timeout=20).status_code == 200
    assert "redis_away" in server.log.read_text()
    redis.start()
    assert comes_back(server)
