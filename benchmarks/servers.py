"""The measured services: PostgreSQL and Redis as in production, and the server processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from tests.support.collected import lay_static
from tests.support.environment import ROOT, clean_environment
from tools.provision.postgres import SETTINGS, Postgres, copy_programs
from tools.provision.processes import free_port, private_folder, spawn, stop, wait_until
from tools.provision.redis import Redis
from tools.server import announces_its_url, start_server, wait_for_server

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
ACCESS_TOKEN_SECONDS = 86_400  # longer than a run
START_SECONDS = 60
STOP_SECONDS = 15


class DurablePostgres(Postgres):
    """The PostgreSQL of the tests, but with durable commits."""

    def start(self) -> None:
        programs = copy_programs(self.folder / "software")
        self.initialise(programs / "initdb")
        settings = {**SETTINGS, **DURABLE, "port": str(self.port)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        self.process = spawn([programs / "postgres", "-D", self.folder / "data", *options], self.folder, self.log)
        wait_until(self.answers, self.process, "PostgreSQL", self.log)

    def create_database(self, name: str) -> str:
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url.rpartition("/")[0] + f"/{name}"

    def execute(self, *statements: str, database: str | None = None) -> None:
        """Each statement runs in a separate transaction."""
        with psycopg.connect(database or self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@dataclass(frozen=True, eq=False)
class App:
    name: str
    port: int
    process: subprocess.Popen
    environment: dict[str, str]

    @property
    def is_floor(self) -> bool:
        return self.name == "floor"


class Site:
    """One PostgreSQL, one Redis and the started apps; all stop when the context ends."""

    def __enter__(self):
        self.people_made = {}
        self.databases = {}
        self.apps = {}
        with contextlib.ExitStack() as stack:
            self.postgres = start_service(stack, "postgres", DurablePostgres)
            self.redis = start_service(stack, "redis", Redis)
            self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vibechat-benchmark-")))
            lay_static(self.folder / "var")
            self.resources = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.resources.close()

    def database(self, name: str) -> str:
        if name not in self.databases:
            self.databases[name] = self.postgres.create_database(name)
        return self.databases[name]

    # --- applications ------------------------------------------------------------------------------------------------

    def floor(self) -> App:
        return self.apps.get("floor") or self.apps.setdefault("floor", self.start_floor())

    def vibechat(self, checkout: Path = ROOT) -> App:
        name = "vibechat" if checkout == ROOT else checkout.name
        return self.apps.get(name) or self.apps.setdefault(name, self.start_vibechat(name, checkout))

    def start_floor(self, **variables: str) -> App:
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "benchmarks.floor:application", f"--port={port}"]
        command += ["--loop=uvloop", "--http=httptools", "--ws=websockets", "--ws-per-message-deflate=false"]
        command += ["--lifespan=on", "--no-access-log"]
        environment = {"DATABASE_URL": self.database("floor"), "REDIS_URL": self.redis.url, **variables}
        return self.start_app("floor", command, port, os.environ | environment, "Uvicorn running on")

    def start_vibechat(self, database: str = "vibechat", checkout: Path = ROOT) -> App:
        port = free_port()
        environment = clean_environment(
            self.folder / ("var" if checkout == ROOT else f"var-{database}"),
            PORT=str(port),
            DATABASE_URL=self.database(database),
            REDIS_URL=self.redis.url,
            RATELIMIT_ENABLE="False",
            ACCESS_TOKEN_SECONDS=str(ACCESS_TOKEN_SECONDS),
        )
        log = self.folder / f"{port}.log"
        process = start_server(environment, log, checkout=checkout)
        self.resources.callback(stop, process, signal.SIGTERM, STOP_SECONDS)
        wait_for_server(process, partial(announces_its_url, log), log)
        return App("vibechat", port, process, environment)

    def start_app(self, name, command, port, environment, ready) -> App:
        log = self.folder / f"{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        self.resources.callback(stop, process, signal.SIGTERM, STOP_SECONDS)
        wait_until(lambda: ready in log.read_text(errors="replace"), process, name, log, START_SECONDS)
        return App(name, port, process, environment)

    def stop_app(self, app: App) -> None:
        stop(app.process, signal.SIGTERM, STOP_SECONDS)

    def analyze(self, app: App) -> None:
        """Autovacuum does it within a minute. Until then a plan made for empty tables may use the wrong index."""
        self.postgres.execute("ANALYZE", database=app.environment["DATABASE_URL"])

    def process_ids(self, *apps: App) -> dict[str, list[int]]:
        return {
            "app": [app.process.pid for app in apps],
            "postgres": [self.postgres.process.pid],
            "redis": [self.redis.process.pid],
        }

    # --- people ------------------------------------------------------------------------------------------------------

    def people(self, app: App, count: int, group: str = "person") -> list[dict]:
        """The first `count` people of a group in the app's database. For the floor a person is just an email."""
        made = self.people_made.setdefault((app.environment["DATABASE_URL"], group), [])
        if emails := [f"{group}{number}@example.org" for number in range(len(made), count)]:
            made += floor_people(emails) if app.is_floor else make_people(app, emails)
        return made[:count]


def start_service(stack, name, kind):
    service = kind(stack.enter_context(private_folder(name)))
    stack.callback(service.stop)
    service.start()
    return service


def floor_people(emails: list[str]) -> list[dict]:
    return [{"email": email, "token": email, "fingerprint": "0" * 64} for email in emails]


def make_people(app: App, emails: list[str]) -> list[dict]:
    command = [sys.executable, "-m", "benchmarks.people"]
    done = subprocess.run(
        command, cwd=ROOT, env=app.environment, input=json.dumps(emails), capture_output=True, text=True, timeout=600
    )
    if done.returncode != 0:
        raise RuntimeError(f"The people could not be made: {done.stderr[-2000:]}")
    return json.loads(done.stdout)
