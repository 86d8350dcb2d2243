from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.core.management.base import CommandError

from accounts.commands import account_with, shell_user
from vibechat.core.logs import security_event


class Command(changepassword.Command):
    """Accepts any spelling of the address. Django's command needs the exact one or takes the system user's name."""

    help = "Set a new password for the account with an email address, and end its sessions and admin log-ins."

    def handle(self, *args: Any, **options: Any) -> Any:
        if not options["username"]:
            raise CommandError("Say whose password: manage.py changepassword EMAIL")
        user = account_with(options["username"])
        done = super().handle(*args, **options | {"username": user.email})
        security_event("password_changed", user=user.pk, by=shell_user())
        return done
