"""Static files, collected once for a run. Each VAR_DIR of a server or a test process starts with them.

Collecting takes 3 s of CPU time, and a run starts some sixty servers.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.environment import ROOT, clean_environment

VARIABLE = "TEST_COLLECTED_STATIC"
COLLECT = "from vibechat.startup import collect; collect()"


def collect_once(folder: Path) -> None:
    """Collect the files and name the folder to all child processes. If that fails, each server collects for itself."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "--command", COLLECT]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(folder), stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        os.environ[VARIABLE] = str(folder / "static")


def lay_static(var_dir: Path) -> None:
    """The files are links, so a test that changes one deletes it first."""
    collected = os.environ.get(VARIABLE)
    if collected and not (var_dir / "static").exists():
        shutil.copytree(collected, var_dir / "static", copy_function=link_or_copy)


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # on another file system
        shutil.copy2(source, target)
