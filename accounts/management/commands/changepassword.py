from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.core.management.base import CommandError

from accounts.commands import account_with, shell_user
from vibechat.core.logs import security_event


class Command(changepassword.Command):
    """Django's, which looks for an address exactly as it is written, or for the name of the shell's user."""

    help = "Set a new password for an account, by its email address; its sessions end, those of the admin pages too."

    def handle(self, *args: Any, **options: Any) -> Any:
        if not options["username"]:
            raise CommandError("Say whose password: manage.py changepassword EMAIL")
        user = account_with(options["username"])
        done = super().handle(*args, **options | {"username": user.email})
        security_event("password_changed", user=user.pk, by=shell_user())
        return done
