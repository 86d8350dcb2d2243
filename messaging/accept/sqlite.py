"""Acceptance of messages by SQLite: a few statements in one transaction, in one thread.

SQLite has one writer at a time and the transaction is IMMEDIATE, so no row is locked.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from django.db import DatabaseError, connection, transaction

from messaging.accept.outcome import ACCEPTED, MAILBOX_MISSING, REPEATED, Outcome
from messaging.accept.rules import IS_WITHHELD, MAKE_MAILBOXES, refusal
from messaging.models import Message

# The thread keeps its connection: opening one for every message would cost more than the message.
thread = ThreadPoolExecutor(1, thread_name_prefix="accept")

CHECK = """
SELECT
    CASE
        WHEN message.sender_email IS NULL THEN 'session_over'
        WHEN mine.sequence IS NULL OR (message.recipient_id <> message.sender_id AND theirs.sequence IS NULL)
            THEN 'mailbox_missing'
        ELSE {refusal}
    END,
    message.sender_email, message.recipient_id, mine.sequence + 1,
    CASE WHEN NOT {is_withheld} THEN theirs.sequence + 1 END, mine.stored_bytes
FROM (
    SELECT given.*, mine.stored_bytes + charged AS stored_after FROM (
        SELECT
            %(session)s AS given_session, %(remembered_since)s AS remembered_since, %(allowed)s AS allowed,
            %(charged)s AS charged) given
        LEFT JOIN mailboxes mine ON mine.user_id = %(sender)s) given,
    (
    SELECT
        %(sender)s AS sender_id, (SELECT email FROM users WHERE id = %(sender)s) AS sender_email,
        (SELECT id FROM users WHERE email = %(recipient_email)s AND is_active) AS recipient_id,
        %(client_id)s AS client_id, %(files)s AS files, %(sender_fingerprint)s AS sender_fingerprint,
        %(recipient_fingerprint)s AS recipient_fingerprint) message
LEFT JOIN mailboxes mine ON mine.user_id = message.sender_id
LEFT JOIN mailboxes theirs ON theirs.user_id = message.recipient_id
"""
COUNT = """
UPDATE mailboxes
SET sequence = sequence + 1, stored_bytes = stored_bytes + CASE WHEN user_id = %(sender)s THEN %(charged)s ELSE 0 END
WHERE user_id IN (%(sender)s, CASE WHEN %(recipient_sequence)s IS NOT NULL THEN %(recipient_id)s END)
"""


FILE_IDS = """SELECT value FROM json_each('["' || replace(message.files, ' ', '","') || '"]')"""
NAME_FILE = "INSERT INTO message_files (message_id, file_id) VALUES (%s, %s)"
MARK_AS_SENT = "UPDATE files SET sent_at = coalesce(sent_at, %s) WHERE id = %s"


@cache
def check_statement() -> str:
    return CHECK.replace("{refusal}", refusal(FILE_IDS).replace("%", "%%")).replace("{is_withheld}", IS_WITHHELD)


async def accept_together(calls: list[dict]) -> list[Outcome | None]:
    """In one transaction. If it fails, all are None and must be accepted singly."""
    accept_all = transaction.atomic(lambda: [accept_sync(call) for call in calls])
    try:
        return list(await asyncio.get_running_loop().run_in_executor(thread, accept_all))
    except DatabaseError:
        return [None] * len(calls)


async def accept(call: dict) -> Outcome:
    return await asyncio.get_running_loop().run_in_executor(thread, accept_sync, call)


def accept_sync(call: dict) -> Outcome:
    envelope = {name: column_value(name, value) for name, value in call["envelope"].items()}
    parameters = envelope | {name: call[name] for name in ("sender", "charged", "allowed")}
    parameters["session"] = call["session"].hex
    parameters["remembered_since"] = connection.ops.adapt_datetimefield_value(call["remembered_since"])
    with transaction.atomic(), connection.cursor() as cursor:
        code, *found = cursor.execute(check_statement(), parameters).fetchone()
        if code == MAILBOX_MISSING:
            cursor.execute(MAKE_MAILBOXES, parameters)
            code, *found = cursor.execute(check_statement(), parameters).fetchone()
        sender_email, recipient_id, sender_sequence, recipient_sequence, stored_bytes = found
        if code == "sent_before":
            return repeated(call)
        message_id = None
        if code is None:
            code = ACCEPTED
            parameters |= {"recipient_id": recipient_id, "recipient_sequence": recipient_sequence}
            row = envelope | {
                "sender_id": call["sender"],
                "sender_email": sender_email,
                "recipient_id": recipient_id,
                "created_at": column_value("created_at", call["now"]),
                "sender_sequence": sender_sequence,
                "recipient_sequence": recipient_sequence,
                "sender_cleared": False,
                "recipient_cleared": False,
            }
            message_id = insert(cursor, row)
            for file_id in envelope["files"].split():
                cursor.execute(NAME_FILE, [message_id, file_id])
                cursor.execute(MARK_AS_SENT, [row["created_at"], file_id])
            cursor.execute(COUNT, parameters)
    ids_and_sequences = message_id, sender_email, recipient_id, sender_sequence, recipient_sequence
    return Outcome(code, *ids_and_sequences, None, None, None, stored_bytes)


def column_value(name: str, value: Any) -> Any:
    field: Any = Message._meta.get_field(name)
    return field.get_db_prep_value(value, connection)


def insert(cursor: Any, row: dict) -> int:
    columns, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    return cursor.execute(f"INSERT INTO messages ({columns}) VALUES ({places})", row).lastrowid  # nosec B608


def repeated(call: dict) -> Outcome:
    first = Message.objects.get(sender=call["sender"], client_id=call["envelope"]["client_id"])
    is_same = all(getattr(first, name) == value for name, value in call["envelope"].items())
    return Outcome(
        REPEATED if is_same else "client_id_conflict",
        first.pk,
        first.sender_email,
        first.recipient_id,
        first.sender_sequence,
        first.recipient_sequence,
        first.created_at,
        first.delivered_at,
        first.read_at,
        None,
    )


async def close() -> None:
    """Nothing to do: the connection lasts as long as the process."""
