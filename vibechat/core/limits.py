"""Rate limits: fixed windows for requests (django-ratelimit), token buckets for sends and frames."""

import ipaddress
import math
import threading
import time
import unicodedata
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from django_ratelimit.core import get_usage
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from vibechat.core.logs import security_event
from vibechat.core.rate_limit_cache import async_redis_client, outage, redis_client

# --- keys of the counters --------------------------------------------------------------------------------------------


def address_group(address: str | None) -> str:
    """The network of one customer: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)


def by_address(request: Any) -> str:
    return address_group(request.META.get("REMOTE_ADDR"))


def by_account(request: Any) -> str:
    return str(request.user.pk)


def by_email(request: Any) -> str:
    """A keyed hash of the normalized email in the body, so that Redis stores no email addresses."""
    written = submitted_email(request)[:1000]  # NFKC takes quadratic time for some texts
    written = unicodedata.normalize("NFKC", written).casefold().strip()
    written = unicodedata.normalize("NFKC", written)
    return salted_hmac("vibechat.limits", written.encode("utf-8", "surrogatepass")).hexdigest()


def by_email_and_address(request: Any) -> str:
    return f"{by_email(request)} {by_address(request)}"


def submitted_email(request: Any) -> str:
    if hasattr(request, "data"):
        email = request.data.get("email") if isinstance(request.data, dict) else None
    else:
        email = request.POST.get("username")  # the admin's log-in form
    return email if isinstance(email, str) else ""


KEYS = {
    "address": by_address,
    "account": by_account,
    "email": by_email,
    "email+address": by_email_and_address,
}

# --- fixed windows ---------------------------------------------------------------------------------------------------


def seconds_over_limit(request: Any, group: str, by: str, is_counted: bool = True) -> int:
    """0 if this request is within settings.RATE_LIMITS[group][by], else the seconds to wait. Counts it, if asked to."""
    rate = settings.RATE_LIMITS[group][by]
    usage = get_usage(request, f"{group}:{by}", key=lambda _, r: KEYS[by](r), rate=rate, increment=is_counted)
    if usage is None or not usage["should_limit"]:
        return 0
    if is_counted and usage["count"] == usage["limit"] + 1:
        security_event("rate_limited", request=request, group=group, by=by)
    return max(1, usage["time_left"])


class RateLimit(BaseThrottle):
    group: str
    by: str
    seconds = 0

    def allow_request(self, request: Any, view: APIView) -> bool:
        self.seconds = seconds_over_limit(request, self.group, self.by)
        return self.seconds == 0

    def wait(self) -> int:
        return self.seconds


def limit(group: str, by: str) -> type[RateLimit]:
    """A DRF throttle class; `by` is address, account, email (of the body) or email+address."""
    settings.RATE_LIMITS[group][by]  # a missing rate fails at import, not at a request
    return type("RateLimit", (RateLimit,), {"group": group, "by": by})


class LimitedViewSet(ViewSet):
    """`limits`: the throttles of each action, narrowest first. Checking ends at the first refusal, so an attempt that
    is refused by IP address does not count against the account it names."""

    limits: dict[str, list[type[RateLimit]]] = {}

    def check_throttles(self, request: Any) -> None:
        for throttle_class in self.limits.get(self.action, []):
            throttle = throttle_class()
            if not throttle.allow_request(request, self):
                self.throttled(request, throttle.wait())


# --- token buckets ---------------------------------------------------------------------------------------------------


class LocalBucket:
    """A token bucket for the frames of one socket: `rate` tokens a second, at most `burst`. Not thread-safe."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self.level, self.time = burst, time.monotonic()

    def refill(self) -> None:
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self.time) * self.rate)
        self.time = now

    def take(self) -> bool:
        self.refill()
        if self.level < 1:
            return False
        self.level -= 1
        return True

    def seconds_to_wait(self) -> float:
        self.refill()
        return max(0.0, (1 - self.level) / self.rate)


# {name: (tokens a second, burst)}
Buckets = dict[str, tuple[float, float]]


class LocalBuckets:
    """Thread-safe named buckets of this process. Full buckets are deleted, since a new bucket is full too."""

    MOST = 50_000

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.buckets: dict[str, LocalBucket] = {}

    def take_all(self, wanted: Buckets) -> float:
        """One token from each bucket {name: (rate, burst)}, or none and the seconds to wait."""
        with self.lock:
            self.forget_full_ones()
            buckets = [self.buckets.setdefault(name, LocalBucket(*sizes)) for name, sizes in wanted.items()]
            seconds = max(bucket.seconds_to_wait() for bucket in buckets)
            if seconds == 0:
                for bucket in buckets:
                    bucket.level -= 1
            return seconds

    def forget_full_ones(self) -> None:
        if len(self.buckets) < self.MOST:
            return
        for bucket in self.buckets.values():
            bucket.refill()
        self.buckets = {name: bucket for name, bucket in self.buckets.items() if bucket.level < bucket.burst}


# Redis supplies the time, so processes on several machines agree. A refusal takes no token.
TAKE_ALL = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local wait, levels = 0, {}
for i, key in ipairs(KEYS) do
  local rate, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local kept = redis.call('HMGET', key, 'level', 'time')
  local passed = math.max(0, now - (tonumber(kept[2]) or now))
  levels[i] = math.min(burst, (tonumber(kept[1]) or burst) + passed * rate)
  wait = math.max(wait, (1 - levels[i]) / rate)
