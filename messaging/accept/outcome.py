"""The result of a back end's attempt to accept a message."""

from datetime import datetime
from typing import NamedTuple

ACCEPTED = "accepted"  # a new row, committed
REPEATED = "repeated"  # the same message with the same client_id is stored already
MAILBOX_MISSING = "mailbox_missing"  # only used within a back end
ATTEMPTS = 3  # an account may be deleted, or a mailbox created, between read and write


class Outcome(NamedTuple):
    """`code` is ACCEPTED, REPEATED or the code of a refusal (rules.py); the other fields are columns of the row.

    `recipient_sequence` is None for a message that is kept for its sender alone. Times are None for a new row.
    `stored_bytes` is the sum of the sender's mailbox without this message.
    """

    code: str
    message_id: int | None
    sender_email: str | None
    recipient_id: int | None
    sender_sequence: int | None
    recipient_sequence: int | None
    created_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    stored_bytes: int | None
