from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vibechat import backups
from vibechat.core.logs import log_event


class Command(BaseCommand):
    help = (
        "Write the whole database into one file, while the server runs. Without a path: into backups/ in VAR_DIR, "
        "under the time. The file holds who wrote to whom and when, and password hashes: only its owner may read it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help="a file that is not there yet")

    def handle(self, path: Path | None, **options: Any) -> None:
        path = path or default_path()
        try:
            backups.write(path)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        log_event("backup_written", bytes=path.stat().st_size)
        self.stdout.write(str(path))


def default_path() -> Path:
    folder = settings.VAR_DIR / "backups"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"vibechat-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{backups.suffix()}"
