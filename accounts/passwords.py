"""Passwords in one Unicode form: keyboards and systems write the same letters in different ones."""

import unicodedata
from typing import Any

from django.contrib.auth import hashers
from django.contrib.auth.password_validation import validate_password

LONGEST_NORMALISED = 1024  # NFKC takes quadratic time for some texts


def normal_form(password: str) -> str:
    return unicodedata.normalize("NFKC", password) if len(password) <= LONGEST_NORMALISED else password


def encode(password: str | None) -> str:
    """The hash to keep; None makes one that no password fits."""
    return hashers.make_password(password and normal_form(password))


def fits(password: str, encoded: str) -> bool:
    """As typed it is tried second: accounts from before have it so."""
    forms = dict.fromkeys((normal_form(password), password))
    return any(hashers.check_password(form, encoded) for form in forms)


class NormalFormValidator:
    """What is kept is the normal form, so that one must be good enough as well."""

    def validate(self, password: str, user: Any = None) -> None:
        normal = normal_form(password)
        if normal != password:
            validate_password(normal, user)

    def get_help_text(self) -> str:
        return "Look-alikes of characters count as the characters that they stand for."
