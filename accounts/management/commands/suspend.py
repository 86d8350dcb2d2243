from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.commands import account_with, shell_user
from vibechat.core.logs import security_event


class Command(BaseCommand):
    help = "Suspend an account: its sessions end, and it cannot log in until --lift. Its data is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--lift", action="store_true", help="allow log-in again; ended sessions stay ended")

    def handle(self, email: str, lift: bool, **options: Any) -> None:
        user = account_with(email)
        user.is_active = lift
        user.save(update_fields=["is_active", "updated_at"])
        security_event("account_reactivated" if lift else "account_suspended", user=user.pk, by=shell_user())
        self.stdout.write(
            f"{user.email} may log in again." if lift else f"{user.email} is suspended; its sessions are over."
        )
