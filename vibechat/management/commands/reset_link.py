from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.commands import account_with, shell_user
from accounts.reset_links import reset_link
from vibechat.core.logs import security_event
from vibechat.management.commands.serve import address


class Command(BaseCommand):
    help = (
        "Print a link with which a person who has forgotten the password sets a new one, once, within 24 hours. It "
        "gives the account back, and no messages."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, email: str, **options: Any) -> None:
        user = account_with(email)
        if not user.is_active:
            raise CommandError(f"{user.email} is suspended. Allow log-in first: manage.py suspend --lift {user.email}")
        security_event("reset_link_made", user=user.pk, by=shell_user())
        self.stdout.write(reset_link(user, address()))
