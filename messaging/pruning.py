"""Deletes expired rows in batches: locks are short, and no ciphertext is read into memory."""

import datetime
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import LoginNetwork, Session, SpentRefreshToken
from keys.models import PublicKey
from messaging.mailboxes import Mailbox, in_mailboxes
from messaging.models import CLIENT_ID_MEMORY, Deletion, Message, SpentClientId
from messaging.reports.report import Report
from messaging.storage_quota import credit_spent_client_ids

BATCH_ROWS = 500
SESSIONS_KEPT = datetime.timedelta(days=30)
JOURNAL_SECONDS = 600  # how long a backup of a large database may read
CHECKPOINT_MS = 200
CHECKPOINT_PAUSE_SECONDS = 0.5


class JournalHeld(Exception):
    """A reader has held an old state of the database for JOURNAL_SECONDS."""


# Vault rows: vault registers in apps.py, because messaging may not import it. The functions return {name: queryset};
# `deletions` are by model, for rows that are not only deleted.
prunable_above: list[Callable[[], dict[str, QuerySet[Any]]]] = []
deletions: dict[type, Callable[[QuerySet[Any], list], int]] = {}


def prunable(messages_before: datetime.datetime | None) -> dict:
    """{name for operators: queryset}, in the order of deletion."""
    now = timezone.now()
    old = Message.objects.filter(created_at__lt=messages_before)
    kept = Message.objects.filter(created_at__gte=messages_before)
    over = Q(revoked_at__lt=now - SESSIONS_KEPT) | Q(expires_at__lt=now - SESSIONS_KEPT)
    repeatable_since = now - 2 * datetime.timedelta(seconds=settings.REFRESH_REPEAT_SECONDS)
    return {
        "messages": old,
        "keys without an owner that no message names": unneeded_keys(kept),
        "client ids of deleted messages": SpentClientId.objects.filter(deleted_at__lte=now - CLIENT_ID_MEMORY),
        "deletions of single messages": Deletion.objects.past(),
        "reports that are over": Report.objects.past(),
        "spent refresh tokens": SpentRefreshToken.objects.filter(spent_at__lt=repeatable_since),
        "sessions that are over": Session.objects.filter(over),
        "networks of log-ins long ago": LoginNetwork.objects.past(),
        **{name: rows for of_app in prunable_above for name, rows in of_app().items()},
    }


def unneeded_keys(messages: QuerySet[Any]) -> QuerySet[Any]:
    sent = messages.filter(sender_email=OuterRef("email"), sender_fingerprint=OuterRef("fingerprint"))
    received = messages.filter(recipient_email=OuterRef("email"), recipient_fingerprint=OuterRef("fingerprint"))
    return PublicKey.objects.filter(~Exists(sent), ~Exists(received), user=None)


def delete_in_batches(rows: QuerySet[Any]) -> int:
    known = {Message: forget, SpentClientId: forget_client_ids, **deletions}
    delete = known.get(rows.model, delete_rows)
    count, last = 0, None
    while ids := next_ids(rows, last):
        count, last = count + delete(rows, ids), ids[-1]
        checkpoint_journal()
    return count


def checkpoint_journal() -> None:
    """Checkpoint SQLite's WAL. Secure deletion writes as many bytes to the WAL as it frees, which could fill the disk.
    Raises JournalHeld."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    deadline = time.monotonic() + JOURNAL_SECONDS
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {CHECKPOINT_MS}")  # writers wait while a checkpoint waits for readers
        try:
            while cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > deadline:
                    raise JournalHeld()
                time.sleep(CHECKPOINT_PAUSE_SECONDS)
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {settings.DATABASES['default']['OPTIONS']['timeout'] * 1000}")


def next_ids(rows: QuerySet[Any], last: Any) -> list:
    later = rows if last is None else rows.filter(pk__gt=last)
    return list(later.order_by("pk").values_list("pk", flat=True)[:BATCH_ROWS])


@in_mailboxes
def forget(messages: Any, ids: list[int]) -> int:
    """Locks the mailboxes, because a receipt may change one of the messages at the same time."""
    batch = messages.filter(pk__in=ids)
    people = batch.values_list("sender", "recipient").order_by()
    Mailbox.lock(*(user_id for pair in people for user_id in pair))
    return batch.forget()


@in_mailboxes
def forget_client_ids(rows: QuerySet[Any], ids: list[int]) -> int:
    batch = rows.filter(pk__in=ids)
    Mailbox.lock(*batch.values_list("sender", flat=True))
    credit_spent_client_ids(batch)
    return delete_rows(rows, ids)


def delete_rows(rows: QuerySet[Any], ids: list[int]) -> int:
    batch = rows.filter(pk__in=ids)
    return batch.delete()[1].get(rows.model._meta.label, 0)
