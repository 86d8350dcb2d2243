"""One address, one account: how an email is written before it is compared or stored."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

MAX_LENGTH = 254
validate_shape = EmailValidator(message="This is not an email address.")


def normalise_email(address: str) -> str:
    """NFKC, case-folded, trimmed. Raises ValidationError for what is then not an ASCII email address.

    Invisible and look-alike characters that NFKC leaves are not ASCII, so they are refused rather than guessed at.
    """
    normal = unicodedata.normalize("NFKC", address).casefold().strip()
    normal = unicodedata.normalize("NFKC", normal)
    if not normal.isascii() or len(normal) > MAX_LENGTH or re.search(r"[\x00-\x20\x7f]", normal):
        raise ValidationError("This is not an email address.", code="invalid")
    validate_shape(normal)
    return normal
