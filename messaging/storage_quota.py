"""The limit on bytes that an account may store.

Each message is charged to its sender until its row is deleted. Its client_id is charged until it is pruned. The sum
is in the sender's mailbox, a row that every send locks and writes anyway. The vault charges its rows by `charge`.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, F, Func, IntegerField, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest

from messaging.mailboxes import Mailbox
from vibechat.core.exceptions import Conflict

# Size of a row without its text in PostgreSQL and SQLite: columns, index entries, page overhead.
ROW_BYTES = 1024
SPENT_CLIENT_ID_BYTES = 160
TEXT_COLUMNS = ("ciphertext", "nonce", "salt")

RECEIPT_TYPE, RECEIPT_BYTES = "receipt", 4096
RESERVE_SHARE = 16  # receipts may exceed the limit by a sixteenth


class StorageFull(Conflict):
    def __init__(self, used: int, allowed: int) -> None:
        detail = f"This account takes up {used} of the {allowed} bytes that this server allows it."
        super().__init__("storage_full", detail)
        self.facts = {"used": used, "allowed": allowed}


def message_bytes(envelope: dict) -> int:
    """The size charged for a message. The text in `envelope` is ASCII."""
    return ROW_BYTES + sum(len(envelope[name] or "") for name in TEXT_COLUMNS)


def allowed_bytes(envelope: dict) -> int:
    """The limit of the sender's sum for this message.
    Receipts have a reserve, so that a full account can still confirm the messages it receives.
    """
    limit = settings.ACCOUNT_STORAGE_BYTES
    is_receipt = envelope["message_type"] == RECEIPT_TYPE and decoded_length(envelope["ciphertext"]) <= RECEIPT_BYTES
    return limit + limit // RESERVE_SHARE if is_receipt else limit


def decoded_length(base64_text: str) -> int:
    return len(base64_text) * 3 // 4 - base64_text[-2:].count("=")


def charge(mailbox: Mailbox, size: int, has_reserve: bool = False) -> None:
    """Add `size`, which may be negative, to the sum of a locked mailbox. Raises StorageFull."""
    limit = settings.ACCOUNT_STORAGE_BYTES
    allowed = limit + limit // RESERVE_SHARE if has_reserve else limit
    if size > 0 and mailbox.stored_bytes + size > allowed:
        raise StorageFull(mailbox.stored_bytes, limit)
    credit({mailbox.pk: -size})


class OctetLength(Func):
    """PostgreSQL computes it without reading the text."""

    function, output_field = "OCTET_LENGTH", IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="LENGTH", **context)


def stored_size() -> Any:
    """`message_bytes` as an SQL expression."""
    return ROW_BYTES + sum(Coalesce(OctetLength(name), 0) for name in TEXT_COLUMNS)


def credit_senders(rows: Iterable[Any]) -> None:
    """`rows`: (sender id, client_id, stored_size, is_spent) of messages that are about to be deleted. Their client_ids
    are kept and stay charged; a client_id that an earlier message has spent (over 30 days ago) is charged already.
    """
    freed: Counter[int] = Counter()
    for sender_id, client_id, size, is_spent in rows:
        freed[sender_id] += size - (SPENT_CLIENT_ID_BYTES if client_id and not is_spent else 0)
    credit(freed)


def credit_spent_client_ids(rows: QuerySet[Any]) -> None:
    """For rows that are about to be deleted."""
    counts = rows.order_by().values_list("sender").annotate(Count("pk"))
    credit({sender: SPENT_CLIENT_ID_BYTES * count for sender, count in counts})


def credit(freed: dict[int, int]) -> None:
    """`freed`: bytes by user id. The caller holds the locks of these mailboxes."""
    if freed:
        amount = Case(*[When(pk=user_id, then=Value(size)) for user_id, size in freed.items()])
        Mailbox.objects.filter(pk__in=freed).update(stored_bytes=Greatest(F("stored_bytes") - amount, Value(0)))
