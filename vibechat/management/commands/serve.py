"""`make run`: prepares what is missing and serves, in one process."""

import contextlib
import fcntl
import sys

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from vibechat import static_files

ADVISORY_LOCK = 0x76696265  # any number that every start of ours agrees on


class Command(BaseCommand):
    help = "Migrates, collects the static files and serves on BIND:PORT."

    def handle(self, **options):
        prepare()
        if not settings.RATELIMIT_ENABLE:
            self.stderr.write("RATELIMIT_ENABLE is False: there are no rate limits. This is for load tests only.")
        if settings.SERVER == "uvicorn" and not settings.BEHIND_PROXY:
            self.stderr.write("SERVER is uvicorn and BEHIND_PROXY is False: what strangers send is bounded by nginx.")
        if not settings.VENDOR_DIR.is_dir():
            self.stderr.write("Numbers are compared without QR codes: deploy/vendor.py has not fetched their library.")
        self.serve()

    def serve(self):
        from vibechat.asgi import application  # after collectstatic: it reads the list of files

        failure = SERVERS[settings.SERVER](application, self.announce)
        if failure:
            raise CommandError(listen_sentence(failure))

    def announce(self):
        self.stdout.write(f"VibeChat is at {address()}")
        sys.stdout.flush()


def serve_with_daphne(application, announce):
    from vibechat.server import BoundedServer, endpoint

    server = BoundedServer(application, [endpoint(settings.BIND, settings.PORT)], ready_callable=announce)
    server.run()
    return server.listen_failure


def serve_with_uvicorn(application, announce):
    from vibechat.uvicorn_server import UvicornServer, listener

    try:
        listening = listener()
    except OSError as error:
        return error
    with listening:
        UvicornServer(application, announce).run([listening])
    return None


# Each serves until it is told to stop, and returns the reason where it could not listen.
SERVERS = {"daphne": serve_with_daphne, "uvicorn": serve_with_uvicorn}


def address() -> str:
    if settings.PUBLIC:
        return f"https://{settings.ALLOWED_HOSTS[0]}"
    host = settings.BIND if settings.BIND.strip("0.:") else "127.0.0.1"  # all zeros are every address of this machine
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"


def listen_sentence(failure) -> str:
    place = f"{settings.BIND} port {settings.PORT}"
    if "in use" in str(failure):
        return f"Something else listens on {place}. Stop it, or choose another port: PORT=8001 make run"
    return f"Cannot listen on {place}: {getattr(failure, 'socketError', failure)}"


def prepare():
    settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with one_at_a_time():
            call_command("migrate", interactive=False, verbosity=0)
            collect()
    except OperationalError as error:
        where = "the database of DATABASE_URL" if settings.DATABASE else settings.DATABASES["default"]["NAME"]
        raise CommandError(f"Cannot open {where}. Is it running, and may this account use it?") from error
    finally:
        connection.close()


def collect():
    """Collecting writes each file anew, also under the eyes of a server that sends it: only where something changed."""
    marker, state = settings.STATIC_ROOT / "collected", static_files.sources_hash()
    if not marker.exists() or marker.read_text() != state:
        marker.unlink(missing_ok=True)
        call_command("collectstatic", interactive=False, verbosity=0)
        marker.write_text(state)
    static_files.import_map()  # reads the list of files while no other start writes it


@contextlib.contextmanager
def one_at_a_time():
    """Several processes may start at once, on one machine (the file) or on several (the database)."""
    with open(settings.VAR_DIR / "start.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])
