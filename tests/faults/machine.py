"""PostgreSQL, Redis and server processes that a fault can stop and start."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from tests.browser.proxy import Line, hang_up
from tests.browser.site import Server
from tests.support.collected import lay_static
from tools.provision.postgres import Postgres
from tools.provision.processes import private_folder, spawn, wait_until
from tools.provision.redis import Redis

DAY_SECONDS = 86_400
SHIFTED_CLOCK = Path(__file__).parent / "shifted_clock"


class RedisLine(Line):
    """A proxy between one process and Redis. It records nothing."""

    def pump(self, source, target, copy) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.flowing.wait()
                target.sendall(data)
        hang_up(source, target)

    @property
    def redis_url(self) -> str:
        return self.url.replace("http", "redis", 1) + "/0"


class Machine:
    """The first server process reaches Redis through `redis_line`, which can be cut for it alone."""

    def __init__(self, folder: Path, check_seconds: int, postgres: Postgres | None = None, redis: Redis | None = None):
        self.folder, self.postgres, self.redis = folder, postgres, redis
        self.check_seconds = check_seconds
        self.servers: list[Server] = []
        self.redis_line = RedisLine(redis.port) if redis else None

    def add_server(self) -> Server:
        """The file in CLOCK_OFFSET_FILE sets the server's clock."""
        name = f"server-{len(self.servers)}"
        variables = {
            "STATIC_ROOT": str(self.folder / "static"),
            "SOCKET_CHECK_SECONDS": str(self.check_seconds),
            "ACCESS_TOKEN_SECONDS": str(DAY_SECONDS),
            "PYTHONPATH": str(SHIFTED_CLOCK),
            "CLOCK_OFFSET_FILE": str(self.folder / f"{name}.clock"),
        }
        if self.postgres and self.redis:
            redis_url = self.redis.url if self.servers else self.redis_line.redis_url
            variables |= {"DATABASE_URL": self.postgres.url, "REDIS_URL": redis_url}
        self.servers.append(Server(self.folder / name, **variables))
        return self.servers[-1]

    def shift_clock(self, server: Server, seconds: int) -> None:
        file = Path(server.environment["CLOCK_OFFSET_FILE"])
        draft = file.with_suffix(".draft")
        draft.write_text(str(seconds))
        draft.replace(file)  # atomically, because a partly written file would be another offset

    async def put_back(self) -> None:
        """Start again what a failed fault has left stopped."""
        if self.redis_line:
            self.redis_line.mend()
            self.redis.process.send_signal(signal.SIGCONT)
        if self.redis and self.redis.process.poll() is not None:
            await self.start_redis()
        if self.postgres and self.postgres.process.poll() is not None:
            await self.start_postgres()
        for server in self.servers:
            self.shift_clock(server, 0)
            if server.process.poll() is not None:
                await self.start(server)

    # --- server processes ------------------------------------------------------------------------------------------

    async def start(self, server: Server) -> None:
        await asyncio.to_thread(server.start)

    async def kill(self, server: Server) -> None:
        server.process.kill()
        await asyncio.to_thread(server.process.wait)

    async def terminate(self, server: Server) -> int:
        """Send SIGTERM and return the exit code."""
        server.process.terminate()
        return await asyncio.to_thread(server.process.wait, 30)

    async def refuses(self, server: Server) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        except ConnectionRefusedError:
            return True
        writer.close()
        return False

    async def are_ready(self) -> bool:
        return all([await asyncio.to_thread(server.is_ready) for server in self.servers])

    # --- Redis -----------------------------------------------------------------------------------------------------

    async def stop_redis(self) -> None:
        await asyncio.to_thread(self.redis.stop)

    async def start_redis(self) -> None:
        await asyncio.to_thread(self.redis.start)

    @contextlib.contextmanager
    def redis_frozen(self) -> Iterator[None]:
        """Redis accepts connections and commands, and does not answer."""
        self.redis.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.redis.process.send_signal(signal.SIGCONT)

    # --- PostgreSQL ------------------------------------------------------------------------------------------------

    async def stop_postgres(self, signal_number: int) -> None:
        """SIGINT is a fast shutdown. SIGQUIT is a crash, which needs recovery at the next start."""
        self.postgres.process.send_signal(signal_number)
        await asyncio.to_thread(self.postgres.process.wait, 30)

    async def start_postgres(self) -> None:
        self.postgres.process = spawn(self.postgres.process.args, self.postgres.folder, self.postgres.log)
        arguments = (self.postgres.answers, self.postgres.process, "PostgreSQL", self.postgres.log)
        await asyncio.to_thread(wait_until, *arguments)

    @contextlib.asynccontextmanager
    async def database(self):
        async with await psycopg.AsyncConnection.connect(self.postgres.url, autocommit=True) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def mailbox_locked(self, email: str):
        lock = "SELECT FROM mailboxes JOIN users ON users.id = user_id WHERE email = %s FOR UPDATE OF mailboxes"
        async with self.database() as database, database.transaction():
            await database.execute(lock, [email])
            yield

    async def is_committed(self, client_id: str) -> bool:
        return await self.finds("SELECT FROM messages WHERE client_id = %s", client_id)

    async def somebody_waits_for_a_lock(self) -> bool:
        return await self.finds("SELECT FROM pg_locks WHERE NOT granted")

    async def finds(self, query: str, *values) -> bool:
        async with self.database() as database:
            return (await database.execute(query, values)).rowcount > 0


def resident_bytes(process: subprocess.Popen) -> int:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def running_machine(folder: Path, check_seconds: int) -> Iterator[Machine]:
    """Two server processes. Raises Unavailable without PostgreSQL or Redis."""
    with contextlib.ExitStack() as stack:
        services = []
        for kind in (Postgres, Redis):
            service = kind(stack.enter_context(private_folder(kind.__name__.lower())))
            stack.callback(service.stop)
            service.start()
            services.append(service)
        commit_durably(services[0])
        machine = Machine(folder, check_seconds, *services)
        stack.callback(machine.redis_line.close)
        yield stack.enter_context(serving(machine, 2))


@contextlib.contextmanager
def embedded_machine(folder: Path, check_seconds: int) -> Iterator[Machine]:
    """One process on SQLite with the in-memory channel layer."""
    with serving(Machine(folder, check_seconds), 1) as machine:
        yield machine


@contextlib.contextmanager
def serving(machine: Machine, processes: int) -> Iterator[Machine]:
    lay_static(machine.folder)
    with contextlib.ExitStack() as stack, ThreadPoolExecutor() as threads:
        for _ in range(processes):
            stack.callback(machine.add_server().stop)
        list(threads.map(Server.start, machine.servers))
        yield machine


def commit_durably(postgres: Postgres) -> None:
    """Turn on synchronous commits. The test suite's PostgreSQL runs without them and could lose its last commits in a
    crash.
    """
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE postgres SET synchronous_commit = on")
