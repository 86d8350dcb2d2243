"""The exception Refused, and checks of untrusted values."""

import re


class Refused(Exception):
    """Raised for a message or key that must be refused. `reason` is a word of docs/protocol.md §8."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def require(condition: bool, reason: str) -> None:
    if not condition:
        raise Refused(reason)


def matches(pattern: str, value: object) -> bool:
    """Whether it is a string that matches the whole pattern."""
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_integer(value: object) -> bool:
    """Whether it is an int and not a bool, which Python counts as an int."""
    return isinstance(value, int) and not isinstance(value, bool)
