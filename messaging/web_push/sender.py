"""Wakes the browsers of people who got a message: a task of each server process, for which no sender waits.

A person is woken at most once a round, so a flood of messages is one request in PAUSE_SECONDS.
"""

import asyncio
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from channels.db import database_sync_to_async

from messaging.web_push.requests import wake_request
from messaging.web_push.subscriptions import PushSubscription, host_of, is_push_service
from vibechat.core.logs import log_event

PAUSE_SECONDS = 3
ROUND_SECONDS = 30  # what is not sent by then is dropped
SOCKET_SECONDS = 5
AT_ONCE = 8
MOST_WAITING = 10_000  # people
GONE = (404, 410)

waiting: set[int] = set()  # user ids; only a process with a PushSender fills it
senders: list["PushSender"] = []


def notify(user_id: int) -> None:
    """May be called from any thread."""
    if senders and len(waiting) < MOST_WAITING:
        waiting.add(user_id)


def subscriptions_of(user_ids: Iterable[int]) -> list[PushSubscription]:
    return list(PushSubscription.objects.live().filter(user__in=user_ids))


def wake(subscription: PushSubscription) -> int:
    """One request; returns the status, 0 if there is none. A browser that has unsubscribed is forgotten."""
    status = 0
    try:
        status = post(subscription)
    except (OSError, http.client.HTTPException, ValueError) as error:
        log_event("web_push_failed", reason=type(error).__name__)
    else:
        if status >= 300 and status not in GONE:
            log_event("web_push_refused", status=status)
    if status in GONE:
        PushSubscription.objects.filter(pk=subscription.pk).delete()
    return status


def post(subscription: PushSubscription) -> int:
    """Raises OSError, HTTPException, ValueError. A redirect is a status like any other: http.client follows none."""
    host = host_of(subscription.endpoint)
    if not is_push_service(host):  # PUSH_HOSTS may have changed
        raise ValueError("not a push service")
    body, headers = wake_request(host, subscription.p256dh, subscription.auth)
    connection = connect(host)
    try:
        connection.request("POST", subscription.endpoint.removeprefix(f"https://{host}"), body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def connect(host: str) -> http.client.HTTPConnection:
    """Connected to a public address that has been checked, so that no second look-up can name another one."""
    address = public_address(host)
    connection = http.client.HTTPSConnection(host, timeout=SOCKET_SECONDS)
    plain = socket.create_connection((address, 443), SOCKET_SECONDS)
    try:
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
    return connection


def public_address(host: str) -> str:
    """Raises ValueError if one of the host's addresses is not public."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]
    if not all(ipaddress.ip_address(address).is_global for address in found):
        raise ValueError("a private address")
    return found[0]


class PushSender:
    """Of a server process."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="web-push")
        self.task: asyncio.Task | None = None

    def start(self) -> None:
        senders.append(self)
        self.task = asyncio.get_running_loop().create_task(self.run())

    async def run(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            if waiting:
                try:
                    await self.round()
                except Exception as error:  # the database is away, or the round took too long
                    log_event("web_push_failed", reason=type(error).__name__)

    async def round(self) -> None:
        people = set(waiting)
        waiting.difference_update(people)
        subscriptions = await self.in_thread(subscriptions_of)(people)
        async with asyncio.timeout(ROUND_SECONDS):
            await asyncio.gather(*(self.in_thread(wake)(subscription) for subscription in subscriptions))

    def in_thread(self, call: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        return database_sync_to_async(call, thread_sensitive=False, executor=self.threads)

    def stop(self) -> None:
        senders.remove(self)
        if self.task is not None:
            self.task.cancel()
        self.threads.shutdown(wait=False, cancel_futures=True)
