"""Starts service processes: unprivileged, on loopback, each in a private folder."""

import contextlib
import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.provision import Unavailable


def account() -> dict:
    """Arguments for subprocess to drop root privileges; PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def private_folder(name: str) -> Iterator[Path]:
    """A temporary folder owned by the account; permissions outside it are not changed."""
    folder = Path(tempfile.mkdtemp(prefix=f"vibechat-{name}-"))
    try:
        hand_over(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def hand_over(path: Path) -> None:
    if unprivileged := account():
        os.chown(path, unprivileged["user"], unprivileged["group"])


def spawn(command: list[str | Path], folder: Path, log: Path) -> subprocess.Popen:
    with log.open("ab") as output:
        return subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **account()
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready: Callable[[], bool], process: subprocess.Popen, name: str, log: Path, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            last_words = log.read_text(errors="replace")[-500:] if log.exists() else ""
            raise Unavailable(f"{name} did not start: {last_words.strip() or 'no output'}")
        time.sleep(0.05)


def prints(words: str, command: list[str], environment: dict[str, str], seconds: float = 60) -> bool:
    """Whether the command writes these words to standard error. The command is stopped afterwards."""
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stderr
    end = functools.partial(os.killpg, process.pid, signal.SIGKILL)
    patience = threading.Timer(seconds, end)
    patience.start()
    try:
        return any(words in line for line in process.stderr)
    finally:
        patience.cancel()
        end()
        process.communicate()


def stop(process: subprocess.Popen, signal_number: int, seconds: float = 10) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal_number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
