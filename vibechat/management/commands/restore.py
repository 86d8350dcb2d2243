from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vibechat import backups
from vibechat.core.logs import log_event


class Command(BaseCommand):
    help = (
        "Fill an empty database from a backup, set its counters ahead of what browsers may remember, and end every "
        "session. The server is stopped meanwhile; its next start brings an older database up to date."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="what manage.py backup has written, on the same kind of database")

    def handle(self, path: Path, **options: Any) -> None:
        try:
            backups.restore(path)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        log_event("backup_restored")
        self.stdout.write("Restored. Everybody has to log in again.")
