"""Addresses that come in by path or query, and who has them."""

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ValidationError

from accounts.emails import normalise_email
from accounts.models import User
from vibechat.core.exceptions import UserNotFound


def address_in(text: str, field: str = "email") -> str:
    """The address in its normal form. Raises ValidationError for what is none."""
    try:
        return normalise_email(text)
    except DjangoValidationError as error:
        raise ValidationError({field: error.messages}, code="invalid") from error


def person_with(email: str, field: str = "email") -> User:
    """The active account with an address. Raises UserNotFound: a suspended one is not to be told from none."""
    user = User.objects.active().filter(email=address_in(email, field)).first()
    if user is None:
        raise UserNotFound()
    return user
