"""With the role settings of docs/deploy.md, PostgreSQL's log holds no addresses."""

import contextlib
import os
import re
import signal
import time

import psycopg
import pytest

from tests.support.environment import ROOT
from tests.support.service_fixtures import started
from tools.provision.postgres import USER, Postgres

pytestmark = pytest.mark.once
SETTINGS = re.findall(r"ALTER ROLE vibechat SET (\w+ = \w+)", (ROOT / "docs" / "deploy.md").read_text())
EMAIL = "alice@example.org"


@pytest.fixture
def postgres():
    yield from started(Postgres)


@pytest.fixture
def with_settings(postgres):
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for setting in SETTINGS:
            connection.execute(f"ALTER ROLE {USER} SET {setting}")
    return postgres


def kill_a_backend(postgres) -> str:
    """Kill a backend during a statement that holds an address, and return the log."""
    connection = psycopg.connect(postgres.url, autocommit=True)
    process_id = connection.info.backend_pid
    connection.pgconn.send_query(f"SELECT pg_sleep(60), '{EMAIL}'".encode())
    time.sleep(0.5)
    os.kill(process_id, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while "was terminated by signal 9" not in (log := postgres.log.read_text()):
        assert time.monotonic() < deadline, log
        time.sleep(0.1)
    time.sleep(0.5)
    return postgres.log.read_text()


def test_killed_backend_is_logged_without_its_statement(with_settings):
    assert EMAIL not in kill_a_backend(with_settings)


def test_killed_backend_is_logged_with_its_statement_by_default(postgres):
    """Shows that the settings are needed."""
    assert EMAIL in kill_a_backend(postgres)


def test_refused_row_is_logged_without_its_values(with_settings):
    with psycopg.connect(with_settings.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (email text UNIQUE)")
        connection.execute("INSERT INTO people VALUES (%s)", [EMAIL])
        with contextlib.suppress(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES (%s)", [EMAIL])
    assert "duplicate key" in with_settings.log.read_text()
    assert EMAIL not in with_settings.log.read_text()
