"""Faults of server processes: killed, stopped, or with a wrong clock."""

import asyncio
import contextlib
from functools import partial

from tests.browser.site import Server
from tests.faults.client import Client
from tests.faults.outbox import SOCKET
from tests.faults.person import Away
from tests.faults.scale import Scale
from tests.faults.town import Town

HOUR = 3600


async def killed_at_random(town: Town, scale: Scale) -> None:
    """Kill servers under load, at times between a commit and its push among others."""
    async with town.busy():
        for _ in range(scale.kills):
            await asyncio.sleep(town.random.uniform(0.3, 1.3))
            server = town.random.choice(town.servers)
            await town.machine.kill(server)
            await town.machine.start(server)
        await asyncio.sleep(0.5)


async def killed_before_the_push(town: Town, scale: Scale) -> None:
    """A message is committed, and its push is lost with the killed process. Bob's browser on the other process still
    gets the message, although no later push reveals the gap.
    """
    victim, writer, line = town.servers[0], town.clients_of("alice")[0], town.machine.redis_line
    writer.sends_to = [victim]
    line.stall()
    client_id = writer.outbox.put(town.person("bob"))
    await town.until(lambda: town.machine.is_committed(client_id), "the message is committed")
    await town.machine.kill(victim)
    line.cut()
    line.mend()
    survivor = town.clients_of("bob")[1]
    await town.until_caught_up([survivor])
    if survivor.goodbyes:
        town.ledger.complain("a socket with the surviving process did not stay open")
    await town.machine.start(victim)


async def rolling_restart(town: Town, scale: Scale) -> None:
    async with town.busy():
        for server in town.servers:
            await asyncio.sleep(0.7)
            theirs = [client for client in town.clients if client.server is server and client.socket]
            ended = {client: len(client.goodbyes) for client in theirs}
            await stop_in_good_order(town, server)
            await town.machine.start(server)
            for client in theirs:
                check_goodbye(client, ended[client])
        await asyncio.sleep(0.5)


async def stop_in_good_order(town: Town, server: Server) -> None:
    code = await town.machine.terminate(server)
    if code != 0:
        town.ledger.complain(f"a server that was asked to stop ended with {code}")


def check_goodbye(client: Client, already: int) -> None:
    """The client got `disconnect` and a close frame before the connection ended."""
    reason, code = next(iter(client.goodbyes[already:]), (None, None))
    if reason is None or code is None:
        client.ledger.complain(f"{client.name} was left with {reason=} {code=}")


async def stopped_with_a_request_under_way(town: Town, scale: Scale) -> None:
    """A stopping server answers running requests and accepts no new ones. The lock stands for a slow database."""
    writer, bob = town.clients_of("carol")[0], town.person("bob")
    writer.outbox.put(bob)
    await town.until(town.all_sent, "the mailboxes exist")
    for server in town.servers:
        async with town.machine.mailbox_locked(bob.email):
            post = asyncio.create_task(writer.outbox.send_by_post(writer.outbox.write(bob), server))
            await town.until(town.machine.somebody_waits_for_a_lock, "the request waits for the lock")
            stopping = asyncio.create_task(stop_in_good_order(town, server))
            await town.until(partial(town.machine.refuses, server), "a server that stops takes nothing new")
        try:
            await post
        except Away as away:
            town.ledger.complain(f"a request that was under way got no answer: {away}")
        await stopping
        await town.machine.start(server)


async def clocks_apart(town: Town, scale: Scale) -> None:
    """Clocks differ by less than the leeway of a minute, so each token is valid at each process."""
    steps = [(-50, 50), (50, -50), (-20, 0), (0, -20)]
    with clocks_set_right(town):
        async with town.busy():
            for offsets in steps:
                for server, seconds in zip(town.servers, offsets, strict=True):
                    town.machine.shift_clock(server, seconds)
                await refresh_everybody(town)
                await asyncio.sleep(scale.clock_step_seconds)


async def refresh_everybody(town: Town) -> None:
    """Refresh each token at one process, and repeat it at the other one, as two tabs do."""
    for person in town.people:
        spent = person.tokens
        for server in town.random.sample(town.servers, len(town.servers)):
            person.tokens = spent
            await person.renew(server, spent["access"])


async def clock_jumps(town: Town, scale: Scale) -> None:
    """The clocks of the processes jump by hours and weeks. Such a process may refuse tokens, but it ends no session."""
    one, other = town.servers
    jumps = [(one, 3 * HOUR), (other, -2 * HOUR), (one, 31 * 24 * HOUR), (other, 26 * HOUR), (one, -5 * HOUR)]
    town.ledger.wrong_clocks.update(town.servers)
    with clocks_set_right(town):
        async with town.busy():
            for server, seconds in jumps:
                town.machine.shift_clock(server, seconds)
                await asyncio.sleep(scale.clock_step_seconds)


async def old_and_idle_sockets(town: Town, scale: Scale) -> None:
    """Sockets are idle for long, then older than the day after which a channel layer drops group members. Tokens are
    renewed in time.

    Messages must still come by push on the same socket. They are sent by socket, because tokens are issued by the clock
    of the database, which is not shifted.
    """
    await asyncio.sleep(scale.idle_seconds)
    await exchange_by_push(town)
    with clocks_set_right(town):
        set_clocks(town, 13 * HOUR)
        for client in town.clients:
            await client.renew_socket()
            client.outbox.transports = [SOCKET]
        set_clocks(town, 25 * HOUR)
        await exchange_by_push(town)


async def exchange_by_push(town: Town) -> None:
    for client in town.clients:
        client.pushed.clear()
    for sender, recipient in (("alice", "bob"), ("bob", "carol"), ("carol", "dave"), ("dave", "alice")):
        town.clients_of(sender)[0].outbox.put(town.person(recipient))
    await town.until(town.all_sent, "every outbox is empty")
    await town.until(lambda: all(len(client.pushed) == 2 for client in town.clients), "every socket has its pushes")
    for client in town.clients:
        if client.goodbyes:
            town.ledger.complain(f"{client.name} had to open a new socket after {client.goodbyes}")


@contextlib.contextmanager
def clocks_set_right(town: Town):
    try:
        yield
    finally:
        set_clocks(town, 0)


def set_clocks(town: Town, seconds: int) -> None:
    for server in town.servers:
        town.machine.shift_clock(server, seconds)
