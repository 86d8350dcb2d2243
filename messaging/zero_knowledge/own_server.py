"""A server process of the audit's own, on loopback, with the settings of the environment and their database."""

import contextlib
import os
import signal
import subprocess  # nosec B404
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from tools.provision.processes import free_port, stop, wait_until

START_SECONDS = 60


@contextlib.contextmanager
def running_server(log: Path) -> Iterator[str]:
    """Its address. What it says goes into `log`. Raises Unavailable where it does not start."""
    port = free_port()
    environment = os.environ | {"PORT": str(port), "BIND": "127.0.0.1"}
    with log.open("wb") as output:
        process = subprocess.Popen(  # nosec B603
            [sys.executable, "manage.py", "serve", "--beside"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: b"VibeChat is at" in log.read_bytes(), process, "the server", log, START_SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process, signal.SIGTERM)
