"""Runs one fault with new accounts and counts the outcome."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.faults import clients, outages, processes
from tests.faults.ledger import Counts
from tests.faults.machine import Machine
from tests.faults.scale import Scale
from tests.faults.town import Town, open_town


@dataclass
class Outcome:
    counts: Counts
    complaints: list[str]

    @property
    def is_exact(self) -> bool:
        return self.counts.is_exact and not self.complaints


Fault = Callable[[Town, Scale], Awaitable[None]]
FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        processes.killed_at_random,
        processes.killed_before_the_push,
        processes.rolling_restart,
        processes.stopped_with_a_request_under_way,
        outages.redis_gone,
        outages.redis_restarted,
        outages.redis_mute,
        outages.redis_line_dead,
        outages.postgres_restarted,
        outages.postgres_crashed,
        clients.slow_reader,
        clients.offline_with_500_waiting,
        clients.repeated_by_every_transport,
        processes.clocks_apart,
        processes.clock_jumps,
        processes.old_and_idle_sockets,
    )
}


def run(fault: Fault, machine: Machine, scale: Scale, seed: int) -> Outcome:
    return asyncio.run(run_in_a_town(fault, machine, scale, seed))


async def run_in_a_town(fault: Fault, machine: Machine, scale: Scale, seed: int) -> Outcome:
    await machine.put_back()
    counts = Counts()
    async with open_town(machine, seed) as town:
        try:
            await fault(town, scale)
            counts = await town.settled()
        except Exception as error:
            town.ledger.complain(f"the fault broke off: {error!r}")
    return Outcome(counts, town.ledger.complaints)
