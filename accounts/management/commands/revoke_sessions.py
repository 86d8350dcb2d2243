from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from accounts.commands import account_with, shell_user
from accounts.models import Session
from vibechat.core.logs import security_event


class Command(BaseCommand):
    help = (
        "End all sessions of one account or of all accounts. Their tokens become invalid, and open sockets are closed "
        "within a minute. Log-ins to the admin pages end with `changepassword`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("email", nargs="?", help="the address of the account")
        whose.add_argument("--all", action="store_true", help="all accounts")

    def handle(self, email: str, **options: Any) -> None:
        user = None if options["all"] else account_with(email)
        sessions = Session.objects.all() if user is None else user.sessions.all()
        with transaction.atomic():
            ended = Counter(sessions.filter(revoked_at=None).values_list("user", flat=True))
            count = sessions.end()
        for user_id in ended if user is None else [user.pk]:
            security_event("sessions_revoked", user=user_id, by=shell_user(), count=ended[user_id])
        if user is None:
            security_event("sessions_revoked", everybody=True, by=shell_user(), count=count)
        self.stdout.write(f"Sessions ended: {count}.")
