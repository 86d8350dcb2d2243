"""Frames that wait to be sent to one socket."""

import asyncio
import collections
from collections.abc import Awaitable, Callable

from django.conf import settings

from vibechat.core.logs import security_event

RESYNC = '{"type": "resync"}'


class SendBuffer:
    """Sends frames in order, and buffers at most SOCKET_UNSENT_BYTES for a client that does not read.

    Further frames are dropped. When the client reads again, it gets one `resync`. `send` is a coroutine function that
    takes the text of a frame and may wait for the client.
    """

    __slots__ = ("has_dropped", "is_held", "send", "task", "waiting", "waiting_bytes")

    def __init__(self, send: Callable[[str], Awaitable[object]]) -> None:
        self.send = send
        self.waiting: collections.deque[str] | None = None
        self.waiting_bytes = 0
        self.task: asyncio.Task[None] | None = (
            None  # exists only while there are frames to send, since most sockets are idle
        )
        self.is_held = True
        self.has_dropped = False

    def put(self, text: str, is_ephemeral: bool = False) -> None:
        if self.waiting_bytes + len(text) > settings.SOCKET_UNSENT_BYTES:
            if not is_ephemeral:
                self.drop()
            return
        if self.waiting is None:
            self.waiting = collections.deque()
        self.waiting.append(text)
        self.waiting_bytes += len(text)
        self.start()

    def drop(self) -> None:
        if not self.has_dropped:
            security_event("socket_unsent_limited")
        self.has_dropped = True

    def release(self) -> None:
        """Send the buffered frames; called after `connected`."""
        self.is_held = False
        self.start()

    def start(self) -> None:
        if self.waiting and self.task is None and not self.is_held:
            self.task = asyncio.get_running_loop().create_task(self.run())

    async def run(self) -> None:
        try:
            while self.waiting:
                text = self.waiting.popleft()
                self.waiting_bytes -= len(text)
                await self.send(text)
                if self.has_dropped and not self.waiting:
                    self.has_dropped = False
                    await self.send(RESYNC)
        except OSError:
            self.is_held = True  # the client has disconnected
        finally:
            self.task = self.waiting = None
            self.waiting_bytes = 0

    def close(self) -> None:
        if self.task:
            self.task.cancel()
        self.waiting, self.waiting_bytes, self.is_held = None, 0, True
