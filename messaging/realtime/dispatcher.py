"""Carries pushes from a commit to the sockets of all processes. Only this file uses the channel layer.

A push is sent after the commit. If it is lost, the client calls `sync`; the send does not fail.

Each process has one channel, which joins the group of every person with a socket in this process. A push names its
user. So the layer carries a push once for each process, and an idle socket costs it nothing.
"""

import asyncio
import collections
import contextlib
import itertools
import logging
from collections.abc import Callable
from functools import partial

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from messaging.realtime.payloads import Push
from messaging.realtime.send_buffer import RESYNC
from vibechat.core.asgi_types import Application, Receive, Scope, Send

logger = logging.getLogger(__name__)
QUEUE_BYTES = 32 * 1024 * 1024
PUSH_SECONDS = 2
PUSHES_AT_ONCE = 100
HEARTBEAT_SECONDS = 1
SILENT_SECONDS = 3
RECONNECT_SECONDS = 30
LOST_PEOPLE = 10_000
PEOPLE_CHANGED = '{"type": "people_changed"}'
EVERYBODY = 0  # no user has this id


def group(user_id: int) -> str:
    return f"user_{user_id}"


def after_commit(pushes: list[Push]) -> None:
    transaction.on_commit(partial(publish, pushes), robust=True)


def resync_after_commit(user_id: int) -> None:
    """For a change outside the mailbox: the person's browsers load their state again."""
    after_commit([Push(user_id, 0, RESYNC)])


def people_changed_after_commit(user_id: int) -> None:
    """For a change of contacts or blocks: the person's browsers ask for both again."""
    after_commit([Push(user_id, 0, PEOPLE_CHANGED)])


def publish(pushes: list[Push]) -> None:
    """May be called from any thread. In a process without a server (a command), it sends to the layer directly."""
    current = PushDispatcher.current
    if current is not None and current.loop is running_loop():
        current.enqueue(pushes)  # without waking the loop, which takes three system calls
        return
    if current is not None and current.loop.is_running():
        current.loop.call_soon_threadsafe(current.enqueue, pushes)
        return
    try:
        async_to_sync(send_to_layer)(pushes)
    except Exception as error:
        logger.error("push_failed", extra={"reason": type(error).__name__})


def running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def send_to_layer(pushes: list[Push]) -> None:
    messages = [(group(push.user_id), {"type": "push", **push._asdict()}) for push in pushes]
    async with asyncio.timeout(PUSH_SECONDS):
        await get_channel_layer().group_send_many(messages)


# --- the dispatcher, on one event loop -------------------------------------------------------------------------------


