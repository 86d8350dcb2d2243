"""Former keys that are kept: those that messages name, and after the deletion of an account those that others need."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.db.models.deletion import Collector

# Functions of (user_id, fingerprints) that return the fingerprints which other accounts still need. messaging registers
# its own in apps.py, because keys may not import messaging.
needed_by_others: list[Callable[[int, Iterable[str]], set[str]]] = []
# Functions of a user id that return queries for the fingerprints of that account's keys which messages name.
named_by_messages: list[Callable[[int], list[QuerySet]]] = []


def keep_where_needed(collector: Collector, field: Any, keys: Any, using: str) -> None:
    """An on_delete handler: SET_NULL for the keys that others need, CASCADE for the rest."""
    keys = list(keys)
    needed: set[str] = set()
    for user_id in {key.user_id for key in keys}:
        for ask in needed_by_others:
            needed |= ask(user_id, [key.fingerprint for key in keys if key.user_id == user_id])
    kept = [key for key in keys if key.fingerprint in needed]
    gone = [key for key in keys if key.fingerprint not in needed]
    # The stubs ask for querysets, but Django itself passes lists.
    if kept:
        models.SET_NULL(collector, field, kept, using)  # type: ignore[arg-type]
    if gone:
        models.CASCADE(collector, field, gone, using)  # type: ignore[arg-type]
