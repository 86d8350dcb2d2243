"""A failed start prints a sentence and no traceback."""

import contextlib
import sqlite3

import httpx
import psycopg
import pytest
from django.core.management.base import CommandError
from django.db import DatabaseError, OperationalError, ProgrammingError, connection
from django.db.migrations.recorder import MigrationRecorder

from vibechat import startup

NOT_A_FOLDER = "/proc/version"


def refusal(server) -> str:
    server.start()
    assert server.process.wait(60) == 1
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "VibeChat is at" not in server.output.read_text()
    return log


@pytest.mark.once
@pytest.mark.parametrize(
    ("folder", "secret"),
    [
        (NOT_A_FOLDER, ""),  # refused by the settings, as in test_configuration.py
        ("/proc", "a secret key of more than thirty-two characters"),  # refused by the command
    ],
)
def test_unwritable_folder_is_reported_in_a_sentence(new_server, folder, secret):
    assert f"VAR_DIR is '{folder}'" in refusal(new_server(fresh=True, VAR_DIR=folder, SECRET_KEY=secret))


@pytest.mark.once
def test_unwritable_static_root_is_reported_in_a_sentence(new_server):
    assert f"STATIC_ROOT is '{NOT_A_FOLDER}'" in refusal(new_server(fresh=True, STATIC_ROOT=NOT_A_FOLDER))


@pytest.mark.once
@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_damaged_database_is_reported_in_a_sentence(new_server, content):
    server = new_server(fresh=True)
    file = server.folder / "var" / "vibechat.sqlite3"
    file.parent.mkdir(mode=0o700)
    file.write_bytes(content)
    assert f"Cannot read {file}: it is damaged, or no database." in refusal(server)


@pytest.mark.once
def test_damaged_schema_page_is_reported_in_a_sentence(new_server):
    server = new_server(fresh=True)
    file = server.folder / "var" / "vibechat.sqlite3"
    file.parent.mkdir(mode=0o700)
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE django_migrations (id integer)")
    with file.open("r+b") as database:
        database.seek(100)
        database.write(b"\xff" * 3000)
    assert f"Cannot read {file}: it is damaged" in refusal(server)


@pytest.mark.once
def test_folder_in_place_of_the_database_is_reported_in_a_sentence(new_server):
    server = new_server(fresh=True)
    (server.folder / "var" / "vibechat.sqlite3").mkdir(parents=True)
    assert "Cannot open " in refusal(server)


@pytest.mark.django_db
def test_schema_of_a_newer_release_is_refused():
    MigrationRecorder(connection).record_applied("messaging", "9999_later")
    with pytest.raises(CommandError, match=r"^A newer release has changed .*\(messaging\.9999_later\)\. "):
        startup.migrate()


@pytest.mark.once
def test_second_server_on_the_same_folder_is_refused(new_server):
    first = new_server(own=True).start().wait()
    second = new_server(own=True)
    assert f"Another server runs on {first.folder / 'var'}." in refusal(second)
    assert httpx.get(f"{first.url}/api/health/live").status_code == 200
    first.stop()
    second.start().wait()


def failure(error, cause):
    error.__cause__ = cause
    return error


def sqlite_error(name):
    error = sqlite3.OperationalError("quotes alice@example.org")
    error.sqlite_errorname = name
    return error


@pytest.mark.once
@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (failure(OperationalError(), sqlite_error("SQLITE_FULL")), "no space left"),
        (failure(OperationalError(), sqlite_error("SQLITE_READONLY")), "it is read-only"),
        (failure(OperationalError(), sqlite_error("SQLITE_CANTOPEN")), "Cannot open "),
        (failure(DatabaseError(), psycopg.errors.ReadOnlySqlTransaction()), "it is read-only"),
        (failure(ProgrammingError(), psycopg.errors.InsufficientPrivilege()), "up to date (ProgrammingError 42501)"),
        (failure(OperationalError(), sqlite_error("SQLITE_ERROR")), "up to date (OperationalError)"),
    ],
)
def test_database_error_is_reported_in_a_sentence(error, sentence):
    said = startup.database_sentence(error)
    assert sentence in said
    assert "alice" not in said
