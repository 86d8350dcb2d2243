"""Mailboxes: the last sequence of each person, in a narrow table. Code that takes a sequence locks the row."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, connection, models, transaction

from accounts.models import User
from vibechat.core.exceptions import Unavailable

ATTEMPTS = 3
P = ParamSpec("P")
T = TypeVar("T")


class MailboxMissing(Exception):
    """A mailbox to be locked does not exist yet, or its account has been deleted."""

    def __init__(self, user_ids: set[int]) -> None:
        self.user_ids = user_ids


class Mailbox(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="mailbox")
    sequence = models.BigIntegerField(default=0)
    stored_bytes = models.BigIntegerField(default=0, db_default=0)  # of sent messages: storage_quota.py

    class Meta:
        db_table = "mailboxes"
        constraints = [models.CheckConstraint(condition=models.Q(sequence__gte=0), name="mailboxes_sequence_counts")]

    @classmethod
    def lock(cls, *user_ids: int | None) -> "dict[int, Mailbox]":
        """The mailboxes by user id, their rows locked in the order of user id until the transaction ends.

        So sequences are taken in the order of commits, and no two transactions deadlock. SQLite has no row locks; there
        the transaction is IMMEDIATE. Raises MailboxMissing.
        """
        wanted = {user_id for user_id in user_ids if user_id is not None}
        locked = cls.lock_existing(wanted)
        if len(locked) < len(wanted):
            raise MailboxMissing(wanted - locked.keys())
        return locked

    @classmethod
    def lock_existing(cls, user_ids: Iterable[int]) -> "dict[int, Mailbox]":
        """The same, but missing mailboxes are left out."""
        rows = cls.objects.select_for_update(no_key=True).filter(pk__in=user_ids).order_by("pk")
        return {mailbox.pk: mailbox for mailbox in rows}

    @classmethod
    def make(cls, user_ids: Iterable[int]) -> None:
        """Call it in a transaction without locks: otherwise two first messages could deadlock."""
        alive = User.objects.filter(pk__in=user_ids).values_list("pk", flat=True)
        with contextlib.suppress(IntegrityError):  # an account was deleted: the next attempt does not find it
            Mailbox.objects.bulk_create([Mailbox(user_id=user_id) for user_id in sorted(alive)], ignore_conflicts=True)

    def next_sequence(self) -> int:
        self.sequence += 1
        return self.sequence


def in_mailboxes(verb: Callable[P, T]) -> Callable[P, T]:
    """Run `verb` in one transaction. If a mailbox is missing, make it and run `verb` again."""

    @wraps(verb)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    return verb(*args, **kwargs)
            except MailboxMissing as missing:
                Mailbox.make(missing.user_ids)
            except IntegrityError:
                continue  # an account was deleted or created between the read and the write
        raise Unavailable()  # the account is being deleted

    return attempt


@contextlib.contextmanager
def snapshot() -> Iterator[None]:
    """All reads in this context see one state of the database. PostgreSQL needs REPEATABLE READ for that."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def sequence_of(user_id: int) -> int:
    """0 before the first change."""
    return Mailbox.objects.filter(pk=user_id).values_list("sequence", flat=True).first() or 0
