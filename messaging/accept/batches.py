"""Natural batching: the one call of the database that is in flight accepts what waits.

So round trips and commits are shared as load grows, and a lone message waits for nobody. The call waits for no lock: an
item whose mailbox is busy or missing, and later ones of the same sender, are accepted singly on other connections. So
are all items of a call that fails.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from messaging.accept.outcome import Outcome
from vibechat.core.exceptions import Unavailable

MOST_TOGETHER = 64
MOST_OF_A_SENDER = 8
BYTES_TOGETHER = 1024 * 1024
MOST_WAITING = 1024
MOST_SINGLY = 3  # at once; one connection of the pool stays for the call
MOST_LOCKED = 5  # wait longer for a locked mailbox, each in a thread with a connection of Django's; more are refused


class Item(NamedTuple):
    call: dict
    future: asyncio.Future


class Batches:
    """Of one event loop. `conclude(call, outcome)` is called here, so a message is pushed though its caller is gone."""

    def __init__(self, backend: Any, conclude: Callable[[dict, Any], Any]) -> None:
        self.backend, self.conclude = backend, conclude
        self.waiting: deque[Item] = deque()
        self.turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()  # of senders with single items
        self.places = asyncio.Semaphore(MOST_SINGLY)
        self.places_of_locked = asyncio.Semaphore(MOST_LOCKED)
        self.unfinished = 0
        self.task: asyncio.Task | None = None
        self.tasks: set[asyncio.Task] = set()  # kept from the garbage collector

    async def accept(self, call: dict) -> Any:
        """What `conclude` returns or raises. Raises Unavailable where too many wait."""
        if self.unfinished >= MOST_WAITING:
            raise Unavailable()
        item = Item(call, asyncio.get_running_loop().create_future())
        self.unfinished += 1
        self.waiting.append(item)
        self.task = self.task or asyncio.create_task(self.run())
        return await item.future

    async def run(self) -> None:
        while batch := self.take():
            try:
                outcomes = await self.backend.accept_together([item.call for item in batch])
            except Exception as error:  # the database is away: those who wait need not wait for the same
                batch += self.waiting
                self.waiting.clear()
                outcomes = [error] * len(batch)
            for item, outcome in zip(batch, outcomes, strict=True):
                if outcome is None:
                    self.put_singly(item)
                else:
                    self.finish(item, outcome)
        self.task = None

    def take(self) -> list[Item]:
        batch: list[Item] = []
        left: list[Item] = []
        senders: Counter[int] = Counter()
        size = 0
        while self.waiting and len(batch) < MOST_TOGETHER and size < BYTES_TOGETHER:
            item = self.waiting.popleft()
            sender = item.call["sender"]
            if sender in self.turns:
                self.put_singly(item)
            elif senders[sender] == MOST_OF_A_SENDER:
                left.append(item)
            else:
                senders[sender], size = senders[sender] + 1, size + item.call["charged"]
                batch.append(item)
        self.waiting.extendleft(reversed(left))
        return batch

    def put_singly(self, item: Item) -> None:
        turn = self.turns.setdefault(item.call["sender"], asyncio.Lock())
        task = asyncio.create_task(self.run_singly(item, turn))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def run_singly(self, item: Item, turn: asyncio.Lock) -> None:
        outcome: Outcome | Exception
        try:
            async with turn:
                outcome = await self.accept_singly(item.call)
        except Exception as error:
            outcome = error
        self.finish(item, outcome)

    async def accept_singly(self, call: dict) -> Outcome:
        async with self.places:
            outcome = await self.backend.accept(call)
        if outcome is not None:
            return outcome
        if self.places_of_locked.locked():
            raise Unavailable()
        async with self.places_of_locked:
            return await self.backend.accept_when_unlocked(call)

    def finish(self, item: Item, outcome: Outcome | Exception) -> None:
        self.unfinished -= 1
        with contextlib.suppress(asyncio.InvalidStateError):  # the caller is gone
            try:
                if isinstance(outcome, Exception):
                    raise outcome
                item.future.set_result(self.conclude(item.call, outcome))
            except Exception as error:
                item.future.set_exception(error)
