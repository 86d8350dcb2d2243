"""Helpers of the management commands that take an account."""

import os

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from accounts.emails import normalise_email
from accounts.models import User


def shell_user() -> str:
    """The numeric id of the system user who ran the command, if need be through sudo or vibechat-manage."""
    return f"uid {os.environ.get('SUDO_UID') or os.getuid()}"


def parse_email(text: str) -> str:
    """Raises CommandError if `text` is not an email address."""
    try:
        return normalise_email(text)
    except ValidationError as error:
        raise CommandError(f"'{text}' is not an email address.") from error


def account_with(text: str) -> User:
    """Raises CommandError if `text` is not an email address or no account has it."""
    email = parse_email(text)
    user = User.objects.filter(email=email).first()
    if user is None:
        raise CommandError(f"There is no account with the address {email}.")
    return user
