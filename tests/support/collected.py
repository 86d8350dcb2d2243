"""Static files, collected once for a run, and a database, migrated once. Each VAR_DIR of a server or a test process
starts with the files, and that of a server on SQLite with the database too.

Collecting takes 4 s of CPU time and the migrations 0.8 s, and a run starts some sixty servers.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.environment import ROOT, clean_environment

VARIABLE = "TEST_COLLECTED_STATIC"
DATABASE = "vibechat.sqlite3"
COLLECT = "from vibechat.startup import prepare; prepare()"


def collect_once(folder: Path) -> None:
    """Collect and migrate, and name the folder to all child processes. If that fails, each server does it itself."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "--command", COLLECT]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(folder), stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        os.environ[VARIABLE] = str(folder / "static")


def lay_static(var_dir: Path) -> None:
    """The files are links, so a test that changes one deletes it first."""
    collected = os.environ.get(VARIABLE)
    if collected and not (var_dir / "static").exists():
        shutil.copytree(collected, var_dir / "static", copy_function=link_or_copy)


def lay_server(var_dir: Path) -> None:
    """The files, and a database without rows as the server itself would make it."""
    lay_static(var_dir)
    collected = os.environ.get(VARIABLE)
    if collected and not (var_dir / DATABASE).exists():
        shutil.copy2(Path(collected).with_name(DATABASE), var_dir / DATABASE)


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # on another file system
        shutil.copy2(source, target)
