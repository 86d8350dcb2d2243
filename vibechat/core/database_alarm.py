"""Logs once that the database is away, or takes no writes, and once that it is back: `database_away`, `database_back`.

Whatever meets a database error notes it here; vibechat/core/health.py looks by itself, also where nobody asks.
"""

import logging
import threading

import psycopg
from django.db import InterfaceError, OperationalError

from vibechat.core.logs import log_event

REASONS = {
    "53100": "disk_full",
    "25006": "read_only",
    "57014": "no_answer",
    "SQLITE_FULL": "disk_full",
    "SQLITE_READONLY": "read_only",
}
# Classes of SQLSTATE: connection, resources, operator intervention, system, internal. Deadlocks, locks and refused
# values are none of them.
AWAY_STATES = ("08", "53", "57", "58", "XX", "25006")
CONNECTION_ERRORS = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
AWAY_IN_SQLITE = ("FULL", "READONLY", "IOERR", "CORRUPT", "NOTADB", "CANTOPEN", "PROTOCOL", "BUSY")


def away_reason(error: BaseException) -> str | None:
    """Why the database cannot serve, by an error of Django, psycopg or SQLite; None where the error means less."""
    causes = [cause for cause in (error.__cause__, error) if cause is not None]
    if state := next(filter(None, (getattr(cause, "sqlstate", None) for cause in causes)), None):
        return REASONS.get(state, state) if state.startswith(AWAY_STATES) else None
    if name := next(filter(None, (getattr(cause, "sqlite_errorname", None) for cause in causes)), None):
        kind = "_".join(name.split("_")[:2])  # SQLITE_READONLY_DBMOVED is a SQLITE_READONLY
        return REASONS.get(kind, kind) if kind.removeprefix("SQLITE_") in AWAY_IN_SQLITE else None
    return "no_connection" if isinstance(error, CONNECTION_ERRORS) else None


class DatabaseAlarm:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_on = False

    def note(self, error: BaseException) -> None:
        if reason := away_reason(error):
            self.began(reason, error)

    def began(self, reason: str, error: BaseException | None = None) -> None:
        if self.switch(True):
            log_event("database_away", logging.ERROR, error, reason=reason)

    def ended(self) -> None:
        """The database has answered and taken a write."""
        if self.is_on and self.switch(False):
            log_event("database_back")

    def switch(self, is_on: bool) -> bool:
        """Whether this changed anything."""
        with self.lock:
            was_on, self.is_on = self.is_on, is_on
        return was_on != is_on


alarm = DatabaseAlarm()
