"""Health checks: the process answers; database and channel layer are reachable; the database accepts writes."""

import asyncio
import shutil
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import cast

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from vibechat.core.channel_layers import Layer
from vibechat.core.database_alarm import alarm, away_reason

TIMEOUT_SECONDS = 1.5
WRITE_CHECK_SECONDS = 5  # the minimum time between two writes
WATCH_SECONDS = 10
WATCH_TIMEOUT_SECONDS = 5
LEAST_FREE_BYTES = 16 * 1024 * 1024
RETRY_AFTER_SECONDS = 5
# One thread, so that probes of a hanging database wait for each other and do not occupy the server's threads.
database_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")


@csrf_exempt  # a POST is a 405
@require_safe
async def live(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@csrf_exempt
@require_safe
async def ready(request: HttpRequest) -> HttpResponse:
    names = ("database", "channel_layer")
    answers = await asyncio.gather(shared_answer_of(database_answers), shared_answer_of(channel_layer_answers))
    status = "ok" if set(answers) == {"ok"} else "unavailable"
    response = JsonResponse({"status": status, "checks": dict(zip(names, answers, strict=True))})
    if status != "ok":
        response.status_code = 503
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


running: dict[tuple, asyncio.Future[str]] = {}  # keys: (event loop, check)


async def shared_answer_of(check: Callable[[], Awaitable[object]]) -> str:
    """Concurrent probes share one check. Otherwise many probes would delay the next one beyond its timeout."""
    key = asyncio.get_running_loop(), check
    if key not in running:
        running[key] = asyncio.ensure_future(answer_of(check))
        running[key].add_done_callback(lambda _: running.pop(key))
    return await asyncio.shield(running[key])


async def answer_of(check: Callable[[], Awaitable[object]]) -> str:
    try:
        await asyncio.wait_for(check(), TIMEOUT_SECONDS)
    except Exception:
        return "unavailable"
    return "ok"


# --- the database ----------------------------------------------------------------------------------------------------


async def database_answers() -> None:
    await asyncio.get_running_loop().run_in_executor(database_thread, check_database)


def check_database() -> None:
    """Raises the errors of the database."""
    try:
        select_one()
        write_check.run()
    except Exception as error:
        alarm.note(error)
        raise
    finally:
        connection.close()


def select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


class WriteCheck:
    """Writes to the database and caches the result for WRITE_CHECK_SECONDS. Only one thread runs it."""

    def __init__(self) -> None:
        self.due = 0.0
        self.failure: Exception | None = None

    def run(self) -> None:
        if time.monotonic() >= self.due:
            self.due, self.failure = time.monotonic() + WRITE_CHECK_SECONDS, None
            try:
                write_something()
            except Exception as error:
                self.failure = error
            else:
                alarm.ended()
        if self.failure:
            raise self.failure


write_check = WriteCheck()


def write_something() -> None:
    write_to_postgresql() if connection.vendor == "postgresql" else write_to_sqlite()


def write_to_postgresql() -> None:
    """A temporary table needs new pages on the disk, and a commit of its catalogue entry."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1s'")
        note_start(cursor.execute("SELECT pg_postmaster_start_time()").fetchone()[0])
        cursor.execute("CREATE TEMPORARY TABLE health_check ON COMMIT DROP AS SELECT generate_series(1, 2000)")


starts: set[datetime] = set()  # the time of PostgreSQL's last start


def note_start(moment: datetime) -> None:
    """Detects a restart that no request has noticed."""
    if starts and moment not in starts:
        alarm.began("restarted")
    starts.clear()
    starts.add(moment)


def write_to_sqlite() -> None:
    """SQLite reuses the space of its journal, so a small write may succeed although the disk is full."""
    if shutil.disk_usage(settings.VAR_DIR).free < LEAST_FREE_BYTES:
        error = OperationalError("There is no space for the database to grow.")
        error.sqlite_errorname = "SQLITE_FULL"  # type: ignore[attr-defined]  # as sqlite3 itself sets it
        raise error
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 1000")
        try:
            version = cursor.execute("PRAGMA user_version").fetchone()[0]
            cursor.execute(f"PRAGMA user_version = {(version + 1) % 1000}")
        except OperationalError as error:
            if away_reason(error) != "SQLITE_BUSY":  # another connection writes, so the database accepts writes
                raise


def watch() -> None:
    """Check periodically in a thread, so that an outage is logged without a request."""
    threading.Thread(target=watch_for_ever, name="database-watch", daemon=True).start()


def watch_for_ever() -> None:
    while True:
        time.sleep(WATCH_SECONDS)
        try:
            check = database_thread.submit(check_database)
        except RuntimeError:
            return  # the process is ending
        wait_for(check)


def wait_for(check: Future[None]) -> None:
    try:
        check.result(WATCH_TIMEOUT_SECONDS)
    except TimeoutError:
        alarm.began("no_answer")
    except Exception as error:
        alarm.note(error)


# --- the channel layer -----------------------------------------------------------------------------------------------


async def channel_layer_answers() -> None:
    """Sends a message through the layer to itself."""
    layer, heard = cast(Layer, get_channel_layer()), asyncio.Event()
    channel = await layer.new_channel("health.")
    listening = asyncio.ensure_future(listen(layer, channel, heard))
    try:
        await layer.send(channel, {"type": "health.check"})
        await heard.wait()
    finally:
        listening.cancel()  # the only way to make a layer forget a channel
        await asyncio.gather(listening, return_exceptions=True)


async def listen(layer: Layer, channel: str, heard: asyncio.Event) -> None:
    while True:
        await layer.receive(channel)
        heard.set()
