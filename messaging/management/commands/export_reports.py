import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from messaging.reports.opening import export_json
from messaging.reports.report import Report
from messaging.reports.stamps import recipient_key


class Command(BaseCommand):
    help = "Write all reports, still sealed, to FILE, for `open_reports --file` on the machine with the report key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, file: Path, **options: Any) -> None:
        reports = Report.objects.select_related("reporter").order_by("pk")
        try:
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as output:
                output.write(export_json(reports, recipient_key))
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{len(reports)} reports. Who has the file can forge stamps of messages to those reporters.")
