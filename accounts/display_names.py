"""Display names, without the control, direction and invisible characters that could change how a page reads."""

import unicodedata

from django.core.exceptions import ValidationError

MAX_LENGTH = 100
MAX_INPUT_LENGTH = 400
# Control, format (direction marks, zero-width characters, tags), surrogate, private use, line and paragraph separators.
REFUSED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
JOINERS = "\u200d\u200c"  # needed by family emoji and several scripts


def clean_display_name(name: str) -> str:
    if len(name) > MAX_INPUT_LENGTH:  # checked before NFC, which takes quadratic time for some texts
        raise ValidationError(f"Names have at most {MAX_LENGTH} characters.", code="max_length")
    name = " ".join(unicodedata.normalize("NFC", name).split(" ")).strip()
    if any(unicodedata.category(c) in REFUSED_CATEGORIES and c not in JOINERS for c in name):
        raise ValidationError("Names cannot hold control or direction characters.", code="invalid_characters")
    if name and not any(unicodedata.category(c)[0] in "LNSP" for c in name):
        raise ValidationError("Names need something to see.", code="invalid_characters")
    return name
