"""What a back end says about a message."""

from datetime import datetime
from typing import NamedTuple

ACCEPTED = "accepted"  # a new row, committed
REPEATED = "repeated"  # the same message under the same client_id is there already
MAILBOX_MISSING = "mailbox_missing"  # never leaves a back end
ATTEMPTS = 3  # an account may go, or a mailbox may come, between a look and the write


class Outcome(NamedTuple):
    """`code` is ACCEPTED, REPEATED, or that of a refusal (rules.py); the other fields are those of the row.

    Times are None for a new row. `stored_bytes` is the sum of the sender's mailbox without this message.
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
