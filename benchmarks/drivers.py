"""Starts the driver processes and reads their output."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator

from tests.support.environment import ROOT


class LoadFailed(Exception):
    """The driver has failed; the message gives the reason."""


def spawn_driver(module: str, job: dict) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    return process


def drive(job: dict, on_progress: Callable[[dict], None] = lambda progress: None) -> dict:
    """Run one load; returns the fields of load.Seen."""
    process = spawn_driver("benchmarks.load", job)
    seen = None
    with ended(process):
        for line in process.stdout:
            said = json.loads(line)
            seen = said.get("seen")
            if "progress" in said:
                on_progress(said["progress"])
    if seen is None:
        raise LoadFailed("The driver ended early; what it says stands above.")
    return seen


@contextlib.contextmanager
def idle_sockets(port: int, people: list[dict], sockets_each: int = 1) -> Iterator[Callable[[], dict]]:
    """Keeps idle sockets open in the context. The yielded function returns their counts so far."""
    process = spawn_driver("benchmarks.idle_sockets", {"port": port, "people": people, "sockets_each": sockets_each})
    with ended(process):
        said_at_first = process.stdout.readline()
        if not said_at_first:
            raise LoadFailed("The idle sockets could not be opened; why stands above.")

        def ask() -> dict:
            process.stdin.write("\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask


@contextlib.contextmanager
def ended(process: subprocess.Popen) -> Iterator[None]:
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
