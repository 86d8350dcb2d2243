"""Starts a server for the audit on loopback, with the settings and the database of the environment."""

import base64
import contextlib
import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from tools.provision import Unavailable
from tools.provision.processes import free_port, stop
from tools.server import NotServing, announces_its_url, start_server, wait_for_server


def lost_report_key() -> str:
    """A report key that nobody has the private half of."""
    public_key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return base64.b64encode(public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).decode()


@contextlib.contextmanager
def running_server(log: Path) -> Iterator[str]:
    """Yields its URL. Its output goes to `log`. Raises Unavailable if it does not start."""
    port = free_port()
    environment = {"PORT": str(port), "BIND": "127.0.0.1", "REPORT_KEY": settings.REPORT_KEY or lost_report_key()}
    process = start_server(os.environ | environment, log, "--beside")
    try:
        wait_for_server(process, partial(announces_its_url, log), log)
        yield f"http://127.0.0.1:{port}"
    except NotServing as error:
        raise Unavailable(str(error)) from error
    finally:
        stop(process, signal.SIGTERM)
