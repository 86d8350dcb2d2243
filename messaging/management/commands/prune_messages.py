import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from messaging.pruning import JournalHeld, delete_in_batches, prunable
from vibechat.core.logs import log_event

MOST_DAYS = 36500


class Command(BaseCommand):
    help = (
        "Count the messages older than so many days, and what is of no more use: sessions that have been over for 30 "
        "days, spent tokens, what is remembered of messages deleted 30 days ago, keys that outlived their account and "
        "their messages. With --delete, delete them: from this server, for both sides; what browsers have kept stays "
        "there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than", type=int, required=True, metavar="DAYS", help="1 or more")
        parser.add_argument("--delete", action="store_true", help="really delete; without it nothing changes")

    def handle(self, older_than: int, delete: bool, **options: Any) -> None:
        if not 1 <= older_than <= MOST_DAYS:
            raise CommandError(f"--older-than takes 1 to {MOST_DAYS} days.")
        kinds = prunable(timezone.now() - datetime.timedelta(days=older_than))
        try:
            counts = {kind: delete_in_batches(rows) if delete else rows.count() for kind, rows in kinds.items()}
        except JournalHeld as error:
            raise CommandError(
                "Somebody keeps reading an old state of the database (a backup?), so SQLite's journal cannot be "
                "emptied. What has been deleted stays deleted. Try again later."
            ) from error
        for kind, count in counts.items():
            self.stdout.write(f"{count:>10}  {kind}")
        if delete:
            log_event("pruned", counts=counts)
        self.stdout.write("Deleted." if delete else "Nothing was deleted. Say --delete to do it.")
