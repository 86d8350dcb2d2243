"""The cost of idle sockets, and a soak test of idle sockets under full load."""

import sys
import time

from benchmarks.drivers import drive, idle_sockets
from benchmarks.figures import divided, markdown_table, number
from benchmarks.relays import say
from benchmarks.results import Aim, Section
from benchmarks.usage import cpu_seconds, memory_kib

KIB_LIMIT = 40
GROWTH_LIMIT = 1.05  # factor of resident memory between the first minute and the last
FIRST_SOCKETS = 50  # opened before the first measurement, so that one-time allocations are not counted
SETTLE_SECONDS = 3
SENDERS = 32


def measure(site, options) -> Section:
    found = [measure_app(site, options, start()) for start in (site.start_floor, site.start_vibechat)]
    head = ["server", "sockets", "resident KiB each", "private KiB each", "CPU s a minute", "deflate agreed", "closed"]
    rows = [
        [
            each["server"],
            each["open"],
            *(number(each[name]) for name in ("resident_kib", "private_kib", "cpu_seconds_a_minute")),
        ]
        + [each["with_deflate"], sum(each["closed"].values())]
        for each in found
    ]
    aims = [Aim(f"KiB of an idle socket, {each['server']}", KIB_LIMIT, each["resident_kib"]) for each in found[1:]]
    text = (
        f"{options.sockets:,} people, signed in, one socket each, offering permessage-deflate as browsers do. "
        f"Growth of the one server process; the kernel's own memory for a connection is not in it.\n\n"
        f"{markdown_table(head, rows)}"
    )
    return Section("idle", "Idle sockets", text, found, aims)


def measure_app(site, options, app) -> dict:
    roots = site.process_ids(app)["app"]
    people = site.people(app, FIRST_SOCKETS + options.sockets, "idle")
    try:
        with idle_sockets(app.port, people[:FIRST_SOCKETS]):
            time.sleep(SETTLE_SECONDS)
            before = memory_kib(roots)
            with idle_sockets(app.port, people[FIRST_SOCKETS:]) as ask:
                time.sleep(SETTLE_SECONDS)
                after = memory_kib(roots)
                cpu = watch_cpu(roots, options.idle_seconds)
                seen = ask()
    finally:
        site.stop_app(app)
    each = {f"{name}_kib": (after[name] - before[name]) / options.sockets for name in after}
    return {"server": app.name, **each, "cpu_seconds_a_minute": cpu, **seen}


def watch_cpu(roots, seconds) -> float:
    before = cpu_seconds(roots)
    time.sleep(seconds)
    return 60 * divided(cpu_seconds(roots) - before, seconds)


# --- soak ------------------------------------------------------------------------------------------------------------


def soak(site, options) -> Section:
    app = site.start_vibechat()
    idlers, talkers = site.people(app, options.sockets, "idle"), site.people(app, 2 * SENDERS, "talker")
    job = {"transport": "socket", "ports": [app.port], "senders": talkers[:SENDERS], "processes": site.process_ids(app)}
    load = {"recipients": talkers[SENDERS:], "seconds": 60 * options.minutes, "progress_seconds": 60 * options.step}
    minutes = []

    def note(progress):
        minutes.append(progress | {"resident_mib": memory_kib([app.process.pid])["resident"] / 1024})
        print(f"  {minutes[-1]}", file=sys.stderr, flush=True)

    try:
        with idle_sockets(app.port, idlers) as ask:
            seen = drive(job | load, note)
            after = ask()
            last_words = drive(job | {"recipients": idlers[:SENDERS], "messages": 10 * SENDERS, "warm_up": 0})
            time.sleep(SETTLE_SECONDS)
            heard = ask()
    finally:
        site.stop_app(app)
    say("socket", SENDERS, seen)
    return soak_section(options, minutes, seen, {"after": after, "last_words": last_words, "heard": heard})


def soak_section(options, minutes, seen, idle) -> Section:
    deliveries = [0, *(minute["delivered"] for minute in minutes)]
    rates = [divided(now - before, 60 * options.step) for before, now in zip(deliveries, deliveries[1:], strict=False)]
    growth = divided(minutes[-1]["resident_mib"], minutes[0]["resident_mib"]) if minutes else float("nan")
    rows = [
        [number(minute["seconds"] / 60), number(rate), f"{minute['resident_mib']:.1f}"]
        for minute, rate in zip(minutes, rates, strict=True)
    ]
    still_open, heard = idle["after"]["open"], idle["heard"]["frames"].get("new_message", 0)
    aims = [
        Aim("soak: dropped pushes", 0, seen["dropped"]),
        Aim("soak: pushes to idle sockets afterwards that were not heard", 0, 10 * SENDERS - heard),
        Aim("soak: resident memory, last ÷ first minute", GROWTH_LIMIT, growth),
    ]
    text = (
        f"{options.sockets:,} idle sockets and {SENDERS} senders on one process for "
        f"{number(options.minutes)} minutes. {seen['delivered']:,} delivered, {seen['dropped']} dropped, "
        f"{seen['refused']} refused, {seen['unexpected']} unexpected; {still_open:,} idle sockets open at the end; of "
        f"{10 * SENDERS} messages to some of them afterwards {heard} were heard.\n\n"
    )
    text += markdown_table(["minute", "messages/s", "resident MiB"], rows)
    data = {"minutes": minutes, "seen": seen, **idle}
    return Section("soak", "Soak", text, [data], aims)
