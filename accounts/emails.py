"""The normal form in which email addresses are compared and stored, so that one address has one account."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

MAX_LENGTH = 254
MAX_INPUT_LENGTH = 1000
REFUSED = re.compile(r'[\x00-\x20\x7f"]')  # quotes, because a quoted local part may hold a second @
validate_shape = EmailValidator(message="This is not an email address.")


def normalise_email(address: str) -> str:
    """Apply NFKC, fold case, trim. Raises ValidationError if the result is not an ASCII email address.

    The ASCII check refuses the invisible and look-alike characters that NFKC leaves.
    """
    if len(address) > MAX_INPUT_LENGTH:  # checked before NFKC, which takes quadratic time for some texts
        raise ValidationError("This is not an email address.", code="max_length")
    normal = unicodedata.normalize("NFKC", address).casefold().strip()
    normal = unicodedata.normalize("NFKC", normal)
    if not normal.isascii() or len(normal) > MAX_LENGTH or REFUSED.search(normal):
        raise ValidationError("This is not an email address.", code="invalid")
    validate_shape(normal)
    return normal
