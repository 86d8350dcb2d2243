"""Backup of the whole database into one file, also while the server runs, and restore into an empty database."""

import contextlib
import os
import sqlite3
import subprocess  # nosec B404
from pathlib import Path

import psycopg
from django.db import connection, transaction

# Browsers store the sequence of their mailbox, and messages by id. After a restore both continue far above the values
# that the lost part of the database can have used, even if the first message was sent after the backup.
AFTER_RESTORE = (
    "INSERT INTO mailboxes (user_id, sequence) SELECT id, 0 FROM users WHERE id NOT IN (SELECT user_id FROM mailboxes)",
    "UPDATE mailboxes SET sequence = sequence + 1000000",
    # Otherwise a session that was ended after the backup would be valid again, also one of an operator at /admin/.
    "UPDATE sessions SET revoked_at = CURRENT_TIMESTAMP WHERE revoked_at IS NULL",
    "DELETE FROM django_session",
)
NEXT_ID = {
    "sqlite": (
        "INSERT INTO sqlite_sequence SELECT 'messages', 0 WHERE 'messages' NOT IN (SELECT name FROM sqlite_sequence)",
        "UPDATE sqlite_sequence SET seq = seq + 1000000 WHERE name = 'messages'",
    ),
    "postgresql": ("SELECT setval('messages_id_seq', (SELECT coalesce(max(id), 0) + 1000000 FROM messages))",),
}


class BackupError(Exception):
    """The message is a sentence for the operator."""


def suffix() -> str:
    return "sqlite3" if connection.vendor == "sqlite" else "dump"


def write(path: Path) -> None:
    """Creates `path` completely, readable by its owner only, or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    if os.path.lexists(path):
        raise BackupError(f"{path} is there already.")
    try:
        make_private(part)
        (write_sqlite if connection.vendor == "sqlite" else write_postgresql)(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        make_private(path)  # reserves the name
        part.replace(path)
    except FileExistsError as error:
        raise BackupError(f"{error.filename} is there already.") from error
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"The backup was not written: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def make_private(path: Path) -> None:
    """Raises FileExistsError."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def restore(path: Path) -> None:
    if not path.is_file():
        raise BackupError(f"There is no file {path}.")
    (restore_sqlite if connection.vendor == "sqlite" else restore_postgresql)(path)


# --- SQLite ----------------------------------------------------------------------------------------------------------


def write_sqlite(path: Path) -> None:
    """VACUUM INTO reads one snapshot of the database; sqlite3_backup restarts after each write by others."""
    database = Path(connection.settings_dict["NAME"])
    if not database.exists():
        raise BackupError(f"There is no database {database}.")
    with contextlib.closing(sqlite3.connect(database, timeout=20, isolation_level=None)) as source:
        source.execute("VACUUM INTO ?", [str(path)])
    refuse_damaged(path)


def restore_sqlite(path: Path) -> None:
    database = Path(connection.settings_dict["NAME"])
    there = [name for end in ("", "-wal", "-shm") if (name := Path(f"{database}{end}")).exists()]
    if there:
        raise BackupError(f"Stop the server and move away first: {', '.join(map(str, there))}")
    refuse_damaged(path)
    part = database.with_name(f"{database.name}.part")
    part.unlink(missing_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
            make_private(part)
            source.execute("VACUUM INTO ?", [str(part)])
        with contextlib.closing(sqlite3.connect(part)) as copy, copy:
            for statement in (*AFTER_RESTORE, *NEXT_ID["sqlite"]):
                copy.execute(statement)
        part.rename(database)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"The backup was not restored: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def refuse_damaged(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            is_whole = copy.execute("PRAGMA quick_check").fetchone() == ("ok",)
            is_ours = copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'mailboxes'").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"{path} is no backup of SQLite: {error}") from error
    if not (is_whole and is_ours):
        raise BackupError(f"{path} is damaged, or no backup of this server.")


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def write_postgresql(path: Path) -> None:
    run("pg_dump", "--format=custom", f"--file={path}")
    run("pg_restore", "--list", str(path), connects=False)  # reads the table of contents, so the file is complete


def restore_postgresql(path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
        if cursor.fetchone()[0]:
            raise BackupError("The database is not empty. Stop the server, then make an empty one (docs/deploy.md).")
    connection.close()
    run("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(path))
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (*AFTER_RESTORE, *NEXT_ID["postgresql"]):
            cursor.execute(statement)


def run(program: str, *arguments: str, connects: bool = True) -> None:
    """The database's URL is an argument; its password is in the environment, which other accounts cannot read. The
    program's output goes to the terminal."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    parameters = {name: value for name, value in connection.get_connection_params().items() if name in known and value}
    password = {"PGPASSWORD": str(parameters.pop("password"))} if "password" in parameters else {}
    address = [f"--dbname={psycopg.conninfo.make_conninfo(**parameters)}"] if connects else []
    try:
        done = subprocess.run(  # nosec B603
            [program, *address, *arguments],
            env=os.environ | password,
            stdin=subprocess.DEVNULL,
            stdout=None if connects else subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise BackupError(f"There is no {program}: install PostgreSQL's client programs.") from error
    if done.returncode:
        raise BackupError(f"{program} failed, with status {done.returncode}.")
