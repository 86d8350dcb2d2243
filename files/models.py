"""Sealed files. The server knows who uploaded a file, for whom, and its length; the rest is in the sealed message.

A file is pending (parts come in), complete, sent (a message names it) and deleted. Its bytes are erased after the
commit that deletes it, and the row last. `files.cleaning` repeats what a process that ended could not do.
"""

import datetime
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated, ValidationError

from accounts.models import User
from files import storage
from files.refusals import DayFull, FileComplete, FilesFull, FileTooLarge, PartsMissing
from vibechat.core.exceptions import Conflict, NotFound

PART_BYTES = 4 * 1024 * 1024
LEAST_BYTES = 56 + 16  # a header and an empty chunk
ROW_BYTES = 4096  # charged for each file besides its length: rows, index entries, blocks of the file system
UNSENT_KEPT = datetime.timedelta(hours=24)
DAY = datetime.timedelta(days=1)
ERASED_AT_ONCE = 50  # the timer erases the rest

# Functions of a user and a file id: does a message of theirs name it? messaging adds its own: files may not import it.
readers: list[Callable[[User, str], bool]] = []


def largest_sealed() -> int:
    """The length of a file of FILE_BYTES with its padding of at most a twentieth, tags and header."""
    return settings.FILE_BYTES + settings.FILE_BYTES // 19 + 2048


class FileQuerySet(models.QuerySet["File"]):
    def present(self) -> "FileQuerySet":
        return self.filter(deleted_at=None)

    def left_over(self) -> "FileQuerySet":
        """No message has named them for a day."""
        return self.present().filter(sent_at=None, created_at__lte=timezone.now() - UNSENT_KEPT)

    def discard(self) -> int:
        """Nobody gets them any more; the bytes are erased after the commit. Returns their number."""
        ids = list(self.present().values_list("pk", flat=True))
        count = self.present().filter(pk__in=ids).update(deleted_at=timezone.now())  # a message may name one by now
        if ids:
            transaction.on_commit(lambda: erase_all(ids[:ERASED_AT_ONCE]), robust=True)
        return count

    def visible_to(self, user: User, file_id: str) -> "File | None":
        """The file, if it is the user's own and not sent yet, or a message of theirs names it."""
        file = self.present().filter(pk=file_id).first()
        if file is None or user.pk not in (file.owner_id, file.recipient_id):
            return None
        is_named = any(reads(user, file.pk) for reads in readers)
        return file if is_named or (file.sent_at is None and file.owner_id == user.pk) else None


class FileManager(models.Manager.from_queryset(FileQuerySet)):  # type: ignore[misc]  # as the plugin reads it
    def begin(self, owner: User, recipient: User, size: int) -> "File":
        """Raises FileTooLarge, FilesFull, DayFull: with what is left."""
        if size > largest_sealed():
            raise FileTooLarge(settings.FILE_BYTES)
        with transaction.atomic():
            use = FileUse.lock(owner)
            left = settings.FILES_STORED_BYTES - self.stored_bytes(owner)
            if size + ROW_BYTES > left:
                raise FilesFull(left, settings.FILES_STORED_BYTES)
            use.add(size)
            return self.create(id=secrets.token_hex(16), owner=owner, recipient=recipient, size=size)

    def stored_bytes(self, owner: User) -> int:
        found = self.present().filter(owner=owner).aggregate(size=Sum("size"), count=models.Count("pk"))
        return (found["size"] or 0) + ROW_BYTES * found["count"]


