import asyncio
import threading
from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from vibechat.asgi import application
from vibechat.core import health
from vibechat.core.database_alarm import DatabaseAlarm, away_reason
from vibechat.tests.asgi import call, http_scope

LIVE, READY = "/api/health/live", "/api/health/ready"


@pytest.fixture(autouse=True)
def _no_check_is_remembered(monkeypatch):
    monkeypatch.setattr(health, "write_check", health.WriteCheck())
    monkeypatch.setattr(health, "alarm", DatabaseAlarm())


@pytest.fixture
def database_is_away(monkeypatch):
    def away():
        raise OperationalError("connection refused")

    monkeypatch.setattr(health, "select_one", away)


class Layer:
    """A channel layer that accepts messages and never delivers them."""

    async def new_channel(self, prefix):
        return prefix

    async def send(self, channel, message):
        return None

    async def receive(self, channel):
        await asyncio.Event().wait()


@pytest.mark.django_db(transaction=True)
def test_it_works(client):
    answer = client.get(READY)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"database": "ok", "channel_layer": "ok"}}


@pytest.mark.once
def test_live_does_not_use_the_database(client, database_is_away):
    assert client.get(LIVE).json() == {"status": "ok"}


@pytest.mark.django_db(transaction=True)
def test_unavailable_database_is_503(client, database_is_away):
    answer = client.get(READY)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert answer.json() == {"status": "unavailable", "checks": {"database": "unavailable", "channel_layer": "ok"}}


@pytest.fixture
def writes(monkeypatch):
    """The outcomes of the next write checks, and their count."""
    outcomes, made = [], []

    def write():
        made.append(1)
        if outcomes and (error := outcomes.pop(0)):
            raise error

    monkeypatch.setattr(health, "write_something", write)
    return outcomes, made


@pytest.mark.django_db(transaction=True)
def test_database_that_refuses_writes_is_503_until_it_accepts_them(client, writes, monkeypatch, caplog):
    outcomes, made = writes
    outcomes.append(OperationalError("database or disk is full"))
    answers = [client.get(READY) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [503] * 5
    assert answers[0].json()["checks"] == {"database": "unavailable", "channel_layer": "ok"}
    assert len(made) == 1, "the rate of writes is bounded, also of those that fail"
    monkeypatch.setattr(health.write_check, "due", 0)
    assert client.get(READY).status_code == 200
    assert [record.getMessage() for record in caplog.records if "database" in record.getMessage()] == [
        "database_away",
        "database_back",
    ]


@pytest.mark.django_db(transaction=True)
def test_many_probes_write_once(client, writes):
    _, made = writes
    assert {client.get(READY).status_code for _ in range(20)} == {200}
    assert len(made) == 1


@pytest.mark.once
def test_sqlite_on_a_full_disk_refuses_writes(monkeypatch):
    monkeypatch.setattr(health.shutil, "disk_usage", lambda path: SimpleNamespace(free=4 * 1024 * 1024))
    with pytest.raises(OperationalError) as full:
        health.write_to_sqlite()
    assert away_reason(full.value) == "disk_full"


@pytest.mark.once
def test_hanging_database_is_logged_without_a_request(monkeypatch, caplog):
    monkeypatch.setattr(health, "WATCH_TIMEOUT_SECONDS", 0.1)
    health.wait_for(Future())
    [line] = [record for record in caplog.records if record.getMessage() == "database_away"]
    assert line.reason == "no_answer"


@pytest.mark.once
def test_unnoticed_restart_is_logged(monkeypatch, caplog):
    monkeypatch.setattr(health, "starts", set())
    for moment in (1, 1, 2, 2):
        health.note_start(moment)
    [line] = [record for record in caplog.records if record.getMessage() == "database_away"]
    assert line.reason == "restarted"


@pytest.mark.django_db(transaction=True)
def test_layer_that_drops_messages_is_503(client, monkeypatch):
    monkeypatch.setattr(health, "get_channel_layer", Layer)
    monkeypatch.setattr(health, "TIMEOUT_SECONDS", 0.1)
    answer = client.get(READY)
    assert (answer.status_code, answer.json()["checks"]["channel_layer"]) == (503, "unavailable")


@pytest.mark.once
def test_hanging_database_is_503(client, monkeypatch):
    answered = threading.Event()
    monkeypatch.setattr(health, "select_one", lambda: answered.wait(60))
    monkeypatch.setattr(health, "TIMEOUT_SECONDS", 0.1)
    checks = client.get(READY).json()["checks"]
    answered.set()
    assert checks["database"] == "unavailable"


@pytest.mark.django_db(transaction=True)
async def test_probes_leave_no_channels():
    layer = health.get_channel_layer()
    before = len(layer.channels)
    for _ in range(3):
        await health.channel_layer_answers()
    assert len(layer.channels) == before


@pytest.mark.once
@pytest.mark.parametrize("path", [LIVE, READY])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_405(path, method):
    answer = await call(application, http_scope(path, method))
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]
    assert b'"method_not_allowed"' in answer.body


@pytest.mark.once
async def test_head_is_accepted():
    answer = await call(application, http_scope(LIVE, "HEAD"))
    assert answer.status == 200


@pytest.mark.once
def test_concurrent_probes_share_one_check():
    calls = []

    async def check():
        calls.append(1)
        await asyncio.sleep(0.05)

    async def crowd():
        return [await asyncio.gather(*(health.shared_answer_of(check) for _ in range(20))) for _ in range(2)]

    assert asyncio.run(crowd()) == [["ok"] * 20] * 2
    assert len(calls) == 2


@pytest.mark.once
def test_cancelled_probe_does_not_cancel_the_others():
    async def check():
        await asyncio.sleep(0.05)

    async def two():
        leaving, staying = (asyncio.ensure_future(health.shared_answer_of(check)) for _ in range(2))
        await asyncio.sleep(0.01)
        leaving.cancel()
        return await staying

    assert asyncio.run(two()) == "ok"
