"""One address, one account: how an email is written before it is compared or stored."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

MAX_LENGTH = 254
LONGEST_SPELLING = 1000
REFUSED = re.compile(r'[\x00-\x20\x7f"]')  # a quoted local part may hold a second @: no client needs to cope with it
validate_shape = EmailValidator(message="This is not an email address.")


def normalise_email(address: str) -> str:
    """NFKC, case-folded, trimmed. Raises ValidationError for what is then not an ASCII email address.

    Invisible and look-alike characters that NFKC leaves are not ASCII, so they are refused rather than guessed at.
    """
    if len(address) > LONGEST_SPELLING:  # before NFKC, which takes quadratic time for some texts
        raise ValidationError("This is not an email address.", code="max_length")
    normal = unicodedata.normalize("NFKC", address).casefold().strip()
    normal = unicodedata.normalize("NFKC", normal)
    if not normal.isascii() or len(normal) > MAX_LENGTH or REFUSED.search(normal):
        raise ValidationError("This is not an email address.", code="invalid")
    validate_shape(normal)
    return normal
