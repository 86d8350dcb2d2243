"""`make run`: migrates, collects static files and serves, in one process."""

import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vibechat.core import health
from vibechat.startup import load_everything, prepare


class Command(BaseCommand):
    help = "Migrates, collects the static files and serves on BIND:PORT."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--beside",
            action="store_true",
            help="serve although another server runs on VAR_DIR; neither pushes to the people of the other",
        )

    def handle(self, *, beside: Any, **options: Any) -> None:
        with ended_by_ctrl_c():
            check_address()
            prepare(beside_another=beside)
            self.warn()
            server = self.loaded()
        self.serve(server)

    def warn(self) -> None:
        if not settings.RATELIMIT_ENABLE:
            self.stderr.write("RATELIMIT_ENABLE is False: there are no rate limits. This is for load tests only.")
        if not settings.VENDOR_DIR.is_dir():
            self.stderr.write("Numbers are compared without QR codes: deploy/vendor.py has not fetched their library.")

    def loaded(self) -> uvicorn.Server:
        from vibechat.asgi import application  # the import reads the list of collected files
        from vibechat.server import BoundedServer

        load_everything()
        gc.collect()
        gc.freeze()  # a full collection that searched all that is loaded would stop the event loop for 0.1 s or more
        return BoundedServer(application, self.announce)

    def serve(self, server: uvicorn.Server) -> None:
        health.watch()
        try:
            listening = bound_socket()
            listening.listen(BACKLOG)
        except OSError as error:
            raise CommandError(listen_sentence(error)) from error
        with listening:
            server.run([listening])

    def announce(self) -> None:
        self.stdout.write(f"VibeChat is at {address()}")
        sys.stdout.flush()


@contextlib.contextmanager
def ended_by_ctrl_c() -> Iterator[None]:
    """Ctrl-C ends the process at once. Python would raise KeyboardInterrupt, which is lost if it comes in a callback of
    an import or of the garbage collector.
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # not if a shell ignores it for a process in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


BACKLOG = 2048


def bound_socket() -> socket.socket:
    """Raises OSError if the address cannot be bound."""
    bound = socket.socket(socket.AF_INET6 if ":" in settings.BIND else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((settings.BIND, settings.PORT))
    except OSError:
        bound.close()
        raise
    return bound


def check_address() -> None:
    """Fail early if the address cannot be bound. It does not listen, because a proxy would connect."""
    try:
        bound_socket().close()
    except OSError as error:
        raise CommandError(listen_sentence(error)) from error


def address() -> str:
    if settings.PUBLIC:
        return f"https://{settings.ALLOWED_HOSTS[0]}"
    host = (
        settings.BIND if settings.BIND.strip("0.:") else "127.0.0.1"
    )  # 0.0.0.0 and :: are all addresses of the machine
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"


def listen_sentence(failure: OSError) -> str:
    place = f"{settings.BIND} port {settings.PORT}"
    if "in use" in str(failure):
        return f"Something else listens on {place}. Stop it, or choose another port: PORT=8001 make run"
    return f"Cannot listen on {place}: {failure}"
