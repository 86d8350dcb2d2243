"""Faults of the services: Redis stopped or silent, PostgreSQL restarted."""

import asyncio
import contextlib
import signal
from collections import Counter

from tests.faults.outbox import POST, SOCKET
from tests.faults.scale import Scale
from tests.faults.town import Town

PUSH_IS_GIVEN_UP_SECONDS = 2.5


async def redis_gone(town: Town, scale: Scale) -> None:
    """Messages can still be sent. `resync` recovers the lost pushes, and that of the very last message too."""
    async with town.busy():
        await asyncio.sleep(0.5)
        await town.machine.stop_redis()
        await sends_go_on(town, scale.redis_away_seconds)
    await lose_the_last_push(town)
    await town.machine.start_redis()


async def redis_restarted(town: Town, scale: Scale) -> None:
    """Redis restarts too quickly to be noticed. The push of the last message is lost meanwhile."""
    async with town.busy():
        await asyncio.sleep(0.5)
        await town.machine.stop_redis()
        await town.machine.start_redis()
    await town.until(town.all_sent, "every outbox is empty")
    await town.machine.stop_redis()
    town.clients_of("alice")[0].outbox.put(town.person("bob"))
    await town.until(town.all_sent, "the last message is acknowledged")
    await town.machine.start_redis()


async def redis_mute(town: Town, scale: Scale) -> None:
    """Redis accepts commands and does not answer. No call waits for it, and sockets catch up without it."""
    with contextlib.ExitStack() as mute:
        async with town.busy():
            await asyncio.sleep(0.5)
            mute.enter_context(town.machine.redis_frozen())
            await sends_go_on(town, scale.redis_mute_seconds)
        await town.until(town.all_sent, "every outbox is empty")
        await town.until_caught_up()


async def redis_line_dead(town: Town, scale: Scale) -> None:
    """The connection of one process to Redis stalls without an error. Its sockets still catch up. In the end the
    connection is cut, and what was stuck in it is lost.
    """
    line = town.machine.redis_line
    async with town.busy():
        await asyncio.sleep(0.5)
        line.stall()
        await sends_go_on(town, scale.redis_mute_seconds)
    await town.until(town.all_sent, "every outbox is empty")
    await town.until_caught_up()
    line.cut()
    line.mend()


async def sends_go_on(town: Town, seconds: float) -> None:
    before = Counter(town.ledger.transports)
    await asyncio.sleep(seconds)
    for transport in (SOCKET, POST):
        if town.ledger.transports[transport] == before[transport]:
            town.ledger.complain(f"no message was acknowledged by the {transport} while Redis was away")


async def lose_the_last_push(town: Town) -> None:
    """Lose the push of the last message, so that no later push reveals the gap."""
    await town.until(town.all_sent, "every outbox is empty")
    town.clients_of("alice")[0].outbox.put(town.person("bob"))
    await town.until(town.all_sent, "the last message is acknowledged")
    await asyncio.sleep(PUSH_IS_GIVEN_UP_SECONDS)


async def postgres_restarted(town: Town, scale: Scale) -> None:
    await restart_postgres(town, scale, signal.SIGINT)


async def postgres_crashed(town: Town, scale: Scale) -> None:
    await restart_postgres(town, scale, signal.SIGQUIT)


async def restart_postgres(town: Town, scale: Scale, signal_number: int) -> None:
    """The only allowed failure is 503, until both servers report that they are ready again."""
    async with town.busy():
        await asyncio.sleep(0.5)
        town.ledger.begin_outage()
        await town.machine.stop_postgres(signal_number)
        await asyncio.sleep(scale.postgres_away_seconds)
        await town.machine.start_postgres()
        await town.until(town.machine.are_ready, "the servers have healed by themselves")
        await asyncio.sleep(1)
        town.ledger.end_outage()
        await asyncio.sleep(1)
