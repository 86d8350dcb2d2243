"""The operators' side of reports: their key, and what their command shows."""

import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.browser.site import REPORTS, Server
from tests.support.environment import ROOT


def write_report_key(file: Path) -> Path:
    """The private half of the report key of all servers of the tests."""
    key = ec.derive_private_key(int(REPORTS["private_key"], 16), ec.SECP256R1())
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


def opened_reports(server: Server, key_file: Path) -> list[str]:
    """What `open_reports` shows, a text for each report."""
    command = [sys.executable, "manage.py", "open_reports", f"--key={key_file}"]
    done = subprocess.run(command, cwd=ROOT, env=server.environment, capture_output=True, text=True, check=True)
    return ("\n" + done.stdout).split("\nReport ")[1:]
