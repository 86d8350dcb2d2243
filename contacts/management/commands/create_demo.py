import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.commands import parse_email
from accounts.models import User
from contacts.models import Contact
from vibechat.core.exceptions import Conflict

PEOPLE = ["alice@example.org", "bob@example.org"]


class Command(BaseCommand):
    help = "Make two accounts that have each other as contacts, with random passwords, which are printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--emails",
            nargs=2,
            default=PEOPLE,
            metavar="EMAIL",
            help=f"the two addresses (default: {' and '.join(PEOPLE)})",
        )

    def handle(self, emails: list[str], **options: Any) -> None:
        emails = [parse_email(email) for email in emails]
        if emails[0] == emails[1]:
            raise CommandError("Two people need two addresses.")
        passwords = [secrets.token_urlsafe(12) for _ in emails]
        try:
            with transaction.atomic():
                add_each_other(*map(create_account, emails, passwords))
        except Conflict as error:
            raise CommandError("One of these addresses has an account already. Nothing was changed.") from error
        for email, password in zip(emails, passwords, strict=True):
            self.stdout.write(f"{email}    {password}")
        self.stdout.write("Each one's key is made in the browser in which they first log in; then they can write.")


def create_account(email: str, password: str) -> User:
    return User.objects.create_user(email, password, display_name=email.partition("@")[0][:100].title())


def add_each_other(one: User, other: User) -> None:
    Contact.objects.bulk_create([Contact(user=one, contact=other), Contact(user=other, contact=one)])
