"""Prepares a server: migrates the database, collects the static files, and loads all templates and modules. So a change
of the checkout does not affect a running process."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.cache import caches
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.template import engines
from django.template.utils import get_app_template_dirs
from django.urls import get_resolver
from django.utils.module_loading import import_string

from vibechat import client_manifest
from vibechat.core import health, static_files
from vibechat.core.database_alarm import away_reason
from vibechat.core.environment import writes_to_folder

ADVISORY_LOCK = 0x76696265  # the same number in every process

# --- database and static files ---------------------------------------------------------------------------------------


def prepare(beside_another: bool = False) -> None:
    """Raises CommandError or ImproperlyConfigured with a sentence for the operator."""
    with writes_to_folder("VAR_DIR", settings.VAR_DIR):
        settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = open(settings.VAR_DIR / "start.lock", "w")  # noqa: SIM115
        if not beside_another:
            refuse_second_server()
    try:
        with lock, one_at_a_time(lock):
            migrate()
            collect()
    except DatabaseError as error:
        raise CommandError(database_sentence(error)) from error
    finally:
        connection.close()


def migrate() -> None:
    """Raises CommandError if a newer release has migrated the database, because its tables may have another meaning."""
    loader = MigrationLoader(connection)
    known = set(loader.disk_migrations).union(*(migration.replaces for migration in loader.disk_migrations.values()))
    newer = [key for key in loader.applied_migrations if key[0] in loader.migrated_apps and key not in known]
    if newer:
        names = ", ".join(sorted(".".join(key) for key in newer))
        raise CommandError(
            f"A newer release has changed {database_name()} ({names}). Start that release, or restore the backup from "
            "before the upgrade (docs/deploy.md)."
        )
    call_command("migrate", interactive=False, verbosity=0)
    health.write_something()


def database_name() -> str:
    return "the database of DATABASE_URL" if settings.DATABASE else str(settings.DATABASES["default"]["NAME"])


def database_sentence(error: DatabaseError) -> str:
    """Without the database's own message, which may quote a row or an address."""
    name, reason = database_name(), away_reason(error)
    if reason in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
        return f"Cannot read {name}: it is damaged, or no database. Restore a backup, or move it away (docs/deploy.md)."
    if reason == "disk_full":
        return f"Cannot write {name}: its disk has no space left."
    if reason == "read_only":
        return f"Cannot write {name}: it is read-only. May this account write it, and is its file system writable?"
    if reason:
        return f"Cannot open {name}. Is it running, and may this account use it?"
    causes = [type(error).__name__, getattr(error.__cause__, "sqlstate", None)]
    return f"Cannot bring {name} up to date ({' '.join(filter(None, causes))}). May this account make tables there?"


def collect() -> None:
    """Collect only if a file has changed, because collecting rewrites files that another process may be sending."""
    marker, state = settings.STATIC_ROOT / "collected", static_files.sources_hash()
    with writes_to_folder("STATIC_ROOT", settings.STATIC_ROOT):
        if not marker.exists() or marker.read_text() != state:
            marker.unlink(missing_ok=True)
            call_command("collectstatic", interactive=False, verbosity=0)
            marker.write_text(state)
    static_files.import_map()  # cached now, while this process holds the lock


@contextlib.contextmanager
def one_at_a_time(lock: IO) -> Iterator[None]:
    """Lets one process at a time prepare: on one machine by a file lock, on several by a lock of the database."""
    fcntl.flock(lock, fcntl.LOCK_EX)
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


kept_open: list[IO[str]] = []  # holds the locks until the process ends


def refuse_second_server() -> None:
    """Without Redis, a second server is refused, since pushes would not reach the sockets of the first."""
    if settings.REDIS_URL:
        return
    kept_open.append(open(settings.VAR_DIR / "server.lock", "w"))  # noqa: SIM115
    try:
        fcntl.flock(kept_open[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(
            f"Another server runs on {settings.VAR_DIR}. Stop it, or set VAR_DIR to another folder. Several server "
            "processes for the same people need REDIS_URL."
        ) from error


# --- preloading ------------------------------------------------------------------------------------------------------


def load_everything() -> None:
    """Load now what Django and our modules would load at first use, when the files may have changed."""
    get_resolver().url_patterns  # noqa: B018  (the routes and all views)
    get_default_password_validators()
    import_string(str(settings.CHANNEL_LAYERS["default"]["BACKEND"]))
    caches.all(initialized_only=False)
    templates = engines["django"]
    load_templates(templates, [*templates.dirs, *get_app_template_dirs("templates")])
    forms = cast(DjangoTemplates, get_default_renderer()).engine
    load_templates(forms, forms.template_dirs)
    client_manifest.manifest_json()  # renders every page and reads every file they name


def load_templates(engine: Any, folders: Any) -> None:
    for folder in map(Path, folders):
        for path in folder.rglob("*.html"):
            engine.get_template(path.relative_to(folder).as_posix())