end
if wait > 0 then return string.format('%.6f', wait) end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'level', string.format('%.6f', levels[i] - 1), 'time', string.format('%.6f', now))
  redis.call('EXPIRE', key, math.ceil(ARGV[2 * i] / ARGV[2 * i - 1]) + 1)
end
return '0'
"""


class SendBucket:
    """Limits the sends of an account and of an IP address, by POST and by socket, across all processes through
    Redis."""

    def __init__(self, group: str = "send", setting: str = "SEND_LIMITS") -> None:
        self.group, self.setting = group, setting
        self.local = LocalBuckets()
        self.reports = LocalBucket(rate=1, burst=10)

    def take(self, user_id: int, address: str | None) -> int:
        """0, or the seconds to wait, rounded up. Blocks for one round trip to Redis, so call it from a thread."""
        if not settings.RATELIMIT_ENABLE:
            return 0
        wanted = self.wanted(user_id, address)
        seconds = outage.call(lambda: self.shared(wanted), lambda: self.local.take_all(wanted))
        return self.reported(seconds, user_id, address)

    async def take_async(self, user_id: int, address: str | None) -> int:
        """The same from an event loop, without a thread."""
        if not settings.RATELIMIT_ENABLE:
            return 0
        wanted = self.wanted(user_id, address)
        seconds = await outage.call_async(lambda: self.shared_async(wanted), lambda: self.local.take_all(wanted))
        return self.reported(seconds, user_id, address)

    def take_pair(self, user_id: int, recipient_id: int) -> int:
        """The same for what one account sends to one other."""
        if not settings.RATELIMIT_ENABLE:
            return 0
        wanted = {f"vibechat:{self.group}:pair:{user_id}:{recipient_id}": getattr(settings, self.setting)["pair"]}
        seconds = outage.call(lambda: self.shared(wanted), lambda: self.local.take_all(wanted))
        return self.reported(seconds, user_id, None)

    def wanted(self, user_id: int, address: str | None) -> Buckets:
        limits = getattr(settings, self.setting)
        return {
            f"vibechat:{self.group}:account:{user_id}": limits["account"],
            f"vibechat:{self.group}:address:{address_group(address)}": limits["address"],
        }

    def reported(self, seconds: float, user_id: int, address: str | None) -> int:
        if seconds and self.reports.take():
            security_event("rate_limited", group=self.group, user=user_id, address=address)
        return math.ceil(seconds)

    def shared(self, wanted: Buckets) -> float:
        if not settings.REDIS_URL:
            return self.local.take_all(wanted)
        return float(redis_client(settings.REDIS_URL).register_script(TAKE_ALL)(list(wanted), numbers(wanted)))

    async def shared_async(self, wanted: Buckets) -> float:
        if not settings.REDIS_URL:
            return self.local.take_all(wanted)
        return float(await async_redis_client().register_script(TAKE_ALL)(list(wanted), numbers(wanted)))


def numbers(wanted: Buckets) -> list[float]:
    return [number for sizes in wanted.values() for number in sizes]


send_bucket = SendBucket()
ephemeral_bucket = SendBucket("ephemeral", "EPHEMERAL_LIMITS")

# --- places of sockets -----------------------------------------------------------------------------------------------

# A place expires after KEPT_SECONDS unless it is renewed, so the places of a process that died become free.
TAKE_PLACE = """
local now = redis.call('TIME')[1]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""
KEEP_PLACES = """
local ends = redis.call('TIME')[1] + ARGV[1]
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, ends, ARGV[i + 1])
  redis.call('EXPIRE', key, ARGV[1])
end
"""
KEPT_SECONDS = 90
PLACES_A_CALL = 500


class SocketPlaces:
    """Limits a person's open sockets across all processes; during an outage of Redis, in each process."""

    async def take(self, user_id: int, socket_name: str) -> bool:
        async def shared() -> bool:
            script = async_redis_client().register_script(TAKE_PLACE)
            return bool(await script([place_key(user_id)], [socket_name, settings.SOCKETS_PER_USER, KEPT_SECONDS]))

        return not settings.REDIS_URL or await outage.call_async(shared, lambda: True)

    async def keep(self, places: list[tuple[int, str]]) -> None:
        """Renew the places of this process: (user id, socket name)."""
        for start in range(0, len(places) if settings.REDIS_URL else 0, PLACES_A_CALL):
            part = places[start : start + PLACES_A_CALL]
            keys, names = [place_key(user_id) for user_id, _ in part], [name for _, name in part]
            script = async_redis_client().register_script(KEEP_PLACES)
            await outage.call_async(partial(script, keys, [KEPT_SECONDS, *names]), lambda: None)

    async def free(self, user_id: int, socket_name: str) -> None:
        if settings.REDIS_URL:
            shared = async_redis_client().zrem
            await outage.call_async(lambda: shared(place_key(user_id), socket_name), lambda: None)


def place_key(user_id: int) -> str:
    return f"vibechat:sockets:{user_id}"


socket_places = SocketPlaces()
