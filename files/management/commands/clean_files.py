from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from files.cleaning import clean_files, erase_unknown


class Command(BaseCommand):
    help = "Erase files that no message names. The server does so every minute."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--unknown",
            action="store_true",
            help="erase also what no row of the database names, as after a restored backup; stop the server first",
        )

    def handle(self, **options: Any) -> None:
        count = clean_files()
        self.stdout.write(f"{count + (erase_unknown() if options['unknown'] else 0)} erased.")
