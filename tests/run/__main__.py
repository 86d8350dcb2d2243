"""Runs all checks and tests for `make test`, and lists those that could not run under NOT RUN.

python -m tests.run              all steps
python -m tests.run --static     without tests and browsers
python -m tests.run --only NAME  the steps whose names contain NAME
python -m tests.run --strict     a test that fails has failed, also where it would pass when it is run again alone
VIBE_REQUIRE=postgres,redis,chromium,firefox,node  fails if any of these is not available
"""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.run.steps import Outcome, Step, browser_steps, left_out, node_tests, server_steps, static_steps
from tests.support.collected import collect_once
from tools.provision import Unavailable
from tools.provision.chromium import find_chromium
from tools.provision.firefox import find_firefox
from tools.provision.node import install_modules
from tools.provision.redis import packaged_program
from tools.provision.services import running

FINDERS = {"redis": packaged_program, "node": install_modules, "chromium": find_chromium, "firefox": find_firefox}
CAN_BE_REQUIRED = {"postgres", *FINDERS}
REDIS = threading.Lock()  # steps that share a given Redis must not overlap; without one each step starts its own
HEADINGS = {"unstable": "UNSTABLE: failed, and passed when run again alone", "failures": "FAILED"}
PARALLEL = 2  # steps at a time, most of which have several workers


def main() -> int:
    options = parse_options()
    required_names()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # A shell ignores SIGINT in background processes, and the servers that tests stop by it would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vibechat-run-")))
        steps = [step for step in chosen_steps(options) if options.only in step.name]
        if any(step.serves for step in steps):
            collect_once(scratch / "collected")
        missing = provide(stack, {need for step in steps for need in step.needs})
        outcomes = run_steps(steps, scratch, missing)
        if not options.strict:
            run_failures_again(steps, outcomes, scratch)
    return summarise(outcomes, missing, time.monotonic() - started)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--static", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--strict", action="store_true")
    return parser.parse_args()


def required_names() -> set[str]:
    names = {name.strip() for name in os.environ.get("VIBE_REQUIRE", "").split(",")} - {""}
    if unknown := names - CAN_BE_REQUIRED:
        sys.exit(f"VIBE_REQUIRE: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(CAN_BE_REQUIRED))}")
    return names


def chosen_steps(options: argparse.Namespace) -> list[Step]:
    """The steps in the order in which they start."""
    if options.static:
        return static_steps()
    one_server, two_servers, firefox = browser_steps()
    on_sqlite, on_postgres = server_steps()
    # Browser stories often wait, and then the steps beside them have the processors.
    return [one_server, on_sqlite, two_servers, on_postgres, node_tests(), firefox, *static_steps()]


def provide(stack: contextlib.ExitStack, needs: set[str]) -> dict[str, str]:
    """Provide the needs of the steps, by environment variables. Returns the missing ones with the reasons."""
    missing = {}
    postgres = stack.enter_context(running(*needs & {"postgres"})).get("postgres")
    if isinstance(postgres, Unavailable):
        missing["postgres"] = str(postgres)
    elif postgres:
        os.environ["TEST_DATABASE_URL"] = postgres
    for name, find in FINDERS.items():
        if name in needs:
            try:
                find()
            except Unavailable as error:
                missing[name] = str(error)
    return missing


def run_steps(steps: list[Step], scratch: Path, missing: dict[str, str]) -> list[Outcome]:
    printing = threading.Lock()
    with ThreadPoolExecutor(PARALLEL) as pool:
        try:
            return list(pool.map(lambda step: run_step(step, scratch, missing, printing), steps))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for step in steps:
                step.kill()
            raise


def run_step(step: Step, scratch: Path, missing: dict[str, str], printing: threading.Lock) -> Outcome:
    lacking = [need for need in step.needs if need in missing]
    if lacking:
        outcome = Outcome(step.name, not_run=[f"{need}: {missing[need]}" for need in lacking])
    else:
        is_shared = "redis" in step.needs and "TEST_REDIS_URL" in os.environ
        with REDIS if is_shared else contextlib.nullcontext():
            outcome = step.run(scratch)
    with printing:
        print(f"\n=== {step.name}: {outcome.verdict} ===\n{outcome.output.strip()}".rstrip(), flush=True)
    return outcome


def run_failures_again(steps: list[Step], outcomes: list[Outcome], scratch: Path) -> None:
    """Run the few tests that failed again, with nothing beside them. The summary names those that then pass."""
    for step, outcome in zip(steps, outcomes, strict=True):
        if outcome.failed and (again := step.run_again(scratch, outcome)):
            outcome.take(again)
            print(f"\n=== {step.name}, again: {again.verdict} ===\n{again.output.strip()}".rstrip(), flush=True)


def summarise(outcomes: list[Outcome], missing: dict[str, str], seconds: float) -> int:
    """Print the summary. Its last line is for CI: N passed, N failed."""
    required = sorted(required_names() & missing.keys())
    print("\n=== summary ===")
    for outcome in outcomes:
        print(f"{outcome.verdict:44} {outcome.name}")
    if not_run := left_out(outcomes):
        print("\nNOT RUN", *not_run, sep="\n  ")
    for heading in ("unstable", "failures"):
        if names := sorted(name for outcome in outcomes for name in getattr(outcome, heading)):
            print(f"\n{HEADINGS[heading]}", *names, sep="\n  ")
    for name in required:
        print(f"FAILED: VIBE_REQUIRE asks for {name}: {missing[name]}")
    failed = sum(outcome.failed for outcome in outcomes) + len(required)
    passed, skipped = sum(outcome.passed for outcome in outcomes), sum(outcome.skipped for outcome in outcomes)
    print(f"\nin {seconds:.0f} s\n{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
