"""Streams of sealed segments, by which the browsers of one person tell each other what they have opened and read
(docs/protocol.md §14.7)."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import User
from messaging.mailboxes import Mailbox, in_mailboxes
from messaging.storage_quota import ROW_BYTES, charge
from vault.browser_list import BrowserList, signature_refused
from vault.formats import STREAM_KINDS, segment_hash, stream_write, verifies
from vault.pushes import push_after_commit
from vibechat.core.exceptions import Conflict

MOST_STREAMS = 200  # of an account: two of each browser, former ones included


@dataclass(frozen=True)
class SegmentWrite:
    """A segment as a browser gives it: `by` is the browser that writes, `browser` that whose stream it is."""

    browser: str
    kind: str
    number: int
    blob: bytes
    by: str
    revision: int
    signature: bytes

    @property
    def size(self) -> int:
        return ROW_BYTES + len(self.blob)


class StreamManager(models.Manager["Stream"]):
    @in_mailboxes
    def write(self, user: User, given: SegmentWrite) -> "tuple[Stream, bool]":
        """Append a segment or replace one. Returns (stream, whether the stream is new).

        The lock on the person's mailbox makes writers take turns: of two with one revision one gets Conflict
        `stream_changed`. The last write again changes nothing. Raises also Conflict `too_many_segments`,
        `too_many_streams` or `storage_full`, Forbidden `signature_refused`.
        """
        mailbox = Mailbox.lock(user.pk)[user.pk]
        stream = self.filter(user=user, browser=given.browser, kind=given.kind).first()
        segments = stream.segments if stream else StreamSegment.objects.none()
        hashes = [bytes(hashed) for hashed in segments.order_by("number").values_list("hash", flat=True)]
        hashed = segment_hash(user, given.browser, given.kind, given.number, given.blob)
        if stream and stream.is_repeated_by(given) and hashes[given.number - 1 : given.number] == [hashed]:
            return stream, False
        if given.revision != (stream.revision if stream else 0) + 1 or given.number > len(hashes) + 1:
            raise Conflict("stream_changed", "Another browser has written this stream since.")
        if given.number > STREAM_KINDS[given.kind].most_segments:
            raise Conflict("too_many_segments", "This stream can take no more segments.")
        self.check_signature(user, given, [*hashes[: given.number - 1], hashed, *hashes[given.number :]], stream)
        if stream is None and self.filter(user=user).count() >= MOST_STREAMS:
            raise Conflict("too_many_streams", "This account has too many streams.")
        replaced = segments.filter(number=given.number)
        charge(mailbox, given.size - (replaced.aggregate(size=models.Sum("size"))["size"] or 0))
        values = {
            "revision": given.revision,
            "by": given.by,
            "signature": given.signature,
            "updated_at": timezone.now(),
        }
        place: dict[str, Any] = {"user": user, "browser": given.browser, "kind": given.kind}
        stored, is_new = self.update_or_create(**place, defaults=values)
        segment = {"blob": given.blob, "hash": hashed, "size": given.size}
        stored.segments.update_or_create(number=given.number, defaults=segment)
        facts = {"browser": given.browser, "kind": given.kind, "revision": given.revision}
        push_after_commit(user.pk, "stream_changed", **facts)
        return stored, is_new

    def check_signature(self, user: User, given: SegmentWrite, hashes: list[bytes], stream: "Stream | None") -> None:
        """A stream is begun for a browser of the list, and goes on after it has left."""
        browsers = BrowserList.objects.of(user)
        key = browsers.keys.get(given.by) if browsers else None
        is_known = stream is not None or (browsers is not None and given.browser in browsers.keys)
        signed = stream_write(user, given.browser, given.kind, given.revision, hashes)
        if key is None or not is_known or not verifies(key, given.signature, signed):
            raise signature_refused()


class Stream(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="streams", db_index=False)
    browser = models.CharField(max_length=32)
    kind = models.CharField(max_length=16)
    revision = models.BigIntegerField()
    by = models.CharField(max_length=32)
    signature = models.BinaryField()
    updated_at = models.DateTimeField(default=timezone.now)

    objects = StreamManager()

    class Meta:
        db_table = "streams"
        constraints = [models.UniqueConstraint(fields=["user", "browser", "kind"], name="streams_once")]

    def is_repeated_by(self, given: SegmentWrite) -> bool:
        same = (self.revision, self.by, bytes(self.signature))
        return same == (given.revision, given.by, given.signature)


class StreamSegment(models.Model):
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="segments", db_index=False)
    number = models.IntegerField()
    blob = models.BinaryField()
    hash = models.BinaryField()
    size = models.IntegerField()  # what the account is charged for it

    class Meta:
        db_table = "stream_segments"
        constraints = [models.UniqueConstraint(fields=["stream", "number"], name="stream_segments_once")]
