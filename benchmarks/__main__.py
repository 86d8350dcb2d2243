"""python -m benchmarks [PART …]: see README.md."""

import argparse
import importlib.util
import shlex
import signal
import sys
from pathlib import Path

from benchmarks import idle, mailbox, queries, relays, two_processes
from benchmarks.results import Section, aims_section, keep, machine, not_run
from benchmarks.servers import Site

PARTS = {
    "table": relays.measure_table,
    "latency": relays.measure_latency,
    "one_recipient": relays.measure_one_recipient,
    "processes": two_processes.measure,
    "idle": idle.measure,
    "mailbox": mailbox.measure,
    "queries": queries.measure,
    "soak": idle.soak,
}
SIDE_ROUNDS = 3
ONLY_WHEN_NAMED = {"soak"}
BROWSER = "browser"


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join([*PARTS, BROWSER])}; all but soak")
    parser.add_argument("--only", action="append", choices=relays.DOORS, help="may be repeated; all; the table's alone")
    parser.add_argument("--senders", action="append", type=int, help="may be repeated; 8 and 32")
    parser.add_argument("--beside", action="append", type=Path, default=[], help="another checkout; may be repeated")
    parser.add_argument("--messages", type=int, default=3000, help="of one load")
    parser.add_argument("--rounds", type=int, default=5, help=f"of the table; of the other parts {SIDE_ROUNDS} at most")
    parser.add_argument("--latency-seconds", type=float, default=30, help="of one load at a fixed rate")
    parser.add_argument("--share", type=int, default=20, help="per cent of a core, for each of two processes")
    parser.add_argument("--share-seconds", type=float, default=8, help="of one load on one or two processes")
    parser.add_argument("--sockets", type=int, default=2000, help="idle ones")
    parser.add_argument("--idle-seconds", type=float, default=60, help="to watch their CPU")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 10_000, 1_000_000], help="of a mailbox")
    parser.add_argument("--repeats", type=int, default=100, help="of a call on a mailbox, a round")
    parser.add_argument("--minutes", type=float, default=10, help="of the soak")
    parser.add_argument("--step", type=float, default=1, help="minutes between two looks at the soak's memory")
    parser.add_argument("--keep", action="store_true", help="write results/<date>.md and .json")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - {*PARTS, BROWSER}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return with_defaults(options)


def with_defaults(options):
    default = ["table"] if options.only else [name for name in (*PARTS, BROWSER) if name not in ONLY_WHEN_NAMED]
    options.parts = options.parts or default
    options.only = options.only or list(relays.DOORS)
    options.senders = options.senders or [8, 32]
    options.side_rounds = min(options.rounds, SIDE_ROUNDS)
    return options


def run_parts(options) -> tuple[dict, list[Section]]:
    with Site() as site:
        about, sections = machine(site), []
        for name in (name for name in options.parts if name in PARTS):
            print(f"{name} …", file=sys.stderr, flush=True)
            sections.append(PARTS[name](site, options))
            print(sections[-1].markdown(), flush=True)
    return about, sections


def run_browser() -> list[Section]:
    """This part starts its own server."""
    if not importlib.util.find_spec("benchmarks.browser"):
        return [not_run(BROWSER, "In the browser", "there is no such part yet")]
    section = importlib.import_module("benchmarks.browser").main()
    return [section] if isinstance(section, Section) else []


def main(arguments: list[str]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # runs the exit handlers, which stop the servers
    options = parse(arguments)
    about, sections = run_parts(options)
    sections += run_browser() if BROWSER in options.parts else []
    if verdicts := aims_section(sections):
        sections.insert(0, verdicts)
        print(verdicts.markdown(), flush=True)
    if options.keep:
        print("Kept in", keep(about, shlex.join(["python", "-m", "benchmarks", *arguments]), sections).name)


if __name__ == "__main__":
    main(sys.argv[1:])
