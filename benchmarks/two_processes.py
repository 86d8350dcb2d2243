"""Two server processes compared with one: without limits, and each limited to a part of a core.

Load, PostgreSQL and Redis run on the same few cores, so without limits a second process has no free core. With each
process limited to a fifth of a core, the machine is not the bottleneck, and the result shows how the processes slow
each other down.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.drivers import drive
from benchmarks.figures import divided, markdown_table, median, number, times
from benchmarks.relays import figures_of, say
from benchmarks.results import Aim, Section, not_run

CPU_CONTROLLER = Path("/sys/fs/cgroup/cpu")
PERIOD_MICROSECONDS = 20_000
SENDERS = 32
AT_LEAST = 1.8
TITLE = "Two processes against one"


class NoQuota(Exception):
    """This machine does not allow CPU limits; the message gives the reason."""


def measure(site, options) -> Section:
    rows, data, aims = [], [], []
    for transport in (transport for transport in options.only if transport != "floor"):
        for share in (None, options.share):
            try:
                found = compare(site, options, transport, share)
            except NoQuota as error:
                rows.append([transport, share_text(share), f"NOT RUN: {error}", "", "", "", ""])
                continue
            figures = [*map(number, found["cpu"]), *map(number, found["rates"]), times(found["ratio"])]
            rows.append([transport, share_text(share), *figures])
            data.append({"transport": transport, "share": share, **found})
            if share:
                aims.append(Aim(f"two processes, {transport}, × one", AT_LEAST, found["ratio"], True))
    if not data:
        return not_run("processes", TITLE, "no transport was chosen")
    head = ["relay", "each process has", "CPU s / 1,000: one", "two", "messages/s: one", "two", "ratio"]
    text = f"{SENDERS} senders in disjoint pairs, half of them across the processes.\n\n{markdown_table(head, rows)}"
    return Section("processes", TITLE, text, data, aims)


def share_text(share) -> str:
    return f"{share} % of a core" if share else "what it gets"


def compare(site, options, transport, share) -> dict:
    apps = [site.start_vibechat() for _ in range(2)]
    people = site.people(apps[0], 2 * SENDERS)
    job = {
        "transport": transport,
        "senders": people[:SENDERS],
        "recipients": people[SENDERS:],
        "seconds": options.share_seconds,
    }
    try:
        with contextlib.ExitStack() as stack:
            for app in apps if share else []:
                stack.enter_context(limited_to(share, app.process.pid))
            runs = [[run(site, job, apps[:count]) for count in (1, 2)] for _ in range(options.side_rounds)]
    finally:
        for app in apps:
            site.stop_app(app)
    measured = [list(map(figures_of, seens)) for seens in runs]
    return {
        "rates": [median(figures[count]["rate"] for figures in measured) for count in (0, 1)],
        "cpu": [median(figures[count]["cpu"] for figures in measured) for count in (0, 1)],
        "ratio": median(divided(two["rate"], one["rate"]) for one, two in measured),
        "dropped": sum(seen["dropped"] for seens in runs for seen in seens),
    }


def run(site, job, apps) -> dict:
    seen = drive(job | {"ports": [app.port for app in apps], "processes": site.process_ids(*apps)})
    say(f"{len(apps)} × {apps[0].name}, {job['transport']}", SENDERS, seen)
    return seen


@contextlib.contextmanager
def limited_to(share: int, pid: int) -> Iterator[None]:
    """Limits the process with its threads to `share` per cent of one core, by a control group (v1)."""
    group = CPU_CONTROLLER / f"vibechat-benchmark-{os.getpid()}-{pid}"
    try:
        group.mkdir()
    except OSError as error:
        raise NoQuota(f"no CPU quotas to be had here ({error.strerror})") from error
    try:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
        (group / "cpu.cfs_quota_us").write_text(str(PERIOD_MICROSECONDS * share // 100))
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        with contextlib.suppress(OSError):  # an ended process has left the group already
            (CPU_CONTROLLER / "cgroup.procs").write_text(str(pid))
        group.rmdir()
