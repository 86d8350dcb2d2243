import sqlite3

import psycopg
import pytest
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError

from vibechat.core.database_alarm import DatabaseAlarm, away_reason

pytestmark = pytest.mark.once


def caused(error, cause):
    error.__cause__ = cause
    return error


def in_sqlite(name):
    cause = sqlite3.OperationalError("about a row")
    cause.sqlite_errorname = name
    return caused(OperationalError("about a row"), cause)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (caused(OperationalError(), psycopg.errors.DiskFull()), "disk_full"),
        (caused(InternalError(), psycopg.errors.ReadOnlySqlTransaction()), "read_only"),
        (caused(OperationalError(), psycopg.errors.AdminShutdown()), "57P01"),
        (caused(OperationalError(), psycopg.errors.CannotConnectNow()), "57P03"),
        (caused(OperationalError(), psycopg.errors.QueryCanceled()), "no_answer"),
        (caused(OperationalError(), psycopg.errors.IoError()), "58030"),
        (caused(OperationalError(), psycopg.OperationalError("the connection is closed")), "no_connection"),
        (psycopg.OperationalError("the connection is closed"), "no_connection"),
        (psycopg.errors.DiskFull(), "disk_full"),
        (InterfaceError("connection already closed"), "no_connection"),
        (in_sqlite("SQLITE_FULL"), "disk_full"),
        (in_sqlite("SQLITE_READONLY_DBMOVED"), "read_only"),
        (in_sqlite("SQLITE_IOERR_WRITE"), "SQLITE_IOERR"),
        (in_sqlite("SQLITE_CORRUPT"), "SQLITE_CORRUPT"),
        (in_sqlite("SQLITE_ERROR"), None),
        (caused(OperationalError(), psycopg.errors.DeadlockDetected()), None),
        (caused(OperationalError(), psycopg.errors.LockNotAvailable()), None),
        (caused(IntegrityError(), psycopg.errors.UniqueViolation()), None),
        (ValueError(), None),
    ],
)
def test_error_has_the_right_reason(error, reason):
    assert away_reason(error) == reason


def test_outage_logs_one_line_at_begin_and_end(caplog):
    caplog.set_level("INFO", logger="vibechat")
    alarm = DatabaseAlarm()
    alarm.ended()
    for _ in range(3):
        alarm.note(in_sqlite("SQLITE_FULL"))
    alarm.note(ValueError())
    for _ in range(2):
        alarm.ended()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", "database_away"),
        ("INFO", "database_back"),
    ]
    assert caplog.records[0].reason == "disk_full"
