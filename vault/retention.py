"""Which versions of a vault are kept: the last five, and the last of each day for 30 days."""

from collections.abc import Iterable
from datetime import datetime, timedelta

LAST_KEPT = 5
DAYS_KEPT = timedelta(days=30)


def superseded(versions: Iterable[tuple[int, datetime]], now: datetime) -> list[int]:
    """Of (version, time of its writing) the versions that are no longer kept."""
    newest_first = sorted(versions, reverse=True)
    days, gone = set(), []
    for place, (version, written_at) in enumerate(newest_first):
        is_last_of_its_day = written_at.date() not in days
        days.add(written_at.date())
        is_kept = place < LAST_KEPT or (is_last_of_its_day and written_at > now - DAYS_KEPT)
        if not is_kept:
            gone.append(version)
    return gone