class PushDispatcher:
    """Sends pushes to the channel layer in the order of their commits, and receives pushes for the sockets here.

    No sender waits for it. It remembers people whose pushes could not be sent; when the layer works again, all their
    sockets get `resync`. A layer reports neither dropped messages nor lost connections, so this process sends
    heartbeats to itself through it.
    """

    current: "PushDispatcher | None" = None

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: collections.deque[Push] = collections.deque()
        self.waiting_bytes = 0
        self.has_waiting = asyncio.Event()
        self.lost: set[int] = set()  # user ids, or EVERYBODY if they are too many
        self.sending = loop.create_task(self.send_waiting())

    @property
    def is_lossy(self) -> bool:
        return self.is_deaf or bool(self.lost)

    # --- sending ---

    def enqueue(self, pushes: list[Push]) -> None:
        for push in pushes:
            if self.waiting_bytes + len(push.text) > QUEUE_BYTES:
                self.mark_lost([push], "the queue is full")
                continue
            self.waiting.append(push)
            self.waiting_bytes += len(push.text)
            self.has_waiting.set()

    async def send_waiting(self) -> None:
        while True:
            await self.has_waiting.wait()
            pushes = list(itertools.islice(self.waiting, PUSHES_AT_ONCE))
            try:
                await send_to_layer(pushes)
            except Exception as error:  # no error may reach the sender, whose message is committed
                self.mark_lost(pushes, type(error).__name__)
            else:
                await self.announce_lost()
            self.dequeue(pushes)

    def dequeue(self, pushes: list[Push]) -> None:
        for push in pushes:
            self.waiting.popleft()
            self.waiting_bytes -= len(push.text)
        if not self.waiting:
            self.has_waiting.clear()

    async def flush(self, seconds: float) -> None:
        """Wait until all pushes are sent, at most `seconds`. For the end of the process."""
        deadline = self.loop.time() + seconds
        while self.waiting and self.loop.time() < deadline:
            await asyncio.sleep(0.01)

    def mark_lost(self, pushes: list[Push], reason: str) -> None:
        pushes = [push for push in pushes if not push.is_ephemeral]
        if pushes and not self.lost:
            logger.error("push_failed", extra={"reason": reason})
        self.lost.update(push.user_id for push in pushes)
        if len(self.lost) > LOST_PEOPLE:
            self.lost = {EVERYBODY}

    async def announce_lost(self) -> None:
        if not self.lost:
            return
        told, self.lost = self.lost, set()
        messages = [(group(user_id), {"type": "lost", "user_id": user_id}) for user_id in told]
        try:
            async with asyncio.timeout(PUSH_SECONDS):
                await get_channel_layer().group_send_many(messages)
        except Exception:
            self.lost |= told
        else:
            logger.warning("push_healed", extra={"people": len(told)})

    # --- receiving, for the sockets of this process ---

    channel = None
    listening: asyncio.Task[None]
    heartbeat_task: asyncio.Task[None]
    is_deaf = False
    beats = deaf_since = 0

    def listen(
        self, on_push: Callable[[Push], object], on_lost: Callable[[int], object], on_healed: Callable[[], object]
    ) -> None:
        """Call `on_push` for pushes to people who have joined, `on_lost` with the user id of lost pushes, and
        `on_healed` when pushes to anybody may have been lost."""
        self.on_push, self.on_lost, self.on_healed = on_push, on_lost, on_healed
        self.has_channel = asyncio.Event()
        self.heard_at = self.loop.time()
        self.listening = self.loop.create_task(self.receive_forever())
        self.heartbeat_task = self.loop.create_task(self.send_heartbeats())

    async def receive_forever(self) -> None:
        while True:
            try:
                await self.receive_all()
            except Exception as error:
                self.mark_deaf(type(error).__name__)
                await asyncio.sleep(1)

    async def receive_all(self) -> None:
        layer = get_channel_layer()
        if self.channel is None:
            channel = await layer.new_channel("pushes.")
            await layer.group_add(group(EVERYBODY), channel)
            self.channel = channel
            self.has_channel.set()
        while True:
            event = await layer.receive(self.channel)
            if event["type"] == "push":
                self.on_push(Push(event["user_id"], event["sequence"], event["text"], event.get("is_ephemeral", False)))
            elif event["type"] == "lost":
                self.on_lost(event["user_id"])
            else:
                self.note_heartbeat(event["number"])

    def note_heartbeat(self, number: int) -> None:
        self.heard_at = self.loop.time()
        if self.is_deaf and number > self.deaf_since:
            logger.warning("pushes_heard_again")
            self.is_deaf = False
            self.on_healed()

    def mark_deaf(self, reason: str) -> None:
        if not self.is_deaf:
            logger.error("pushes_not_heard", extra={"reason": reason})
        self.is_deaf, self.deaf_since = True, self.beats

    async def send_heartbeats(self) -> None:
        while True:
            self.beats += 1
            try:
                async with asyncio.timeout(PUSH_SECONDS):
                    await self.has_channel.wait()
                    await get_channel_layer().send(self.channel, {"type": "beat", "number": self.beats})
            except Exception as error:
                self.mark_deaf(type(error).__name__)
            else:
                await self.announce_lost()
            await asyncio.sleep(HEARTBEAT_SECONDS)
            silent_seconds = self.loop.time() - self.heard_at
            if silent_seconds > SILENT_SECONDS and not self.is_deaf:
                self.mark_deaf("no beat is heard")
            if silent_seconds > RECONNECT_SECONDS:
                await self.reconnect()

    async def reconnect(self) -> None:
        """Opens new connections, because a dead one that was never closed reports no error."""
        self.heard_at = self.loop.time()
        self.listening.cancel()
        self.has_channel.clear()
        self.channel = None
        with contextlib.suppress(Exception):
            async with asyncio.timeout(PUSH_SECONDS):
                await get_channel_layer().reconnect()
        self.listening = self.loop.create_task(self.receive_forever())

    async def join(self, user_id: int) -> bool:
        """Returns whether the join succeeded. It may be repeated, because a layer may forget a membership."""
        try:
            async with asyncio.timeout(PUSH_SECONDS):
                await self.has_channel.wait()
                await get_channel_layer().group_add(group(user_id), self.channel)
        except Exception as error:
            self.mark_deaf(type(error).__name__)
            return False
        return True

    async def leave(self, user_id: int) -> None:
        """A failure does no harm: pushes to people without a socket here are ignored."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(PUSH_SECONDS):
                await get_channel_layer().group_discard(group(user_id), self.channel)


def attach() -> PushDispatcher:
    """Use the running event loop for the pushes of this process."""
    loop = asyncio.get_running_loop()
    if PushDispatcher.current is None or PushDispatcher.current.loop is not loop:
        PushDispatcher.current = PushDispatcher(loop)
    return PushDispatcher.current


async def flush(seconds: float) -> None:
    if PushDispatcher.current is not None:
        await PushDispatcher.current.flush(seconds)


class DispatcherMiddleware:
    """ASGI middleware that attaches the dispatcher to the event loop of the first request."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        attach()
        return await self.inner(scope, receive, send)
