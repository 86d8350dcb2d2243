"""python -m tests.faults --minutes 10     every fault repeatedly, on its own PostgreSQL and Redis
python -m tests.faults --only redis_gone   the faults whose names contain this, once

Prints counts of the messages. The exit code is 0 only if nothing was lost, duplicated, misordered or late, no
call failed, and nobody had to log in again.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import astuple, fields
from pathlib import Path

from tests.faults.ledger import Counts
from tests.faults.machine import Machine, running_machine
from tests.faults.runner import FAULTS, Outcome, run
from tests.faults.scale import LONG, SHORT, Scale
from tools.provision import Unavailable

COLUMNS = [part.name for part in fields(Counts)]


def main() -> int:
    options = parse_options()
    scale = SHORT if options.short else LONG
    chosen = [name for name in FAULTS if options.only in name]
    with tempfile.TemporaryDirectory(prefix="vibechat-faults-") as folder:
        try:
            with running_machine(Path(folder), scale.check_seconds) as machine:
                outcomes = run_for(options.minutes, chosen, machine, scale, options.seed)
        except Unavailable as error:
            sys.exit(f"NOT RUN: {error}")
    print_row("all", sum((outcome.counts for outcome in outcomes), Counts()))
    return 0 if outcomes and all(outcome.is_exact for outcome in outcomes) else 1


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=0, help="repeat until this time has passed")
    parser.add_argument("--only", default="", help=f"part of a name of: {', '.join(FAULTS)}")
    parser.add_argument("--short", action="store_true", help="with the short durations of the test suite")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser.parse_args()


def run_for(minutes: float, names: list[str], machine: Machine, scale: Scale, seed: int) -> list[Outcome]:
    print(f"seed {seed}")
    print(f"{'':34}" + "".join(f"{column:>13}" for column in COLUMNS) + "      s")
    outcomes, deadline = [], time.monotonic() + 60 * minutes
    while not outcomes or time.monotonic() < deadline:
        for name in names:
            started = time.monotonic()
            outcomes.append(run(FAULTS[name], machine, scale, seed + len(outcomes)))
            print_row(name, outcomes[-1].counts, time.monotonic() - started)
            for complaint in outcomes[-1].complaints:
                print(f"    {complaint}")
            if minutes and time.monotonic() > deadline:
                break
    return outcomes


def print_row(name: str, counts: Counts, seconds: float | None = None) -> None:
    took = "" if seconds is None else f"{seconds:7.1f}"
    print(f"{name:34}" + "".join(f"{number:13,}" for number in astuple(counts)) + took, flush=True)


if __name__ == "__main__":
    sys.exit(main())
