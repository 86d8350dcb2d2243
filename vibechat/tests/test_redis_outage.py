"""Rate limits during an outage of Redis: local counters, without errors or long waits."""

import signal
import time

import pytest

from tests.support.service_fixtures import started
from tools.provision.redis import Redis
from vibechat.core import limits, rate_limit_cache
from vibechat.core.limits import SendBucket
from vibechat.core.rate_limit_cache import Outage, RateLimitCache, redis_client

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def server():
    yield from started(Redis)


@pytest.fixture
def redis_server(server, settings, monkeypatch):
    if not server.answers():
        server.start()
    redis_client(server.url).flushdb()
    settings.REDIS_URL, settings.RATELIMIT_ENABLE = server.url, True
    settings.SEND_LIMITS = {"account": (0.001, 2), "address": (0.001, 100)}
    outage = Outage()
    monkeypatch.setattr(rate_limit_cache, "outage", outage)
    monkeypatch.setattr(limits, "outage", outage)
    return server


def events(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "vibechat"]


def test_it_works(redis_server):
    one, other = RateLimitCache(redis_server.url, {}), RateLimitCache(redis_server.url, {})
    assert (one.add("count", 1, 60), other.add("count", 1, 60)) == (True, False)
    assert (other.incr("count"), one.get("count")) == (2, 2)
    assert 0 < redis_client(redis_server.url).ttl("count") <= 60


def test_sends_are_counted_for_all_processes(redis_server):
    one, other = SendBucket(), SendBucket()
    waits = [one.take(1, None), other.take(1, None), one.take(1, None)]
    assert (waits[:2], waits[2] > 900) == ([0, 0], True)


def test_buckets_expire_in_redis(redis_server):
    SendBucket().take(1, "192.0.2.1")
    client = redis_client(redis_server.url)
    assert {client.ttl(key) > 0 for key in client.keys("vibechat:send:*")} == {True}


def test_redis_stores_no_plain_addresses(redis_server, rf, settings):
    settings.CACHES = settings.CACHES | {"ratelimit": settings.CACHES["ratelimit"] | {"LOCATION": redis_server.url}}
    request = rf.post("/admin/login/", {"username": "alice@example.org"}, REMOTE_ADDR="203.0.113.7")
    for by in settings.RATE_LIMITS["admin_login"]:
        limits.seconds_over_limit(request, "admin_login", by)
    keys = b" ".join(redis_client(redis_server.url).keys())
    assert keys.count(b"vibechat:limit:") == len(settings.RATE_LIMITS["admin_login"]) == 3
    assert b"alice" not in keys
    assert b"203.0.113.7" not in keys


def test_recreated_counter_has_an_expiry(redis_server):
    RateLimitCache(redis_server.url, {}).incr("count")
    assert redis_client(redis_server.url).ttl("count") > 0


def test_outage_uses_local_counters(redis_server, caplog):
    shared, bucket = RateLimitCache(redis_server.url, {}), SendBucket()
    redis_server.stop()
    started = time.monotonic()
    assert (shared.add("count", 1, 60), shared.incr("count"), shared.get("count")) == (True, 2, 2)
    assert [bucket.take(1, None) > 0 for _ in range(3)] == [False, False, True]
    assert time.monotonic() - started < 1.5
    assert events(caplog) == ["redis_away"]


async def test_outage_does_not_block_an_event_loop(redis_server, caplog):
    bucket = SendBucket()
    redis_server.stop()
    started = time.monotonic()
    assert [await bucket.take_async(1, None) > 0 for _ in range(3)] == [False, False, True]
    assert time.monotonic() - started < 1.5
    assert events(caplog) == ["redis_away"]


def test_recovery_is_logged_once(redis_server, caplog, monkeypatch):
    monkeypatch.setattr(rate_limit_cache, "RETRY_SECONDS", 0)
    shared = RateLimitCache(redis_server.url, {})
    redis_server.stop()
    shared.add("away", 1, 60)
    redis_server.start()
    shared.add("back", 1, 60)
    shared.add("again", 1, 60)
    assert events(caplog) == ["redis_away", "redis_back"]
    assert redis_client(redis_server.url).exists("back", "again") == 2


def test_only_one_caller_waits_while_redis_is_away(monkeypatch):
    now, outage = [100.0], Outage()
    monkeypatch.setattr(rate_limit_cache.time, "monotonic", lambda: now[0])
    outage.began(OSError())
    assert not outage.may_try()
    now[0] += rate_limit_cache.RETRY_SECONDS
    assert [outage.may_try() for _ in range(3)] == [True, False, False]


def test_hanging_redis_is_an_outage(redis_server):
    """A Redis stopped by a signal accepts connections and does not answer."""
    bucket = SendBucket()
    bucket.take(1, None)
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert bucket.take(2, None) == 0
        assert time.monotonic() - started < 1.5
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
