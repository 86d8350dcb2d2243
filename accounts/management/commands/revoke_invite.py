from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.commands import shell_user
from accounts.invites import Invite


class Command(BaseCommand):
    help = "Revoke an unused invitation, so that its link can no longer be used."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("invite", nargs="?", help="its link, or its id in the security log and at /admin/")
        which.add_argument("--all", action="store_true", help="all unused invitations")

    def handle(self, invite: str, **options: Any) -> None:
        invites = Invite.objects.all() if options["all"] else Invite.objects.matching(invite)
        revoked = invites.revoke(by=shell_user())
        if not (revoked or options["all"]):
            raise CommandError("There is no such invitation: it was used or revoked, or has expired.")
        self.stdout.write(f"Invitations revoked: {revoked}.")
