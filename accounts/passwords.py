"""Hash passwords in one Unicode form, because keyboards and systems encode the same letters differently."""

import unicodedata
from typing import Any

from django.contrib.auth import hashers
from django.contrib.auth.password_validation import validate_password

MAX_NORMALISED_LENGTH = 1024  # NFKC takes quadratic time for some texts


def normal_form(password: str) -> str:
    return unicodedata.normalize("NFKC", password) if len(password) <= MAX_NORMALISED_LENGTH else password


def hash_password(password: str | None) -> str:
    """None gives a hash that no password matches."""
    return hashers.make_password(password and normal_form(password))


def matches_hash(password: str, encoded: str) -> bool:
    """Try the normal form, then the password as typed: the hashes of old accounts are of the latter."""
    forms = dict.fromkeys((normal_form(password), password))
    return any(hashers.check_password(form, encoded) for form in forms)


class NormalFormValidator:
    """Validates the normal form as well, because that is what is hashed."""

    def validate(self, password: str, user: Any = None) -> None:
        normal = normal_form(password)
        if normal != password:
            validate_password(normal, user)

    def get_help_text(self) -> str:
        return "Look-alikes of characters count as the characters that they stand for."
