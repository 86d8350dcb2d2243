"""Deletes messages whose `delete_after` has passed, and erases files: a timer in each server process, or `manage.py
delete_expired` and `clean_files`.

Processes may do so at the same time: the mailboxes are locked, and a message that another process has deleted is no
longer found.
"""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from channels.db import database_sync_to_async
from django.utils import timezone

from files.cleaning import clean_files
from messaging.mailboxes import Mailbox, in_mailboxes
from messaging.models import Deletion, Message
from messaging.pruning import delete_in_batches
from messaging.reports.report import Report
from vibechat.core.logs import log_event

BATCH_ROWS = 100  # the mailboxes of a batch are locked together, and who sends waits for them
PAUSE_SECONDS = 60
DELETIONS_SECONDS = 3600


def delete_expired(goes_on: Callable[[], bool] = lambda: True) -> int:
    """Returns the number of deleted messages. It stops after a batch if `goes_on()` is false."""
    count = 0
    while goes_on() and (ids := expired_ids()):
        count += delete_batch(ids)
    return count


def expired_ids() -> list[int]:
    expired = Message.objects.filter(delete_after__lte=timezone.now()).order_by("delete_after")
    return list(expired.values_list("pk", flat=True)[:BATCH_ROWS])


@in_mailboxes
def delete_batch(ids: list[int]) -> int:
    batch = Message.objects.filter(pk__in=ids)
    people = batch.values_list("sender", "recipient").order_by()
    mailboxes = Mailbox.lock(*(user_id for pair in people for user_id in pair))
    return batch.delete_for_everyone(mailboxes)


class ExpiryTimer:
    """Of a server process."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="expiry")
        self.is_stopped = False
        self.deletions_at = 0.0
        self.task: asyncio.Task | None = None

    def start(self) -> None:
        self.task = asyncio.get_running_loop().create_task(self.run())

    async def run(self) -> None:
        once = database_sync_to_async(self.once, thread_sensitive=False, executor=self.thread)
        while True:
            try:
                await once()
            except Exception as error:  # the database is away: the next round finds what this one has left
                log_event("expiry_failed", reason=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS * random.uniform(0.75, 1.25))  # nosec B311

    def once(self) -> None:
        if count := delete_expired(lambda: not self.is_stopped):
            log_event("expired_deleted", count=count)
        if count := clean_files(lambda: not self.is_stopped):
            log_event("files_erased", count=count)
        if time.monotonic() >= self.deletions_at:
            self.deletions_at = time.monotonic() + DELETIONS_SECONDS
            delete_in_batches(Deletion.objects.past())
            delete_in_batches(Report.objects.past())

    def stop(self) -> None:
        """Does not wait for the batch in hand; the end of the process does."""
        self.is_stopped = True
        if self.task is not None:
            self.task.cancel()
        self.thread.shutdown(wait=False)
