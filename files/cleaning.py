"""Deletes files that no message has named for a day, and erases what was deleted: a timer in each server process, or
`manage.py clean_files`."""

from collections.abc import Callable

from files import storage
from files.models import ERASED_AT_ONCE, File, erase_all, to_erase


def clean_files(goes_on: Callable[[], bool] = lambda: True) -> int:
    """Returns how many files were given up or erased."""
    count = 0
    while goes_on() and (ids := list(File.objects.left_over().values_list("pk", flat=True)[:ERASED_AT_ONCE])):
        count += File.objects.filter(pk__in=ids).left_over().discard()
    while goes_on() and (ids := list(to_erase().values_list("pk", flat=True)[:ERASED_AT_ONCE])):
        erased = erase_all(ids)
        count += erased
        if erased < len(ids):
            break
    return count


def erase_unknown() -> int:
    """Folders of the storage that no row names: left by a database that was restored from a backup."""
    ids = storage.folders()
    known: set[str] = set()
    for start in range(0, len(ids), 500):
        known.update(File.objects.filter(pk__in=ids[start : start + 500]).values_list("pk", flat=True))
    return sum(storage.erase(file_id) for file_id in ids if file_id not in known)
