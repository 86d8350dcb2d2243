from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.commands import shell_user
from accounts.invites import Invite
from vibechat.core.logs import security_event
from vibechat.management.commands.serve import address

MOST_DAYS = 365


class Command(BaseCommand):
    help = "Print a link with which one person can register, once, while REGISTRATION is closed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="how long it holds (7)")

    def handle(self, days: int, **options: Any) -> None:
        if not 1 <= days <= MOST_DAYS:
            raise CommandError(f"--days takes 1 to {MOST_DAYS}.")
        invite, token = Invite.objects.issue(timedelta(days=days))
        security_event("invite_created", invite=invite.pk, by=shell_user())
        # The code is in the fragment, which browsers do not send, so that no log contains it.
        self.stdout.write(f"{address()}/register#invite={token}")
