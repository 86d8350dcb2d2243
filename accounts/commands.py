"""What the commands about people share."""

import os

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from accounts.emails import normalise_email
from accounts.models import User


def shell_user() -> str:
    """Who ran a command, by number: the account behind `sudo` or vibechat-manage where they name it."""
    return f"uid {os.environ.get('SUDO_UID') or os.getuid()}"


def address(text: str) -> str:
    """Raises CommandError for what is no address."""
    try:
        return normalise_email(text)
    except ValidationError as error:
        raise CommandError(f"'{text}' is not an email address.") from error


def account_with(text: str) -> User:
    """Raises CommandError for what is no address, and where nobody has it."""
    user = User.objects.filter(email=address(text)).first()
    if user is None:
        raise CommandError(f"There is no account with the address {address(text)}.")
    return user
