"""Acceptance of a message, for POST /api/messages/send and for the socket's `send_message`.

The body is validated here. The rest is one transaction of the back end (postgresql.py, sqlite.py): lock both mailboxes,
check (rules.py), take the two sequences, insert the row. It returns the row or the code of the refusal.
"""

import asyncio
import weakref
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from rest_framework.exceptions import APIException, ValidationError

from accounts.authentication import token_not_valid
from messaging.accept import postgresql, sqlite
from messaging.accept.batches import Batches
from messaging.accept.outcome import ACCEPTED, REPEATED
from messaging.models import CLIENT_ID_MEMORY
from messaging.realtime import dispatcher
from messaging.realtime.payloads import message_json, message_text, new_message_pushes
from messaging.reports.stamps import load_stamp_key
from messaging.serializers import sent_to_oneself, validated_envelope
from messaging.storage_quota import RECEIPT_TYPE, StorageFull, allowed_bytes, message_bytes
from messaging.web_push import sender as web_push
from vibechat.core.exceptions import Conflict, Unavailable, UserNotFound

backend = postgresql if connection.vendor == "postgresql" else sqlite
batches: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Batches] = weakref.WeakKeyDictionary()


class Accepted(NamedTuple):
    text: str  # the message object as JSON
    sequence: int  # in the sender's mailbox
    is_new: bool

    @property
    def status(self) -> int:
        return 201 if self.is_new else 200


async def accept(session_id: UUID, sender_id: int, body: Any) -> Accepted:
    """Accept one message, once, and push it. The ids come from an access token whose signature has been checked.

    Raises APIException: ValidationError for a malformed body, Unavailable without a database, else the refusal.
    """
    call = read(session_id, sender_id, body)
    if call["envelope"]["tag"] is not None:
        await load_stamp_key()
    loop = asyncio.get_running_loop()
    if loop not in batches:
        batches[loop] = Batches(backend, conclude)
    return await batches[loop].accept(call)


def accept_sync(session_id: UUID, sender_id: int, body: Any) -> Accepted:
    """The same from a thread, in the transaction of Django's connection; pushes after the commit."""
    call = read(session_id, sender_id, body)
    return conclude(call, backend.accept_sync(call), is_in_transaction=True)


async def close() -> None:
    """Call it before the event loop ends."""
    await backend.close()


def read(session_id: UUID, sender_id: int, body: Any) -> dict:
    """The parameters of a back end. Raises ValidationError."""
    envelope = validated_envelope(body)
    now = datetime.now(UTC)
    return {
        "session": session_id,
        "sender": sender_id,
        "recipient_email": envelope["recipient_email"],
        "envelope": envelope,
        "now": now,
        "remembered_since": now - CLIENT_ID_MEMORY,
        "charged": message_bytes(envelope),
        "allowed": allowed_bytes(envelope),
    }


def conclude(call: dict, outcome: Any, is_in_transaction: bool = False) -> Accepted:
    if outcome.code not in (ACCEPTED, REPEATED):
        raise refusal(outcome)
    message = SimpleNamespace(
        **call["envelope"],
        id=outcome.message_id,
        sender_email=outcome.sender_email,
        created_at=outcome.created_at or call["now"],
        delivered_at=outcome.delivered_at,
        read_at=outcome.read_at,
    )
    text = message_text(message_json(message))
    if outcome.code == ACCEPTED:
        sequences = {call["sender"]: outcome.sender_sequence}
        if outcome.recipient_sequence is not None:
            sequences = {outcome.recipient_id: outcome.recipient_sequence} | sequences
            if not message.quiet and message.message_type != RECEIPT_TYPE:
                web_push.notify(outcome.recipient_id)
        publish = dispatcher.after_commit if is_in_transaction else dispatcher.publish
        publish(new_message_pushes(sequences, text))
    return Accepted(text, outcome.sender_sequence, is_new=outcome.code == ACCEPTED)


def refusal(outcome: Any) -> APIException:
    if outcome.code == "storage_full":
        return StorageFull(outcome.stored_bytes, settings.ACCOUNT_STORAGE_BYTES)
    return REFUSALS[outcome.code]()


REFUSALS = {
    "session_over": token_not_valid,
    "yourself": lambda: ValidationError({"recipient_email": sent_to_oneself().detail}),
    "client_id_conflict": lambda: Conflict("client_id_conflict", "This client_id has been used for another message."),
    "message_deleted": lambda: Conflict("message_deleted", "This message was sent, and has been deleted since."),
    "user_not_found": UserNotFound,
    "stale_key": lambda: Conflict("stale_key", "One of the two keys named is not that person's current key."),
    "file_not_found": lambda: Conflict(
        "file_not_found", "A file of this message is not there, not complete, or for somebody else."
    ),
    "mailbox_missing": Unavailable,  # the account is being deleted; the next call is told so
}
