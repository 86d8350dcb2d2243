"""Which former keys stay: those that a message names, and when an account goes, those that others still need."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.db.models.deletion import Collector

# Each takes (user_id, fingerprints) and returns those of them that somebody else still needs. messaging adds its own
# in apps.py, since keys may not import it.
needed_by_others: list[Callable[[int, Iterable[str]], set[str]]] = []
# Each takes a user id and returns queries for the fingerprints of that account's keys which a message names.
named_by_messages: list[Callable[[int], list[QuerySet]]] = []


def keep_where_needed(collector: Collector, field: Any, keys: Any, using: str) -> None:
    """An on_delete: SET_NULL for the keys that others need, CASCADE for the rest."""
    keys = list(keys)
    needed: set[str] = set()
    for user_id in {key.user_id for key in keys}:
        for ask in needed_by_others:
            needed |= ask(user_id, [key.fingerprint for key in keys if key.user_id == user_id])
    kept = [key for key in keys if key.fingerprint in needed]
    gone = [key for key in keys if key.fingerprint not in needed]
    # Django itself hands lists on, though its stubs ask for querysets.
    if kept:
        models.SET_NULL(collector, field, kept, using)  # type: ignore[arg-type]
    if gone:
        models.CASCADE(collector, field, gone, using)  # type: ignore[arg-type]
