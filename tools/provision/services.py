"""PostgreSQL and Redis for one run: the servers that the environment names, else our own.

A keeper process stops our servers when the pipe to it closes. That happens even if the run ends by `kill -9`.

python -m tools.provision.services postgres redis     the keeper
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

from tools.provision import Unavailable
from tools.provision.postgres import Postgres
from tools.provision.processes import private_folder
from tools.provision.redis import Redis

KINDS: dict[str, type[Postgres] | type[Redis]] = {"postgres": Postgres, "redis": Redis}
GIVEN = {"postgres": "TEST_DATABASE_URL", "redis": "TEST_REDIS_URL"}


@contextlib.contextmanager
def running(*names: str) -> Iterator[dict[str, str | Unavailable]]:
    """{name: URL of the running server, or the reason why there is none}"""
    found: dict[str, str | Unavailable] = {
        name: os.environ[GIVEN[name]] for name in names if os.environ.get(GIVEN[name])
    }
    missing = [name for name in names if name not in found]
    if not missing:
        yield found
        return
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tools.provision.services", *missing],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert keeper.stdin
    assert keeper.stdout
    try:
        yield found | read_answer(keeper.stdout.readline())
    finally:
        keeper.stdin.close()
        keeper.wait(60)


def read_answer(line: str) -> dict[str, str | Unavailable]:
    answer = json.loads(line) if line else {}
    return {name: url or Unavailable(reason) for name, (url, reason) in answer.items()}


def keep(names: list[str]) -> None:
    """Start the named servers, print their URLs, and stop them when standard input closes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with contextlib.ExitStack() as stack:
        print(json.dumps({name: start(stack, name) for name in names}), flush=True)
        sys.stdin.read()


def start(stack: contextlib.ExitStack, name: str) -> tuple[str | None, str]:
    folder = stack.enter_context(private_folder(name))
    server = KINDS[name](folder)
    stack.callback(server.stop)
    try:
        server.start()
    except (Unavailable, OSError) as error:
        return None, str(error)
    return server.url, ""


if __name__ == "__main__":
    keep(sys.argv[1:])
