from django.core.management.base import BaseCommand

from accounts.commands import account_with
from accounts.models import Session
from vibechat.logs import security_event


class Command(BaseCommand):
    help = (
        "End the sessions of one person, or of everybody: no token of theirs holds any longer, and open sockets are "
        "closed within a minute. Log-ins to the admin pages end with `changepassword`."
    )

    def add_arguments(self, parser):
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("email", nargs="?", help="whose sessions end")
        whose.add_argument("--all", action="store_true", help="everybody's")

    def handle(self, email, **options):
        sessions = Session.objects.all() if options["all"] else account_with(email).sessions.all()
        count = sessions.end()
        security_event("sessions_revoked", count=count, everybody=options["all"])
        self.stdout.write(f"Sessions ended: {count}.")
