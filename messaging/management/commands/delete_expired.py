from typing import Any

from django.core.management.base import BaseCommand

from messaging.expiry import delete_expired


class Command(BaseCommand):
    help = "Delete the messages whose time of deletion has passed, for both sides. The server does so every minute."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{delete_expired()} deleted.")
