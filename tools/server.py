"""Starts `manage.py serve` as a subprocess, for tests, benchmarks and the audit."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90  # the first start collects the static files


class NotServing(Exception):
    """The server has exited or is not ready in time; the message contains the end of its log."""


def start_server(
    environment: dict[str, str], log: Path, *arguments: str, output: Path | None = None, checkout: Path = ROOT
) -> subprocess.Popen:
    """Standard error goes to `log`, standard output to `output` if given, else to `log` too."""
    with log.open("ab") as errors, (output or log).open("ab") as said:
        return subprocess.Popen(
            [sys.executable, "manage.py", "serve", *arguments],
            cwd=checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=errors,
        )


def wait_for_server(process: subprocess.Popen, is_ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            what = "has ended" if process.poll() is not None else "is not ready"
            raise NotServing(f"The server {what}: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def announces_its_url(output: Path) -> bool:
    return "VibeChat is at" in output.read_text(errors="replace")
