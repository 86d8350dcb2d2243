"""Loaded by pytest.ini before Django reads its settings. Chooses the back end and isolates the run.

pytest                      SQLite and the in-memory channel layer
pytest --backend=services   PostgreSQL and Redis, from TEST_DATABASE_URL and TEST_REDIS_URL or started here
pytest -n 2                 in two processes, each with its own folder, database and (if started here) Redis
"""

import contextlib
import os
import tempfile
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.support.collected import lay_static
from tests.support.environment import clean_environment
from tools.provision import Unavailable
from tools.provision.services import running

BACKENDS = ("embedded", "services")
resources = contextlib.ExitStack()


def pytest_addoption(parser):
    parser.addoption("--backend", choices=BACKENDS, default="embedded", help="what the tests run on")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    """A wrapper runs before pytest-django's hook, which reads the settings."""
    scratch = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="vibechat-tests-")))
    variables = service_addresses() if early_config.known_args_namespace.backend == "services" else {}
    lay_static(scratch)  # before Django reads the manifest of static files
    # Worker processes inherit the environment, but do not get the options of pytest.ini.
    environment = clean_environment(scratch, PYTEST_PLUGINS=__name__, **variables)
    os.environ.clear()
    os.environ.update(environment)
    return (yield)


def service_addresses() -> dict[str, str]:
    found = resources.enter_context(running("postgres", "redis"))
    if not isinstance(found["postgres"], Unavailable):
        os.environ["TEST_DATABASE_URL"] = found["postgres"]  # workers create their own databases on this server
    for name, address in found.items():
        if isinstance(address, Unavailable):
            raise pytest.UsageError(f"--backend=services: {name} is not available: {address}")
    return {"DATABASE_URL": found["postgres"], "REDIS_URL": found["redis"]}


@pytest.hookimpl(trylast=True)
def pytest_configure():
    from django.conf import settings
    from django.contrib.auth.hashers import BCryptSHA256PasswordHasher

    from tests.support import flush

    flush.use_it()
    # The real hasher with few rounds, because hundreds of tests create accounts.
    BCryptSHA256PasswordHasher.rounds = 4
    # A file in WAL mode, as in production. Django's default is an in-memory database, which locks differently.
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = str(settings.VAR_DIR / "test.sqlite3")
        database["CONN_MAX_AGE"] = 0  # no thread of the application keeps a connection from one test to the next


def pytest_unconfigure():
    resources.close()


class Scheduling(LoadFileScheduling):
    """A worker takes whole files, and all files that share the servers of tests/deployment."""

    def _split_scope(self, nodeid):
        return "tests/deployment" if nodeid.startswith("tests/deployment/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def backend(pytestconfig) -> str:
    return pytestconfig.getoption("backend")


@pytest.fixture(scope="session")
def collected_static():
    """Collect the static files, because pages name them by hash."""
    from vibechat.startup import collect

    collect()
