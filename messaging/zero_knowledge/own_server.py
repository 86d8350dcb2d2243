"""Starts a server for the audit on loopback, with the settings and the database of the environment."""

import contextlib
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tools.provision import Unavailable
from tools.provision.processes import free_port, stop
from tools.server import NotServing, announces_its_url, start_server, wait_for_server


@contextlib.contextmanager
def running_server(log: Path) -> Iterator[str]:
    """Yields its URL. Its output goes to `log`. Raises Unavailable if it does not start."""
    port = free_port()
    process = start_server(os.environ | {"PORT": str(port), "BIND": "127.0.0.1"}, log, "--beside")
    try:
        wait_for_server(process, partial(announces_its_url, log), log)
        yield f"http://127.0.0.1:{port}"
    except NotServing as error:
        raise Unavailable(str(error)) from error
    finally:
        stop(process, signal.SIGTERM)
