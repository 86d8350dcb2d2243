"""The number of statements that PostgreSQL executes for one call, counted in PostgreSQL's log."""

import re
import time

from benchmarks.calls import Caller
from benchmarks.drivers import drive
from benchmarks.figures import markdown_table, number
from benchmarks.results import Section

REPEATS = 5
FLUSH_SECONDS = 0.1
STATEMENT = re.compile(r"^database=(\S+) LOG:  (?:statement|execute [^:]*):\s+(\S+)", re.MULTILINE)
TRANSACTION_WORDS = {"BEGIN", "COMMIT", "ROLLBACK", "SET"}


class StatementLog:
    """PostgreSQL's log of all statements."""

    def __init__(self, site, app):
        self.path = site.postgres.log
        self.database = app.environment["DATABASE_URL"].rpartition("/")[2]
        settings = ["log_statement = 'all'", "log_line_prefix = 'database=%d '"]
        site.postgres.execute(*(f"ALTER SYSTEM SET {setting}" for setting in settings), "SELECT pg_reload_conf()")
        time.sleep(FLUSH_SECONDS)

    def during(self, action) -> list[str]:
        """The first word of each statement."""
        time.sleep(FLUSH_SECONDS)
        start = self.path.stat().st_size
        action()
        time.sleep(FLUSH_SECONDS)
        with self.path.open(errors="replace") as log:
            log.seek(start)
            found = STATEMENT.findall(log.read())
        return [word.upper().rstrip(";") for database, word in found if database == self.database]


def measure(site, options) -> Section:
    app = site.start_vibechat("queries")
    alice, bob = site.people(app, 2)
    try:
        counts = counted_calls(StatementLog(site, app), app, alice, bob)
    finally:
        site.stop_app(app)
        site.postgres.execute("ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")
    rows = [[name, number(queries), number(control)] for name, (queries, control) in counts.items()]
    table = markdown_table(["call", "queries", "BEGIN, COMMIT, SET …"], rows)
    text = f"Statements that PostgreSQL executed for one call (mean of {REPEATS}).\n\n{table}"
    return Section("queries", "Queries per call", text, counts)


def counted_calls(log, app, alice, bob) -> dict:
    caller, other = Caller(app.port, alice), Caller(app.port, bob)
    counts = {
        "send_message over the socket": counted_socket_sends(log, app, alice, bob),
        "POST messages/send": counted(log, lambda: caller.send(bob)),
    }
    received = [caller.send(bob)["id"] for _ in range(4 * (REPEATS + 1))]
    newest = other.get("/api/messages/conversations")["sequence"]
    calls = {
        "GET messages/sync, nothing new": lambda: other.get(f"/api/messages/sync?after={newest}"),
        "GET messages/sync, 20 changes": lambda: other.get(f"/api/messages/sync?after={newest - 20}"),
        "GET messages/inbox": lambda: other.get("/api/messages/inbox?page_size=20"),
        "GET messages/conversation": lambda: other.get(f"/api/messages/conversation/{alice['email']}?page_size=20"),
        "GET messages/conversations": lambda: other.get("/api/messages/conversations"),
        "POST messages/<id>/delivered": lambda: other.post(f"/api/messages/{received.pop()}/delivered"),
        "POST messages/<id>/read": lambda: other.post(f"/api/messages/{received.pop()}/read"),
        "POST messages/receipts, 2 read": lambda: other.post(
            "/api/messages/receipts", {"delivered": [], "read": [received.pop(), received.pop()]}
        ),
        "GET keys/email": lambda: caller.get(f"/api/keys/email/{bob['email']}"),
        "POST contacts/add": lambda: caller.post("/api/contacts/add", {"email": bob["email"]}),
        "GET contacts/list": lambda: caller.get("/api/contacts/list"),
        "GET auth/me": lambda: caller.get("/api/auth/me"),
    }
    return counts | {name: counted(log, call) for name, call in calls.items()}


def counted(log, call) -> tuple[float, float]:
    call()
    return per_call(log.during(lambda: [call() for _ in range(REPEATS)]), REPEATS)


def counted_socket_sends(log, app, alice, bob) -> tuple[float, float]:
    """The difference between two loads, since both contain the sign-in."""
    job = {"transport": "socket", "ports": [app.port], "senders": [alice], "recipients": [bob], "warm_up": 0}
    drive(job | {"messages": REPEATS})  # creates the mailboxes
    few = per_call(log.during(lambda: drive(job | {"messages": REPEATS})), 1)
    many = per_call(log.during(lambda: drive(job | {"messages": 5 * REPEATS})), 1)
    return tuple((more - less) / (4 * REPEATS) for less, more in zip(few, many, strict=True))


def per_call(words, calls) -> tuple[float, float]:
    control = sum(word in TRANSACTION_WORDS for word in words)
    return (len(words) - control) / calls, control / calls
