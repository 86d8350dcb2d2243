"""Makes calls at a steady rate while the server processes are restarted in turn, and counts the outcomes.

python -m tests.deployment.rolling_restart --runs 3 --rate 40
"""

import argparse
import contextlib
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.deployment.deployment import Deployment, addresses, running_deployment
from tests.deployment.visitor import Visitor, envelope
from tools.provision import Unavailable
from tools.provision.services import running

CALLERS = 8
EXPECTED = {"GET": 200, "POST": 201}
BEFORE_SECONDS, BETWEEN_SECONDS = 1.0, 1.0


class Callers:
    """Pairs of people whose calls alternate between a read and a send."""

    def __init__(self, people: list[Visitor], rate: float):
        self.people, self.pause = people, len(people) / rate
        self.counts: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.ending = threading.Event()

    @contextlib.contextmanager
    def calling(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.call_on, args=(number,)) for number in range(len(self.people))]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ending.set()
            for thread in threads:
                thread.join()

    def call_on(self, number: int) -> None:
        due = time.monotonic() + self.pause * number / len(self.people)
        method = "GET"
        while not self.ending.wait(max(0, due - time.monotonic())):
            outcome = self.outcome(method, self.people[number], self.people[number ^ 1])
            with self.lock:
                self.counts[outcome] += 1
            due += self.pause
            method = "POST" if method == "GET" else "GET"

    def outcome(self, method: str, person: Visitor, other: Visitor) -> str:
        try:
            if method == "GET":
                status = person.get("/api/auth/me").status_code
            else:
                status = person.post("/api/messages/send", envelope(other)).status_code
        except httpx.TransportError as error:
            return f"{method} {type(error).__name__}"
        return "answered" if status == EXPECTED[method] else f"{method} {status}"


def count_calls(deployment: Deployment, rate: float) -> Counter[str]:
    """The number of calls by outcome: `answered`, or a name of the failure."""
    with contextlib.ExitStack() as stack:
        people = [stack.enter_context(Visitor(deployment.nginx, next(addresses))) for _ in range(CALLERS)]
        for person in people:
            person.register()
        callers = Callers(people, rate)
        with callers.calling():
            time.sleep(BEFORE_SECONDS)
            for server in deployment.servers:
                server.stop()
                server.start()
                time.sleep(BETWEEN_SECONDS)
    return callers.counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, choices=range(1, 21))
    parser.add_argument("--rate", type=float, default=40, help="calls a second")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        services = stack.enter_context(running("postgres", "redis"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vibechat-rolling-")))
        try:
            for variable, name in (("DATABASE_URL", "postgres"), ("REDIS_URL", "redis")):
                if isinstance(services[name], Unavailable):
                    raise services[name]
                os.environ[variable] = services[name]
            deployment = stack.enter_context(running_deployment(folder))
        except Unavailable as error:
            sys.exit(f"NOT RUN: {error}")
        outcomes = [report(number, deployment, options.rate) for number in range(1, options.runs + 1)]
    return 0 if all(counts.keys() == {"answered"} for counts in outcomes) else 1


def report(number: int, deployment: Deployment, rate: float) -> Counter[str]:
    started = time.monotonic()
    counts = count_calls(deployment, rate)
    failed = {outcome: count for outcome, count in counts.items() if outcome != "answered"}
    took = f"{counts.total()} calls in {time.monotonic() - started:.1f} s"
    print(f"run {number}: {took}, {sum(failed.values())} failed {failed or ''}", flush=True)
    return counts


if __name__ == "__main__":
    sys.exit(main())
