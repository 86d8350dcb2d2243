"""Canaries, and the search for them in a source, value by value."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from messaging.zero_knowledge.encodings import find_each, find_in_any

MARK_DIGITS = 24
BATCH_BYTES = 4 * 1024 * 1024
TEXT, PASSWORD, SECRET = "text", "password", "secret"  # kinds of canaries
REASON = "the reason of a report"
LEAST_SECRET_BYTES = 12  # a shorter text could stand somewhere by chance


class Canaries:
    """Unique texts. All canaries of a kind begin with the same mark, so one search finds them all. Marks are digits,
    which neither a change of case nor escaping alters."""

    def __init__(self) -> None:
        self.marks = {
            kind: "".join(secrets.choice("0123456789") for _ in range(MARK_DIGITS)) for kind in (TEXT, PASSWORD)
        }
        self.names: dict[str, str] = {}
        self.secrets: dict[str, str] = {}

    def new(self, name: str, kind: str = TEXT) -> str:
        canary = f"{self.marks[kind]}{len(self.names):02}"
        self.names[canary] = name
        return canary

    def texts_of(self, kinds: Iterable[str]) -> list[str]:
        """What finds all canaries of these kinds."""
        marks = [mark for kind, mark in self.marks.items() if kind in kinds]
        return [*marks, *(self.secrets if SECRET in kinds else [])]

    def add_secret(self, name: str, raw: bytes) -> None:
        """Bytes to look for that were not chosen here."""
        if len(raw) >= LEAST_SECRET_BYTES:
            self.secrets.setdefault(raw.decode("latin-1"), name)  # of its encodings latin-1 is the bytes themselves


def random_digits() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(MARK_DIGITS))


@dataclass
class Source:
    """Data to search. `values`: (part, bytes), read lazily. `control`: a text that must be found; without it, the
    search has read something else than intended."""

    name: str
    values: Iterable[tuple[str, bytes]]
    control: str | None = None
    kinds: tuple[str, ...] = (TEXT, PASSWORD, SECRET)


@dataclass(frozen=True)
class Leak:
    canary: str
    source: str
    encoding: str

    def __str__(self) -> str:
        return f"{self.canary}, in {self.source}, as {self.encoding}"


@dataclass
class Searched:
    source: str
    values: int = 0
    size_bytes: int = 0
    is_control_found: bool = True
    leaks: list[Leak] = field(default_factory=list)


def search(source: Source, canaries: Canaries) -> Searched:
    """Each batch is searched as a whole, and by its parts only where something is in it."""
    searched = Searched(source.name, is_control_found=source.control is None)
    texts = [*canaries.texts_of(source.kinds), *([source.control] if source.control is not None else [])]
    clean: set[bytes] = set()
    for batch in batches(source.values):
        searched.values += sum(map(len, batch.values()))
        searched.size_bytes += sum(len(value) for values in batch.values() for value in values)
        distinct = [value for value in dict.fromkeys(chain(*batch.values())) if value not in clean]
        found = {text for text, _ in find_each(texts, distinct)}
        searched.is_control_found |= source.control in found
        if found - {source.control}:
            note_leaks(searched, batch, canaries, source.kinds)
        else:
            clean.update(distinct)  # several browsers get the same files
    return searched


def batches(values: Iterable[tuple[str, bytes]]) -> Iterator[dict[str, list[bytes]]]:
    """Groups values by part, in batches of about BATCH_BYTES."""
    waiting: dict[str, list[bytes]] = {}
    waiting_bytes = 0
    for part, value in values:
        waiting.setdefault(part, []).append(value)
        waiting_bytes += len(value)
        if waiting_bytes > BATCH_BYTES:
            yield waiting
            waiting, waiting_bytes = {}, 0
    yield waiting


def note_leaks(searched: Searched, batch: dict[str, list[bytes]], canaries: Canaries, kinds: tuple[str, ...]) -> None:
    for part, values in batch.items():
        where = f"{searched.source}, {part}" if part else searched.source
        for leak in leaks_in(list(dict.fromkeys(values)), where, canaries, kinds):
            if leak not in searched.leaks:
                searched.leaks.append(leak)


def leaks_in(values: list[bytes], where: str, canaries: Canaries, kinds: Iterable[str]) -> Iterator[Leak]:
    if SECRET in kinds:
        each = find_each(canaries.secrets, values)
        yield from (Leak(canaries.secrets[secret], where, form) for secret, form in each)
    for kind in (kind for kind in canaries.marks if kind in kinds):
        mark = canaries.marks[kind]
        if not (found := find_in_any(mark, values)):
            continue
        whole = {canary: find_in_any(canary, values) for canary in canaries.names if canary.startswith(mark)}
        named = [Leak(canaries.names[canary], where, name) for canary, names in whole.items() for name in names]
        yield from named or [Leak(f"a part of some {kind}", where, name) for name in found]
