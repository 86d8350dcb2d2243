"""Compares the floor with VibeChat's socket and POST, in interleaved rounds."""

import functools
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.drivers import drive
from benchmarks.figures import divided, markdown_table, median, number, times
from benchmarks.results import Aim, Section
from benchmarks.servers import App

DOORS = ("floor", "socket", "post")
FIGURES = {  # {our name: name in the table}
    "app": "app",
    "postgres": "PostgreSQL",
    "redis": "Redis",
    "cpu": "CPU s / 1,000",
    "rate": "messages/s",
    "p50": "p50 ms",
    "p95": "p95 ms",
    "p99": "p99 ms",
}
COUNTS = ("dropped", "refused", "unexpected")
CPU_LIMITS = {("socket", 8): 1.6, ("socket", 32): 1.2, ("post", 8): 1.8, ("post", 32): 1.8}
P99_LIMIT = 3
LATENCY_PER_SECOND = 20
LATENCY_SENDERS = 8


@dataclass(frozen=True)
class Relay:
    name: str
    app: App
    transport: str


@dataclass(frozen=True)
class Row:
    relay: str
    senders: int
    transport: str
    figures: dict[str, float]
    ratios: dict[str, float]
    counts: dict[str, int]

    @property
    def is_floor(self):
        return self.transport == "floor"


def relays(site, options) -> list[Relay]:
    found = [Relay("floor", site.floor(), "floor")] if "floor" in options.only else []
    transports = [transport for transport in options.only if transport != "floor"]
    found += [Relay(transport, site.vibechat(), transport) for transport in transports]
    for checkout in options.beside:
        found += [
            Relay(f"{transport}, {checkout.name}", site.vibechat(checkout), transport) for transport in transports
        ]
    return found


def interleaved(site, options, job_for: Callable, senders_counts: Iterable[int], rounds: int) -> list[Row]:
    """`job_for(relay, senders)` returns the job of one load."""
    runs = {}
    contenders = relays(site, options)
    for _ in range(rounds):
        for senders in senders_counts:
            for relay in contenders:
                site.analyze(relay.app)
                job = job_for(relay, senders) | {"processes": site.process_ids(relay.app)}
                seen = drive(
                    job | {"transport": "post" if relay.transport == "post" else "socket", "ports": [relay.app.port]}
                )
                runs.setdefault((senders, relay), []).append(seen)
                say(relay.name, senders, seen)
    return [row(relay, senders, seens, floor_of(runs, senders)) for (senders, relay), seens in runs.items()]


def floor_of(runs, senders):
    return next(
        (seens for (count, relay), seens in runs.items() if count == senders and relay.transport == "floor"), None
    )


def row(relay, senders, seens, floor_seens) -> Row:
    """Medians over the rounds. Ratios compare each round with the floor of the same round."""
    measured = list(map(figures_of, seens))
    floor = list(map(figures_of, floor_seens or []))
    pairs = list(zip(measured, floor, strict=bool(floor_seens)))
    return Row(
        relay=relay.name,
        senders=senders,
        transport=relay.transport,
        figures={name: median(figures[name] for figures in measured) for name in FIGURES},
        ratios={name: median(divided(ours[name], theirs[name]) for ours, theirs in pairs) for name in FIGURES},
        counts={name: sum(seen[name] for seen in seens) for name in (*COUNTS, "delivered", "resyncs")},
    )


def figures_of(seen) -> dict[str, float]:
    cpu = {name: 1000 * divided(seconds, seen["delivered"]) for name, seconds in seen["cpu_seconds"].items()}
    rate = divided(seen["delivered"], seen["seconds"])
    return {**cpu, "cpu": sum(cpu.values()), "rate": rate, **seen["latency_ms"]}


def say(name, senders, seen):
    figures = ", ".join(f"{label} {number(figures_of(seen)[key])}" for key, label in FIGURES.items())
    counts = ", ".join(f"{name} {seen[name]}" for name in COUNTS)
    print(f"  {name:16} {senders:3} senders: {figures}; {counts}", *seen["refusals"], file=sys.stderr, flush=True)


def tables(rows: list[Row]) -> str:
    head = ["relay", "senders", *FIGURES.values(), *COUNTS]
    values = [
        [row.relay, row.senders, *map(number, row.figures.values()), *(row.counts[name] for name in COUNTS)]
        for row in rows
    ]
    text = markdown_table(head, values)
    if any(row.is_floor for row in rows):
        ratios = [[row.relay, row.senders, *map(times, row.ratios.values())] for row in rows if not row.is_floor]
        text += "\n\nAs ratios to the floor:\n\n" + markdown_table(head[: -len(COUNTS)], ratios)
    return text


# --- the parts -------------------------------------------------------------------------------------------------------


def measure_table(site, options) -> Section:
    rows = interleaved(site, options, functools.partial(pairs_job, site, options), options.senders, options.rounds)
    aims = [
        Aim(f"CPU of {row.relay}, {row.senders} senders, × the floor", limit, row.ratios["cpu"])
        for row in rows
        if row.relay == row.transport and (limit := CPU_LIMITS.get((row.relay, row.senders)))
    ]
    aims += [
        Aim(f"dropped by {row.relay}, {row.senders} senders", 0, row.counts["dropped"])
        for row in rows
        if not row.is_floor
    ]
    text = (
        f"Disjoint pairs, each sender with one message in flight; {options.messages} messages a round, "
        f"{options.rounds} rounds, medians. CPU in seconds per 1,000 delivered messages.\n\n{tables(rows)}"
    )
    return Section("table", "Messages", text, [vars(row) for row in rows], aims)


def pairs_job(site, options, relay, senders) -> dict:
    people = site.people(relay.app, 2 * senders)
    return {"senders": people[:senders], "recipients": people[senders:], "messages": options.messages}


def measure_latency(site, options) -> Section:
    def job(relay, senders):
        pace = {"per_second": LATENCY_PER_SECOND, "seconds": options.latency_seconds}
        return pairs_job(site, options, relay, senders) | pace

    rows = interleaved(site, options, job, [LATENCY_SENDERS], options.side_rounds)
    aims = [
        Aim(f"p99 of {row.relay} at {LATENCY_PER_SECOND}/s, × the floor", P99_LIMIT, row.ratios["p99"])
        for row in rows
        if not row.is_floor
    ]
    text = (
        f"{LATENCY_PER_SECOND} messages/s in all, whatever the answers; {number(options.latency_seconds)} s a round, "
        f"{options.side_rounds} rounds, medians.\n\n{tables(rows)}"
    )
    return Section("latency", f"Latency at {LATENCY_PER_SECOND} messages/s", text, [vars(row) for row in rows], aims)


def measure_one_recipient(site, options) -> Section:
    def job(relay, senders):
        people = site.people(relay.app, senders + 1, "crowd")
        return {"senders": people[1:], "recipients": people[:1], "messages": options.messages}

    rows = interleaved(site, options, job, options.senders, options.side_rounds)
    text = f"Every message takes a number in one mailbox, so the commits of that row are the limit.\n\n{tables(rows)}"
    return Section("one_recipient", "Many senders to one recipient", text, [vars(row) for row in rows])
