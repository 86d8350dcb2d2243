"""Loaded by pytest.ini before Django reads its settings: chooses the back end and keeps the run to itself.

pytest                      SQLite and the in-memory channel layer
pytest --backend=services   PostgreSQL and Redis, those of TEST_DATABASE_URL and TEST_REDIS_URL or the suite's own
pytest -n 2                 in two processes, each with a folder, a database and (of the suite's own) a Redis to itself
"""

import contextlib
import os
import tempfile
from pathlib import Path

import pytest

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
    """A wrapper comes before pytest-django, whose own hook reads the settings."""
    scratch = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="vibechat-tests-")))
    variables = service_addresses() if early_config.known_args_namespace.backend == "services" else {}
    lay_static(scratch)  # before Django reads the list of files
    # Worker processes inherit the environment and are not told of pytest.ini's options.
    environment = clean_environment(scratch, PYTEST_PLUGINS=__name__, **variables)
    os.environ.clear()
    os.environ.update(environment)
    return (yield)


def service_addresses() -> dict[str, str]:
    found = resources.enter_context(running("postgres", "redis"))
    if not isinstance(found["postgres"], Unavailable):
        os.environ["TEST_DATABASE_URL"] = found["postgres"]  # workers have databases of their own on this server
    for name, address in found.items():
        if isinstance(address, Unavailable):
            raise pytest.UsageError(f"--backend=services: {name} is not to be had: {address}")
    return {"DATABASE_URL": found["postgres"], "REDIS_URL": found["redis"]}


@pytest.hookimpl(trylast=True)
def pytest_configure():
    from django.conf import settings
    from django.contrib.auth.hashers import BCryptSHA256PasswordHasher

    # The real hasher, but cheap: hundreds of tests register somebody.
    BCryptSHA256PasswordHasher.rounds = 4
    # A file in WAL mode, as a server has it; Django would take an in-memory database, which locks differently.
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = str(settings.VAR_DIR / "test.sqlite3")


def pytest_unconfigure():
    resources.close()


@pytest.fixture(scope="session")
def backend(pytestconfig) -> str:
    return pytestconfig.getoption("backend")


@pytest.fixture(scope="session")
def collected_static():
    """Pages name their files by hash, which only `collectstatic` knows."""
    from vibechat.startup import collect

    collect()
