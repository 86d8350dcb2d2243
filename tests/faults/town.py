"""People with several browsers on the servers, the load that they make, and the final count."""

import asyncio
import contextlib
import inspect
import random
from collections.abc import AsyncIterator, Callable

import httpx

from tests.faults.client import Client
from tests.faults.ledger import Counts, Fresh, Ledger
from tests.faults.machine import Machine
from tests.faults.person import ANSWER_SECONDS, Away, Person

BROWSERS = {"alice": 2, "bob": 2, "carol": 1, "dave": 1}
PAUSE_SECONDS = 0.06
READ_SECONDS = 0.4
PATIENCE_SECONDS = 20  # allows for a busy machine


class Town:
    def __init__(self, machine: Machine, http: httpx.AsyncClient, seed: int):
        self.machine, self.servers = machine, machine.servers
        self.ledger = Ledger()
        self.random = random.Random(seed)
        self.people = [Person(name, http, self.ledger) for name in BROWSERS]
        self.clients: list[Client] = []
        self.is_busy = False

    async def move_in(self) -> None:
        """Start the clients. Those of one person are on different servers, if there are several."""
        ways = [person.register(self.random.choice(self.servers)) for person in self.people]
        await asyncio.gather(*ways)
        for person in self.people:
            for number in range(BROWSERS[person.name]):
                servers = self.servers[number % len(self.servers) :] + self.servers[: number % len(self.servers)]
                client = Client(f"{person.name}{number}", person, servers, self.random.randrange(2**32))
                self.clients.append(client)
                client.start()
        await self.until_at_home()

    async def move_out(self) -> None:
        await asyncio.gather(*(client.stop() for client in self.clients))

    def clients_of(self, name: str) -> list[Client]:
        return [client for client in self.clients if client.person.name == name]

    def person(self, name: str) -> Person:
        return next(person for person in self.people if person.name == name)

    # --- load --------------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Everybody sends messages to everybody and reads."""
        self.is_busy = True
        async with asyncio.TaskGroup() as group:
            for job in [*map(self.write, self.clients), *map(self.read, self.people)]:
                group.create_task(job)
            try:
                yield
            finally:
                self.is_busy = False

    async def write(self, client: Client) -> None:
        others = [person for person in self.people if person is not client.person]
        while self.is_busy:
            if client.outbox.unfinished < 3:
                client.outbox.put(self.random.choice(others))
            await asyncio.sleep(self.random.uniform(0, 2 * PAUSE_SECONDS))

    async def read(self, person: Person) -> None:
        """One browser of each person marks as read what it has applied."""
        client = self.clients_of(person.name)[0]
        while self.is_busy:
            await asyncio.sleep(READ_SECONDS)
            unread = [number for number, message in client.mailbox.messages.items() if is_unread(message, person)]
            if unread:
                with contextlib.suppress(Away):
                    server = self.random.choice(self.servers)
                    await person.call(server, "POST", "/api/messages/receipts", {"read": unread[:500]})

    # --- waiting and counting ----------------------------------------------------------------------------------------

    async def until(self, is_so: Callable, what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """`is_so` may be a coroutine function."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not await awaited(is_so()):
            if asyncio.get_running_loop().time() > deadline:
                self.ledger.complain(f"timed out after {seconds} s: {what}")
                return
            await asyncio.sleep(0.05)

    def all_sent(self) -> bool:
        return not any(client.outbox.unfinished for client in self.clients)

    async def settled(self) -> Counts:
        """Wait until outboxes are empty and open sockets have caught up by themselves, then count."""
        await self.until(self.all_sent, "every outbox is empty")
        await self.until_caught_up()
        fresh = await self.fresh_loads()
        different = [client for client in self.clients if differs(client, fresh)]
        for client in different:
            self.ledger.complain(f"{client.name} is not where its mailbox is: {difference(client, fresh)}")
        return self.ledger.count(fresh, len(different))

    async def until_caught_up(self, clients: list[Client] | None = None) -> None:
        wanted = self.clients if clients is None else clients
        counters = {email: load.mailbox.cursor for email, load in (await self.fresh_loads()).items()}
        seconds = 2 * self.machine.check_seconds + PATIENCE_SECONDS
        await self.until(lambda: not late(wanted, counters), "every client has caught up", seconds)

    async def until_at_home(self) -> None:
        """Bring each client back to its own server. A client goes to another one while its own is away."""
        for client in self.clients:
            if client.server is not client.servers[0]:
                client.server = client.servers[0]
                await client.hang_up()
        await self.until(lambda: all(client.socket for client in self.clients), "all sockets are open")

    async def fresh_loads(self) -> dict[str, Fresh]:
        async with asyncio.timeout(3 * PATIENCE_SECONDS):
            return {person.email: await self.clients_of(person.name)[0].fresh() for person in self.people}


async def awaited(result):
    return await result if inspect.isawaitable(result) else result


def late(clients: list[Client], counters: dict[str, int]) -> list[Client]:
    return [client for client in clients if client.mailbox.cursor < counters[client.person.email]]


def is_unread(message: dict, person: Person) -> bool:
    return message["recipient_email"] == person.email and message["read_at"] is None


def differs(client: Client, fresh: dict[str, Fresh]) -> bool:
    mine, right = client.mailbox, fresh[client.person.email].mailbox
    return (mine.cursor, mine.messages) != (right.cursor, right.messages)


def difference(client: Client, fresh: dict[str, Fresh]) -> str:
    mine, right = client.mailbox, fresh[client.person.email].mailbox
    numbers = [n for n in mine.messages.keys() | right.messages.keys() if mine.messages.get(n) != right.messages.get(n)]
    return f"cursor {mine.cursor} for {right.cursor}, messages {sorted(numbers)[:10]}"


@contextlib.asynccontextmanager
async def open_town(machine: Machine, seed: int) -> AsyncIterator[Town]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=50)
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS, limits=limits, trust_env=False) as http:
        town = Town(machine, http, seed)
        await town.move_in()
        try:
            yield town
        finally:
            await town.move_out()
