"""Look up accounts by the email addresses in paths and queries."""

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ValidationError

from accounts.emails import normalise_email
from accounts.models import User
from vibechat.core.exceptions import UserNotFound


def address_in(text: str, field: str = "email") -> str:
    """The address in its normal form. Raises ValidationError if `text` is not an address."""
    try:
        return normalise_email(text)
    except DjangoValidationError as error:
        raise ValidationError({field: error.messages}, code="invalid") from error


def person_with(email: str, field: str = "email") -> User:
    """The active account with this address. Raises the same UserNotFound for a suspended account as for none."""
    user = User.objects.active().filter(email=address_in(email, field)).first()
    if user is None:
        raise UserNotFound()
    return user
