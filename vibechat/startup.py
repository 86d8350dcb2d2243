"""What a start does before it serves: it brings the database and the static files up to date, and reads all that will
be served, so that an upgrade of the files under a running process changes nothing of what it answers."""

import contextlib
import fcntl
from pathlib import Path

from django.conf import settings
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.cache import caches
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.forms.renderers import get_default_renderer
from django.template import engines
from django.template.utils import get_app_template_dirs
from django.urls import get_resolver
from django.utils.module_loading import import_string

from vibechat import client_manifest, static_files

ADVISORY_LOCK = 0x76696265  # any number that every start of ours agrees on

# --- what is missing -------------------------------------------------------------------------------------------------


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


# --- what is served --------------------------------------------------------------------------------------------------


def load_everything() -> None:
    """Django and the modules below read these at their first use, which may come after the files have changed."""
    get_resolver().url_patterns  # noqa: B018  (the routes and all views)
    get_default_password_validators()
    import_string(settings.CHANNEL_LAYERS["default"]["BACKEND"])
    caches.all(initialized_only=False)
    templates = engines["django"]
    load_templates(templates, [*templates.dirs, *get_app_template_dirs("templates")])
    forms = get_default_renderer().engine
    load_templates(forms, forms.template_dirs)
    client_manifest.manifest_json()  # renders every page and reads every file that one names


def load_templates(engine, folders) -> None:
    for folder in map(Path, folders):
        for path in folder.rglob("*.html"):
            engine.get_template(path.relative_to(folder).as_posix())
