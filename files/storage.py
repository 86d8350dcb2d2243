"""The bytes of files, through Django's storage "files" (vibechat/settings.py).

Each part is an object, `<id>/<part>-<random>`. It is written under a new name each time, so that what a reader sees
never changes.
"""

import logging
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.files.base import File
from django.core.files.storage import Storage, storages

from files.refusals import StorageAway
from vibechat.core.logs import log_event

READ_BYTES = 256 * 1024


def bucket() -> Storage:
    return storages["files"]


class Chunks(File):
    """What a storage reads while it comes in."""

    def __init__(self, chunks: Iterable[bytes], name: str) -> None:
        super().__init__(None, name)
        self.waiting = iter(chunks)
        self.left = b""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield from self.waiting

    def read(self, size: int = -1) -> bytes:
        """Storages of objects, as that of S3, read instead."""
        while size < 0 or len(self.left) < size:
            chunk = next(self.waiting, b"")
            if not chunk:
                break
            self.left += chunk
        end = len(self.left) if size < 0 else size
        given, self.left = self.left[:end], self.left[end:]
        return given

    def __bool__(self) -> bool:
        return True


def write(file_id: str, number: int, chunks: Iterable[bytes]) -> str:
    """Returns the name of the object. Raises StorageAway."""
    name = f"{file_id}/{number}-{secrets.token_hex(8)}"
    try:
        return bucket().save(name, Chunks(chunks, name))
    except Exception as error:  # of the file system, or of the service behind the storage
        remove(name)
        raise away(error) from error


def read(name: str, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` to `end`. Raises StorageAway before the first one."""
    try:
        opened = bucket().open(name)
    except Exception as error:
        raise away(error) from error
    with opened:
        opened.seek(start)
        while start < end and (chunk := opened.read(min(READ_BYTES, end - start))):
            start += len(chunk)
            yield chunk


def remove(name: str) -> None:
    try:
        if name:
            bucket().delete(name)
    except Exception as error:  # it goes with the file
        log_event("file_part_left", logging.WARNING, error)


def erase(file_id: str) -> bool:
    """All objects of a file, also those that no row names. False if the storage is away."""
    try:
        for name in names_in(file_id):
            bucket().delete(f"{file_id}/{name}")
        bucket().delete(file_id)  # a folder, where there are folders
    except Exception as error:
        log_event("file_left", logging.WARNING, error)
        return False
    return True


def names_in(folder: str) -> list[str]:
    try:
        return bucket().listdir(folder)[1]
    except FileNotFoundError:
        return []


def folders() -> list[str]:
    """The ids of all files in the storage."""
    try:
        return bucket().listdir("")[0]
    except FileNotFoundError:
        return []


def away(error: Exception) -> Any:
    log_event("file_storage_error", logging.ERROR, error)
    return StorageAway()
