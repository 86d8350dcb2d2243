"""Keyset pagination of messages, newest first. A cursor is a message id, so new messages shift no page."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError

from accounts.authentication import AccountRequest

D = TypeVar("D")
DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 200
LARGEST_ID = 2**63 - 1


def whole_number(query: Mapping[str, str], name: str, default: D, least: int, most: int) -> int | D:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and least <= int(text) <= most):
        raise ValidationError({name: [f"This must be a whole number from {least} to {most}."]}, code="invalid")
    return int(text)


class Page:
    """One page of several disjoint querysets. Each is limited by the database and merged here: with an OR, no index
    would serve both the filter and the order."""

    def __init__(self, request: AccountRequest, *querysets: QuerySet[Any]) -> None:
        query = request.query_params
        self.request, self.querysets = request, querysets
        self.size = whole_number(query, "page_size", DEFAULT_PAGE_SIZE, 1, LARGEST_PAGE_SIZE)
        self.before = whole_number(query, "before", None, 0, LARGEST_ID)
        self.after = whole_number(query, "after", None, 0, LARGEST_ID)

    def answer(self, to_json: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        newer_first, has_older, has_newer = self._read()
        return {
            "results": [to_json(message) for message in newer_first],
            "next": self._address("before", newer_first[-1].pk) if newer_first and has_older else None,
            "previous": self._address("after", newer_first[0].pk) if newer_first and has_newer else None,
        }

    def _read(self) -> tuple[list[Any], bool, bool]:
        """(messages newest first, whether older ones follow, whether newer ones precede)."""
        if self.after is not None:
            rows = self._cut("id", id__gt=self.after)
            page = rows[: self.size][::-1]
            return page, True, len(rows) > self.size
        if self.before is None:
            rows = self._cut("-id")
            return rows[: self.size], len(rows) > self.size, False
        rows = self._cut("-id", id__lt=self.before)
        return rows[: self.size], len(rows) > self.size, True

    def _cut(self, order: str, **limits: Any) -> list[Any]:
        rows: list[Any] = []
        for queryset in self.querysets:
            rows += queryset.filter(**limits).order_by(order)[: self.size + 1]
        return sorted(rows, key=lambda message: message.pk, reverse=order == "-id")[: self.size + 1]

    def _address(self, name: str, message_id: int) -> str:
        kept = {key: value for key, value in self.request.query_params.items() if key not in ("before", "after")}
        return address_of(self.request, {**kept, name: message_id})


def address_of(request: AccountRequest, query: dict) -> str:
    """The URL of this request with another query. An email in the path may contain `/`, `?` and `%`; it is
    percent-encoded."""
    match = request.resolver_match
    email = match.kwargs.get("email", "") if match else ""
    path = request.path.removesuffix(email) + quote(email, safe="@")
    return f"{request.scheme}://{request.get_host()}{path}?{urlencode(query)}"
