"""Logs `database_away` once when the database is unavailable or refuses writes, and `database_back` once when it is
back.

Code that handles a database error notes it here. vibechat/core/health.py also checks periodically.
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
# Classes of SQLSTATE: connection, resources, operator intervention, system, internal. Deadlocks, lock timeouts and
# invalid values are in other classes.
AWAY_STATES = ("08", "53", "57", "58", "XX", "25006")
CONNECTION_ERRORS = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
AWAY_IN_SQLITE = ("FULL", "READONLY", "IOERR", "CORRUPT", "NOTADB", "CANTOPEN", "PROTOCOL", "BUSY")


def away_reason(error: BaseException) -> str | None:
    """The reason why the database is unavailable, from an error of Django, psycopg or SQLite; None for other errors."""
    causes = [cause for cause in (error.__cause__, error) if cause is not None]
    if state := next(filter(None, (getattr(cause, "sqlstate", None) for cause in causes)), None):
        return REASONS.get(state, state) if state.startswith(AWAY_STATES) else None
    if name := next(filter(None, (getattr(cause, "sqlite_errorname", None) for cause in causes)), None):
        kind = "_".join(name.split("_")[:2])  # reduces SQLITE_READONLY_DBMOVED to SQLITE_READONLY
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
        """Call it after a successful write."""
        if self.is_on and self.switch(False):
            log_event("database_back")

    def switch(self, is_on: bool) -> bool:
        """Returns whether the state has changed."""
        with self.lock:
            was_on, self.is_on = self.is_on, is_on
        return was_on != is_on


alarm = DatabaseAlarm()
