"""How the reference says no, and the small questions that it asks of untrusted values."""

import re


class Refused(Exception):
    """A message or key that must not be opened or used; `reason` is a word of docs/protocol.md §8."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def require(condition: bool, reason: str) -> None:
    if not condition:
        raise Refused(reason)


def matches(pattern: str, value: object) -> bool:
    """A string that the pattern describes whole."""
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_integer(value: object) -> bool:
    """Python counts True among the integers; JSON does not."""
    return isinstance(value, int) and not isinstance(value, bool)
