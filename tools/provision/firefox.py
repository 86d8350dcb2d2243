"""The machine's Firefox, since no Python or npm package contains it. VIBE_FIREFOX names another program."""

import functools
import os
import shutil
import tempfile

from tools.provision import Unavailable
from tools.provision.processes import prints

NAMES = ("firefox-esr", "firefox")
LISTENS = "WebDriver BiDi listening"


@functools.cache
def find_firefox() -> str:
    for name in filter(None, (os.environ.get("VIBE_FIREFOX"), *NAMES)):
        if (program := shutil.which(name)) and starts(program):
            return program
    raise Unavailable("this machine has no Firefox that can be driven over WebDriver BiDi")


def starts(program: str) -> bool:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", profile]
        try:
            return prints(LISTENS, [program, *options], dict(os.environ))
        except OSError:
            return False