class File(models.Model):
    id = models.CharField(primary_key=True, max_length=32)
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="files")
    recipient = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="files_for")
    size = models.BigIntegerField()  # sealed
    created_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)  # set by the acceptance of a message that names it
    deleted_at = models.DateTimeField(null=True)

    objects = FileManager()

    class Meta:
        db_table = "files"
        indexes = [
            models.Index(fields=["created_at"], condition=Q(sent_at=None), name="files_not_sent"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="files_to_erase"),
        ]

    @property
    def part_count(self) -> int:
        return -(-self.size // PART_BYTES)

    def length_of(self, number: int) -> int:
        return min(PART_BYTES, self.size - number * PART_BYTES)

    def store(self, number: int, digest: bytes, stream: Any) -> None:
        """A part. Once more changes nothing; other bytes replace it until the file is complete.

        Raises ValidationError for bytes of another digest or length, FileComplete, StorageAway.
        """
        present = self.parts.filter(number=number).first()
        if present is not None and bytes(present.digest) == digest:
            return
        if self.completed_at is not None:
            raise FileComplete()
        read = Measured(stream)
        name = storage.write(self.pk, number, read.chunks())
        if (read.digest, read.length) != (digest, self.length_of(number)):
            storage.remove(name)
            raise ValidationError({"body": ["These are not the bytes of this part."]}, code="wrong_bytes")
        with transaction.atomic():
            current = File.objects.select_for_update(of=("self",)).present().filter(pk=self.pk).first()
            is_taken = current is not None and current.completed_at is None
            if is_taken:
                replaced = self.parts.filter(number=number).values_list("name", flat=True).first()
                self.parts.update_or_create(number=number, defaults={"name": name, "digest": digest})
        if not is_taken:
            storage.remove(name)
            raise FileComplete()
        storage.remove(replaced or "")

    def pieces(self, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """The parts of the objects (name, start, end) that make up the bytes from `start` to `end`."""
        wanted = self.parts.filter(number__gte=start // PART_BYTES, number__lte=(end - 1) // PART_BYTES)
        for number, name in wanted.order_by("number").values_list("number", "name"):
            offset = number * PART_BYTES
            yield name, max(start - offset, 0), min(end - offset, PART_BYTES)

    def complete(self) -> None:
        """Once more changes nothing. Raises PartsMissing, and NotFound where it was given up meanwhile."""
        if self.completed_at is not None:
            return
        with transaction.atomic():
            current = File.objects.select_for_update(of=("self",)).present().filter(pk=self.pk).first()
            if current is None:
                raise NotFound()
            if missing := self.part_count - self.parts.count():
                raise PartsMissing(missing)
            self.completed_at = current.completed_at or timezone.now()
            self.save(update_fields=["completed_at"])

    def give_up(self) -> None:
        """Raises Conflict `file_sent`."""
        if not File.objects.filter(pk=self.pk, sent_at=None).discard():
            raise Conflict("file_sent", "A message has this file. Delete the message.")


class Measured:
    """Hashes and counts what is read from a body, 64 KiB at a time."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.hash, self.length = stream, hashlib.sha256(), 0

    def chunks(self) -> Iterator[bytes]:
        while self.stream is not None and (chunk := self.stream.read(64 * 1024)):
            self.hash.update(chunk)
            self.length += len(chunk)
            yield chunk

    @property
    def digest(self) -> bytes:
        return self.hash.digest()


class FilePart(models.Model):
    file = models.ForeignKey(File, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=128)  # in the storage
    digest = models.BinaryField()  # SHA-256

    class Meta:
        db_table = "file_parts"
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="file_parts_once")]


class FileUse(models.Model):
    """What a person has begun to upload today; its lock makes the uploads of one person take turns."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="file_use")
    since = models.DateTimeField(default=timezone.now)
    day_bytes = models.BigIntegerField(default=0)

    class Meta:
        db_table = "file_uses"

    @classmethod
    def lock(cls, user: User) -> "FileUse":
        """Raises NotAuthenticated if the account was deleted meanwhile."""
        cls.objects.get_or_create(user=user)
        use = cls.objects.select_for_update(no_key=True).filter(user=user).first()
        if use is None:
            raise NotAuthenticated("This account is gone.")
        return use

    def add(self, size: int) -> None:
        """Raises DayFull."""
        now = timezone.now()
        if now - self.since >= DAY or now < self.since:
            self.since, self.day_bytes = now, 0
        left = settings.FILES_DAY_BYTES - self.day_bytes
        if size > left:
            raise DayFull(left, settings.FILES_DAY_BYTES)
        self.day_bytes += size
        self.save()


def erase_all(ids: Iterable[str]) -> int:
    """Erase the bytes of deleted files, then the rows. What the storage does not give up stays for the next time."""
    count = 0
    for file in to_erase().filter(pk__in=ids):
        if storage.erase(file.pk):
            count += file.delete()[0] > 0
    return count


def to_erase() -> QuerySet[Any]:
    return File.objects.filter(deleted_at__isnull=False).order_by("deleted_at")


def discard_of(user_id: int) -> None:
    """Before an account is deleted: what it has uploaded and not sent."""
    File.objects.filter(owner=user_id, sent_at=None).discard()
