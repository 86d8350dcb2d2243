"""The counters of the rate limits, in Redis for all processes; during an outage of Redis, in each process."""

import asyncio
import functools
import logging
import threading
import time
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import redis
import redis.asyncio
from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from redis.backoff import NoBackoff
from redis.retry import Retry

from vibechat.core.logs import log_event

T = TypeVar("T")
TIMEOUT_SECONDS = 0.3
RETRY_SECONDS = 5
LOCAL_ENTRIES = 100_000


@functools.cache
def redis_client(url: str) -> redis.Redis:
    """One pool for the process, since Django makes a cache object for each thread. One immediate retry covers
    connections that a restart of Redis has closed."""
    return redis.Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


def async_redis_client() -> redis.asyncio.Redis:
    """One pool for each event loop."""
    loop = asyncio.get_running_loop()
    if loop not in async_clients:
        async_clients[loop] = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
    return async_clients[loop]


async_clients: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


class Outage:
    """Remembers an outage of Redis: only one caller per RETRY_SECONDS tries Redis, the others use local counters."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.try_again_at: float | None = None

    def call(self, remote: Callable[[], T], local: Callable[[], T]) -> T:
        if not self.may_try():
            return local()
        try:
            answer = remote()
        except (redis.RedisError, OSError) as error:
            self.began(error)
            return local()
        self.ended()
        return answer

    async def call_async(self, remote: Callable[[], Awaitable[T]], local: Callable[[], T]) -> T:
        if not self.may_try():
            return local()
        try:
            answer = await remote()
        except (redis.RedisError, OSError) as error:
            self.began(error)
            return local()
        self.ended()
        return answer

    def may_try(self) -> bool:
        with self.lock:
            if self.try_again_at is None:
                return True
            if time.monotonic() < self.try_again_at:
                return False
            self.try_again_at = time.monotonic() + RETRY_SECONDS
            return True

    def began(self, error: Exception) -> None:
        with self.lock:
            is_new, self.try_again_at = self.try_again_at is None, time.monotonic() + RETRY_SECONDS
        if is_new:
            log_event("redis_away", logging.ERROR, error, limits="local")

    def ended(self) -> None:
        if self.try_again_at is None:
            return
        with self.lock:
            was_away, self.try_again_at = self.try_again_at is not None, None
        if was_away:
            log_event("redis_back", limits="shared")


outage = Outage()


class RateLimitCache(BaseCache):
    """The cache methods that django-ratelimit calls. LOCATION is the URL of Redis, or empty."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.local = LocMemCache("ratelimit", {"OPTIONS": {"MAX_ENTRIES": LOCAL_ENTRIES}})
        # redis-py's type hints are unions of its sync and async clients.
        self.redis: Any = redis_client(location) if location else None

    def shared_or_local(self, remote: Callable[[], T], local: Callable[[], T]) -> T:
        return outage.call(remote, local) if self.redis else local()

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return self.shared_or_local(
            lambda: bool(self.redis.set(key, value, nx=True, ex=seconds)),
            lambda: self.local.add(key, value, timeout),
        )

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return self.shared_or_local(lambda: self.increment(key, delta), lambda: self.increment_locally(key, delta))

    def increment(self, key: str, delta: int) -> int:
        count = self.redis.incr(key, delta)
        if count == delta:  # the key has expired since `add`
            self.redis.expire(key, self.default_timeout)
        return count

    def increment_locally(self, key: str, delta: int) -> int:
        """The key may be missing, if the outage began after `add`."""
        self.local.add(key, 0)
        return self.local.incr(key, delta)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.shared_or_local(lambda: self.read(key, default), lambda: self.local.get(key, default))

    def read(self, key: str, default: Any) -> Any:
        value = self.redis.get(key)
        return default if value is None else int(value)

    def clear(self) -> None:
        """Clears the local counters only: Redis is shared, and its counters expire."""
        self.local.clear()
