"""Percentiles, medians, ratios, and tables of them in Markdown."""

import math
import statistics
from collections.abc import Iterable, Sequence

RANKS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def percentiles(values: Iterable[float]) -> dict[str, float]:
    """Nearest-rank percentiles; nan without values."""
    ordered = sorted(values)
    if not ordered:
        return dict.fromkeys(RANKS, math.nan)
    return {name: ordered[math.ceil(rank * len(ordered)) - 1] for name, rank in RANKS.items()}


def median(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return statistics.median(known) if known else math.nan


def divided(value: float, by: float) -> float:
    return value / by if by else math.nan


def number(value: float) -> str:
    """Three significant figures, whole numbers from 100; a dash for nan."""
    if isinstance(value, int):
        return f"{value:,}"
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def times(ratio: float) -> str:
    return "–" if math.isnan(ratio) else f"{ratio:.2f}×"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The first column is text; the others are numbers, aligned right."""
    cells = [list(map(str, head)), *[list(map(str, row)) for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [f"| {' | '.join(aligned(row, widths))} |" for row in cells]
    rule = ["-" * widths[0], *[f"{'-' * (width - 1)}:" for width in widths[1:]]]
    return "\n".join([lines[0], f"| {' | '.join(rule)} |", *lines[1:]])


def aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [row[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]]
