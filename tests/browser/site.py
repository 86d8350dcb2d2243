"""The real server, started as a person starts it: one embedded process, or two on PostgreSQL and Redis."""

import base64
import contextlib
import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg

from tests.support.collected import lay_server, lay_static
from tests.support.environment import ROOT, clean_environment
from tools.provision.processes import free_port, stop
from tools.server import start_server, wait_for_server

REPORTS = json.loads((ROOT / "docs/test_vectors/reports.json").read_text())


class Server:
    def __init__(self, var_dir: Path, **variables: str):
        self.var_dir = var_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = var_dir.with_suffix(".log")
        report_key = base64.b64encode(bytes.fromhex(REPORTS["report_key"])).decode()
        given = {
            "DJANGO_SETTINGS_MODULE": "tests.support.settings",
            "RATELIMIT_ENABLE": "False",
            "REPORT_KEY": report_key,
        }
        given |= variables
        self.environment = clean_environment(var_dir, PORT=str(self.port), **given)
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        if "STATIC_ROOT" not in self.environment:
            (lay_static if self.environment.get("DATABASE_URL") else lay_server)(self.var_dir)
        self.process = start_server(self.environment, self.log)
        wait_for_server(self.process, self.is_ready, self.log)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/health/ready", timeout=5, verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        if self.process:
            stop(self.process, signal.SIGTERM)

    def reset_link(self, email: str) -> str:
        """As an operator makes it for a server without mail."""
        command = [sys.executable, "manage.py", "reset_link", email]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()


class Site:
    """Alice's server and Bob's: the same one, or two that share a database and a channel layer."""

    def __init__(self, servers: list[Server], database_url: str):
        self.servers = servers
        self.database_url = database_url

    def server_of(self, name: str) -> Server:
        return self.servers[0] if name == "alice" else self.servers[-1]

    @contextlib.contextmanager
    def database(self) -> Iterator:
        """A connection behind the server's back, to look and to tamper; `?` marks a parameter in both dialects."""
        if self.database_url:
            connection = psycopg.connect(self.database_url)
        else:
            connection = sqlite3.connect(self.servers[0].var_dir / "vibechat.sqlite3", timeout=20)
        with contextlib.closing(connection), connection:
            yield connection

    def execute(self, statement: str, *parameters) -> list[tuple]:
        with self.database() as connection:
            cursor = connection.execute(statement.replace("?", "%s" if self.database_url else "?"), parameters)
            return cursor.fetchall() if cursor.description else []

    def kept(self) -> bytes:
        """Everything that the servers keep: files, logs, and each row of each table of a PostgreSQL database."""
        files = [path for server in self.servers for path in (server.log, *server.var_dir.rglob("*"))]
        contents = [path.read_bytes() for path in files if path.is_file()]
        return b"\0".join([*contents, *self.database_dump()])

    def database_dump(self) -> list[bytes]:
        if not self.database_url:
            return []
        tables = self.execute("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = [row for (table,) in tables for row in self.execute(f"SELECT whole::text FROM {table} AS whole")]
        return [row[0].encode() for row in rows]


@contextlib.contextmanager
def running_site(folder: Path, backend: str) -> Iterator[Site]:
    database_url = make_database() if backend == "services" else ""
    shared = {"DATABASE_URL": database_url, "REDIS_URL": os.environ["REDIS_URL"]} if database_url else {}
    servers = [Server(folder / f"server-{number}", **shared) for number in range(2 if database_url else 1)]
    with contextlib.ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
            server.start()
        yield Site(servers, database_url)


def make_database() -> str:
    """A database of its own, on the server that the environment names."""
    address, name = os.environ["DATABASE_URL"], f"browser_{secrets.token_hex(6)}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{address.rpartition('/')[0]}/{name}"
