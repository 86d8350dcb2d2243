"""Sends canaries through real browsers, then searches all data that the server stores for them."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from messaging.zero_knowledge import sources
from messaging.zero_knowledge.encodings import FORMS
from messaging.zero_knowledge.recording import Recording, redis_pushes
from messaging.zero_knowledge.removal import remove
from messaging.zero_knowledge.search import REASON, Canaries, Searched, Source, search

LEAK, NOT_DONE = 1, 2  # exit codes
MISSING = (
    "This needs the development dependencies ({}): python3 deploy/install.py requirements-dev.txt brings them, and "
    "VIBE_CHROMIUM=/path/to/chromium names a browser where npm cannot bring one."
)
WHAT_IT_IS = (
    "No canary was found in these places. It shows no more than that: nothing about places that are not listed "
    "(backups, the database's own log and journal, the memory of processes), nothing about what this server kept of "
    "others before, and it is no proof about a server that was changed since, or that serves others another code."
)


class Command(BaseCommand):
    help = (
        "Registers two temporary people with a server that is in use, lets them write to each other in a real browser "
        "with texts that stand nowhere else, and looks for these, their keys and their recovery code in the database, "
        "the files, Redis, the logs and all that the browsers exchanged. Takes the people away again. Exit code 1: "
        "something leaked; 2: not carried out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url",
            help="of the running server whose settings are in the environment; without it, one more process is "
            "started on loopback, with the same settings and on the same database",
        )
        parser.add_argument(
            "--log", action="append", default=[], type=Path, metavar="PATH", help="a log file, or a folder of them"
        )

    def handle(self, url: str | None, log: list[Path], **options: Any) -> None:
        tools = import_tools()
        check(url, log)
        self.canaries, self.recording = Canaries(), Recording(tools.PlaywrightError)
        self.searched: list[Searched] = []
        emails: list[str] = []
        with ExitStack() as stack:
            stack.callback(self.clean_up, emails)
            try:
                self.play_and_search(tools, stack, url, log, emails)
            except (tools.Unavailable, tools.PlaywrightError, AssertionError) as error:
                raise CommandError(f"Not carried out: {first_line(error)}", returncode=NOT_DONE) from error
        self.conclude()

    # --- actions ---

    def play_and_search(self, tools: Any, stack: Any, url: str | None, logs: list[Path], emails: list[str]) -> None:
        if not url:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            logs = [*logs, folder / "server.log"]
            url = stack.enter_context(tools.own_server.running_server(logs[-1]))
        self.stdout.write(f"Two people write to each other at {url} …")
        with redis_pushes() as pushes, tools.scenario.open_browser() as browser:
            people = tools.scenario.new_people(browser, url.rstrip("/"), self.canaries, self.recording)
            emails += [person.email for person in people]
            tools.scenario.play(*people, self.canaries)
            if settings.REDIS_URL:  # records the pushes while both are online
                self.search(sources.redis_keys())
        if settings.REDIS_URL:
            self.search(Source("Redis, pushes published meanwhile", pushes, emails[1]))
        for source in self.recording.sources(emails[1]):
            self.search(source)
        self.search_stored_data(emails, logs)

    def search_stored_data(self, emails: list[str], logs: list[Path]) -> None:
        ids = User.objects.filter(email__in=emails).order_by("pk").values_list("pk", flat=True)
        if len(ids) != len(emails):
            raise CommandError(
                "Not carried out: the two people are not in the database of these settings, so it is not the one of "
                "the server at that address.",
                returncode=NOT_DONE,
            )
        for table in sources.tables(emails[0]):
            self.search(table)
        self.search(sources.stored_files(emails[0]))
        if logs:
            self.search(sources.logs(logs, f'"event": "registration", "user": {ids[0]}'))

    def search(self, source: Source) -> None:
        self.searched.append(search(source, self.canaries))

    def clean_up(self, emails: list[str]) -> None:
        if emails and (count := remove(emails)):
            self.stdout.write(f"The {count} temporary people are gone again.")

    # --- output ---

    def conclude(self) -> None:
        self.report_searched()
        leaks = [leak for searched in self.searched for leak in searched.leaks]
        for leak in leaks:
            self.stdout.write(f"LEAK: {leak}.")
        if leaks:
            canaries = {leak.canary for leak in leaks}
            raise CommandError(f"What should be secret was found: {', '.join(sorted(canaries))}.", returncode=LEAK)
        self.refuse_gaps()
        self.stdout.write(WHAT_IT_IS)

    def report_searched(self) -> None:
        self.stdout.write(f"\n{'values':>10} {'bytes':>14}  place")
        for searched in self.searched:
            self.stdout.write(f"{searched.values:>10} {searched.size_bytes:>14}  {searched.source}")
        self.stdout.write(f"\nSearched for: {', '.join([*self.canaries.names.values(), *self.secrets()])}.")
        self.stdout.write(f"In these forms: {FORMS}.")
        for gap in self.gaps():
            self.stdout.write(f"Not searched: {gap}.")

    def secrets(self) -> Iterator[str]:
        for name, count in Counter(self.canaries.secrets.values()).items():
            yield f"{name} ({count})"

    def gaps(self) -> Iterator[str]:
        if not settings.REDIS_URL:
            yield "Redis, since these settings have none: limits and pushes are in the memory of the server process"
        if not any(searched.source == "logs" for searched in self.searched):
            yield "logs, since none were given (--log PATH)"
        if REASON not in self.canaries.names.values():
            yield "reports, since this server takes none (REPORT_KEY)"
        for name, count in Counter(self.recording.unread_answers).items():
            yield f"{name}, {count} times, since the page had gone on before it could be read"

    def refuse_gaps(self) -> None:
        """Fail if a source lacks its control, or a request could not be read: such a search proves nothing."""
        wrong = [searched.source for searched in self.searched if not searched.is_control_found]
        gaps = [f"{source}: what must be in there is not" for source in wrong] + self.recording.unread_requests
        if gaps:
            raise CommandError(f"Nothing was found, but the search has gaps. {'; '.join(gaps)}.", returncode=NOT_DONE)


class Tools:
    """Modules that need the development dependencies."""

    def __init__(self) -> None:
        from playwright.sync_api import Error as PlaywrightError

        from messaging.zero_knowledge import own_server, scenario
        from tools.provision import Unavailable

        self.scenario, self.own_server = scenario, own_server
        self.Unavailable, self.PlaywrightError = Unavailable, PlaywrightError


def import_tools() -> Tools:
    try:
        return Tools()
    except ImportError as error:
        raise CommandError(MISSING.format(error.name), returncode=NOT_DONE) from error


def check(url: str | None, log_paths: list[Path]) -> None:
    if not url and settings.PUBLIC:
        raise CommandError("These are the settings of a public server: say --url https://…", returncode=NOT_DONE)
    for path in log_paths:
        if not path.exists():
            raise CommandError(f"There is no {path}.", returncode=NOT_DONE)
        for file in sources.all_files(path):
            if not os.access(file, os.R_OK):
                raise CommandError(f"This account may not read {file}.", returncode=NOT_DONE)


def first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
