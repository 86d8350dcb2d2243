"""Serializer fields without conversions: a number is not a string, and base64 must be canonical."""

import base64
import binascii
import re
from datetime import datetime
from typing import Any

from rest_framework import serializers


class StrictCharField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Base64Field(StrictCharField):
    """Canonical standard base64 with padding; `least` and `most` bound the number of decoded bytes."""

    default_error_messages = {
        "invalid_base64": "This is not canonical base64.",
        "invalid_length": "This must be {least} to {most} bytes, base64.",
    }

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(trim_whitespace=False, **kwargs)
        self.validators = []  # CharField's search each character for NUL and surrogates, which are not base64

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if len(text) > 4 * (self.most // 3 + 1):
            self.fail("invalid_length", least=self.least, most=self.most)
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self.fail("invalid_base64")
        if base64.b64encode(raw).decode() != text:
            self.fail("invalid_base64")
        if not self.least <= len(raw) <= self.most:
            self.fail("invalid_length", least=self.least, most=self.most)
        return text


class PatternField(StrictCharField):
    default_error_messages = {"invalid_form": "This is not of the form asked for."}

    def __init__(self, pattern: str, **kwargs: Any) -> None:
        self.pattern = re.compile(pattern)
        super().__init__(trim_whitespace=False, **kwargs)
        self.validators = []  # as in Base64Field: a pattern names the characters that it allows

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not self.pattern.fullmatch(text):
            self.fail("invalid_form")
        return text


class FingerprintField(PatternField):
    """SHA-256 of a public key's 91 bytes, 64 lower-case hex digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"[0-9a-f]{64}", **kwargs)


class TimeField(PatternField):
    """ISO 8601 in UTC, with Z or +00:00, from the year 2000 on, to the microsecond."""

    def __init__(self, **kwargs: Any) -> None:
        form = r"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|\+00:00)"
        super().__init__(form, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        try:
            return datetime.fromisoformat(text)
        except ValueError:  # a date that no calendar has
            self.fail("invalid_form")
