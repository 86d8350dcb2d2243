"""The list of conversations, and the changes of a mailbox since a cursor."""

import heapq
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet

from accounts.models import User
from messaging.mailboxes import sequence_of, snapshot
from messaging.models import Clearing, Deletion, Message
from messaging.realtime.payloads import cleared_frame, deleted_frame, message_json, new_message_frame
from vibechat.core.exceptions import Refusal

EVENTS_A_CALL = 200
BYTES_A_CALL = 2 * 1024 * 1024  # of ciphertext
ROWS_A_QUERY = 50
SENDERS_A_CALL = 20


def changes_since(user: User, after: int) -> dict[str, Any]:
    """`{events, cursor, more}` as the contract's `sync`. Raises Refusal `sequence_ahead`."""
    with snapshot():
        last = sequence_of(user.pk)
        if after > last:
            raise Refusal("sequence_ahead", "This cursor is beyond the mailbox: start again from 0.")
        page, more = first_page(changes(user, after))
    return {"events": page, "cursor": page[-1]["sequence"] if more else last, "more": more}


def first_page(events: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
    """(events of one response, whether more follow)"""
    page: list[dict[str, Any]] = []
    size = 0
    for event in events:
        if len(page) == EVENTS_A_CALL or size > BYTES_A_CALL:
            return page, True
        page.append(event)
        size += len(event.get("message", {}).get("ciphertext", ""))
    return page, False


# Receipts, which browsers send by themselves, and quiet messages count neither as last nor as unread message.
WRITTEN = ~Q(message_type="receipt") & Q(quiet=False)


def changes(user: User, after: int) -> Iterator[dict[str, Any]]:
    """In the order of their sequences, read from the database as they are consumed."""
    received = in_order(Message.objects.received_by(user), "recipient_sequence", after)
    sent = in_order(Message.objects.sent_by(user), "sender_sequence", after)
    cleared = in_order(Clearing.objects.filter(user=user), "sequence", after)
    deleted = in_order(Deletion.objects.filter(user=user), "sequence", after)
    return heapq.merge(
        (new_message_frame(message.recipient_sequence, message_json(message)) for message in received),
        (new_message_frame(message.sender_sequence, message_json(message)) for message in sent),
        (cleared_frame(clearing.sequence, clearing.email, clearing.through) for clearing in cleared),
        (deleted_frame(deletion) for deletion in deleted),
        key=itemgetter("sequence"),
    )


def in_order(rows: QuerySet[Any], column: str, after: int) -> Iterator[Any]:
    while True:
        some = list(rows.filter(**{f"{column}__gt": after}).order_by(column)[:ROWS_A_QUERY])
        yield from some
        if len(some) < ROWS_A_QUERY:
            return
        after = getattr(some[-1], column)


def senders_since(user: User, after: int) -> list[dict[str, Any]]:
    """Who has written what the user has not read, behind that sequence: `{email, sequence}`, the newest first."""
    unread = Message.objects.received_by(user).filter(WRITTEN, read_at=None, recipient_sequence__gt=after)
    newest = unread.values(email=F("sender_email")).order_by().annotate(sequence=Max("recipient_sequence"))
    return [dict(row) for row in newest.order_by("-sequence")[:SENDERS_A_CALL]]


def conversations(user: User) -> dict[str, Any]:
    """`{results, sequence}`, the latest conversation first, from one snapshot."""
    with snapshot():
        received = Message.objects.received_by(user).values("sender_email").order_by()
        received = received.annotate(
            last=Max("id", filter=WRITTEN), unread=Count("id", filter=WRITTEN & Q(read_at=None))
        )
        sent = (
            Message.objects.sent_by(user).values("recipient_email").order_by().annotate(last=Max("id", filter=WRITTEN))
        )
        last: dict[str, int] = {}
        unread: dict[str, int] = {}
        for row in received.exclude(last=None):
            last[row["sender_email"]], unread[row["sender_email"]] = row["last"], row["unread"]
        for email, newest in sent.exclude(last=None).values_list("recipient_email", "last"):
            last[email] = max(newest, last.get(email, 0))
        return {"results": list(described(last, unread)), "sequence": sequence_of(user.pk)}


def described(last: dict[str, int], unread: dict[str, int]) -> Iterator[dict[str, Any]]:
    names = dict(User.objects.filter(email__in=last).values_list("email", "display_name"))
    messages = Message.objects.in_bulk(last.values())
    for email in sorted(last, key=last.__getitem__, reverse=True):
        yield {
            "email": email,
            "display_name": names.get(email, ""),
            "last_message": message_json(messages[last[email]]),
            "unread": unread.get(email, 0),
        }
