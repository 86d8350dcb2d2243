"""The sockets of this process, and the look at the database that nothing of theirs depends on the channel layer for.

Every SOCKET_CHECK_SECONDS one look for all of them: sockets whose session is over are closed, and those that are behind
their mailbox are told to `resync`. Pushes only make it quick.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError

from accounts.models import Session
from messaging import events
from messaging.mailboxes import Mailbox
from vibechat.limits import socket_places

logger = logging.getLogger(__name__)
SESSION_OVER = 4401
DATABASE_THREADS = 8
GRACE_SECONDS = 2  # a push that is under way is no lost one


threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="socket")


def in_thread(function):
    """A few threads for all sockets: by default one would serve them all, and one lock wait would stop every push."""
    return database_sync_to_async(function, thread_sensitive=False, executor=threads)


class Sockets:
    def __init__(self):
        self.by_user = {}
        self.loop = None
        self.task = self.resyncing = None  # kept from the garbage collector

    async def add(self, socket, user_id) -> bool:
        """Whether the socket may stay: each person has SOCKETS_PER_USER of them, over all processes."""
        self.watch()
        if len(self.by_user.get(user_id, ())) >= settings.SOCKETS_PER_USER:
            return False
        if not await socket_places.take(user_id, socket.channel_name):
            return False
        self.by_user.setdefault(user_id, set()).add(socket)
        return True

    async def discard(self, socket):
        await socket_places.free(socket.user.pk, socket.channel_name)
        theirs = self.by_user.get(socket.user.pk, set())
        theirs.discard(socket)
        if not theirs:
            self.by_user.pop(socket.user.pk, None)

    def all(self):
        return [socket for theirs in self.by_user.values() for socket in theirs]

    def watch(self):
        """Begin to look, once an event loop; and let pushes of this process go through that loop."""
        loop = asyncio.get_running_loop()
        publisher = events.attach()
        publisher.on_healed = self.begin_resync
        if self.loop is not loop:
            self.loop, self.by_user = loop, {}
            self.task = loop.create_task(self.look_for_ever())

    async def look_for_ever(self):
        while True:
            await asyncio.sleep(settings.SOCKET_CHECK_SECONDS)
            try:
                await self.look()
            except DatabaseError as error:
                logger.warning("socket_check_failed", extra={"reason": type(error).__name__})
            except Exception:
                logger.exception("socket_check_failed")

    async def look(self):
        looked_at = self.all()
        if not looked_at:
            return
        live, counters = await in_thread(read_state)(
            {socket.session.pk for socket in looked_at}, {socket.user.pk for socket in looked_at}
        )
        for socket in looked_at:
            if socket.session.pk not in live:
                await socket.end(SESSION_OVER, "session_over")
                continue
            await socket_places.take(socket.user.pk, socket.channel_name)
            if not socket.joined:
                await socket.join_group()
        await asyncio.sleep(GRACE_SECONDS)
        for socket in looked_at:
            counter = counters.get(socket.user.pk, 0)
            if socket.pushed < counter:
                socket.pushed = counter
                await socket.resync()

    def begin_resync(self):
        self.resyncing = self.loop.create_task(self.resync_all())

    async def resync_all(self):
        for socket in self.all():
            await socket.resync()


def read_state(session_ids, user_ids):
    """(ids of the sessions that still hold, {user id: mailbox counter}): two queries for all sockets."""
    live = set(Session.objects.live().filter(pk__in=session_ids).values_list("pk", flat=True))
    return live, dict(Mailbox.objects.filter(pk__in=user_ids).values_list("pk", "sequence"))


sockets = Sockets()
