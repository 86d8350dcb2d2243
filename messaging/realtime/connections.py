"""The sockets of this process: pushes to them, and a periodic check against the database.

Every SOCKET_CHECK_SECONDS one check serves all sockets. It closes sockets whose session is over, and sends `resync` to
sockets that are behind their mailbox. While pushes are lost, the check runs more often.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from accounts.models import Session
from messaging.mailboxes import Mailbox
from messaging.realtime import dispatcher
from messaging.realtime.payloads import Push
from vibechat.core.database_alarm import alarm
from vibechat.core.limits import socket_places

P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)
SESSION_OVER = 4401
DATABASE_THREADS = 8
GRACE_SECONDS = 2  # a push may still arrive
LOST_CHECK_SECONDS = 2
FAREWELL_SECONDS = 5


threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="socket")


def in_thread(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Run in a small pool of threads. Channels' default is one thread, where one lock wait would stop every push."""
    return database_sync_to_async(function, thread_sensitive=False, executor=threads)


class Socket(Protocol):
    """The interface of a socket; `user` and `session` are set when it has signed in."""

    name: str
    user: Any
    session: Any
    last_pushed: int
    closing: bool

    def push(self, push: Push) -> None: ...

    def resync(self) -> None: ...

    def begin_end(self, code: int, reason: str) -> None: ...

    async def finish(self) -> None: ...


class Connections:
    def __init__(self) -> None:
        self.open: set[Socket] = set()  # includes sockets that have not signed in
        self.by_user: dict[int, set[Socket]] = {}
        # None until the first socket is added.
        self.loop: asyncio.AbstractEventLoop = None  # type: ignore[assignment]
        self.dispatcher: dispatcher.PushDispatcher = None  # type: ignore[assignment]
        # The event loop itself holds tasks only weakly.
        self.task: asyncio.Task[None] | None = None
        self.rejoining: asyncio.Task[None] | None = None

    async def add(self, socket: Socket) -> bool:
        """Begin to push to the socket. False if the person has SOCKETS_PER_USER sockets already, in all processes."""
        self.watch()
        user_id = socket.user.pk
        theirs = self.by_user.setdefault(user_id, set())
        theirs.add(socket)
        if len(theirs) > settings.SOCKETS_PER_USER or not await socket_places.take(user_id, socket.name):
            await self.discard(socket)
            return False
        await self.dispatcher.join(user_id)
        return True

    async def discard(self, socket: Socket) -> None:
        user_id = socket.user.pk
        theirs = self.by_user.get(user_id, set())
        theirs.discard(socket)
        if not theirs and self.by_user.pop(user_id, None) is not None:
            await self.dispatcher.leave(user_id)
        await socket_places.free(user_id, socket.name)

    async def close_all(self) -> None:
        """At the server's shutdown: each socket answers its current frame, then closes."""
        ending = [asyncio.ensure_future(socket.finish()) for socket in list(self.open)]
        if ending:
            await asyncio.wait(ending, timeout=FAREWELL_SECONDS)

    def all(self) -> list[Socket]:
        return [socket for theirs in self.by_user.values() for socket in theirs]

    def watch(self) -> None:
        """Start the listener and the periodic check, once for each event loop."""
        loop = asyncio.get_running_loop()
        if self.loop is not loop:
            self.loop, self.by_user, self.dispatcher = loop, {}, dispatcher.attach()
            self.dispatcher.listen(self.push, self.resync, self.start_rejoining)
            self.task = loop.create_task(self.check_forever())

    def push(self, push: Push) -> None:
        for socket in self.by_user.get(push.user_id, ()):
            socket.push(push)

    def resync(self, user_id: int) -> None:
        """Pushes to this person, or to EVERYBODY, were lost."""
        for socket in self.all() if user_id == dispatcher.EVERYBODY else self.by_user.get(user_id, ()):
            socket.resync()

    # --- the periodic check ---

    async def check_forever(self) -> None:
        while True:
            await self.wait()
            try:
                await self.check()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("socket_check_failed", extra={"reason": type(error).__name__})
                alarm.note(error)
            except Exception:
                logger.exception("socket_check_failed")

    async def wait(self) -> None:
        due = self.loop.time() + settings.SOCKET_CHECK_SECONDS
        while (left := due - self.loop.time()) > 0 and not self.dispatcher.is_lossy:
            await asyncio.sleep(min(left, LOST_CHECK_SECONDS))
        if self.dispatcher.is_lossy:
            await asyncio.sleep(min(LOST_CHECK_SECONDS, settings.SOCKET_CHECK_SECONDS))

    async def check(self) -> None:
        checked = [socket for socket in self.all() if not socket.closing]
        if not checked:
            return
        live, sequences = await in_thread(read_state)(
            {socket.session.pk for socket in checked}, {socket.user.pk for socket in checked}
        )
        for socket in checked:
            if socket.session.pk not in live:
                socket.begin_end(SESSION_OVER, "session_over")
        await socket_places.keep([(socket.user.pk, socket.name) for socket in checked])
        await self.join_all()
        await asyncio.sleep(GRACE_SECONDS)
        for socket in checked:
            last = sequences.get(socket.user.pk, 0)
            if socket.last_pushed < last:
                socket.last_pushed = last
                socket.resync()

    async def join_all(self) -> bool:
        """Repeat every join, since a layer may forget a membership and an earlier join may have failed. After a failure
        the dispatcher calls `rejoin` again."""
        for user_id in list(self.by_user):
            if user_id not in self.by_user:
                continue
            if not await self.dispatcher.join(user_id):
                return False
            if user_id not in self.by_user:  # the last socket has closed during the join
                await self.dispatcher.leave(user_id)
        return True

    def start_rejoining(self) -> None:
        self.rejoining = self.loop.create_task(self.rejoin())

    async def rejoin(self) -> None:
        if await self.join_all():
            self.resync(dispatcher.EVERYBODY)


def read_state(session_ids: set[UUID], user_ids: set[int]) -> tuple[set[UUID], dict[int, int]]:
    """(ids of the live sessions, {user id: last sequence}): two queries for all sockets."""
    live = set(Session.objects.live().filter(pk__in=session_ids).values_list("pk", flat=True))
    return live, dict(Mailbox.objects.filter(pk__in=user_ids).values_list("pk", "sequence"))


connections = Connections()
