"""The quick way in for a message: from a door to the database and back without Django's handler and DRF between.

It does what Message.objects.send does, for the case that nothing stands in the way: the session holds, the body is
right, the client_id is new, the recipient is there, the keys are current, the sender has storage left, both mailboxes
exist. Then the message is in, committed. In any other case nothing has happened and the answer is None: the caller goes
the full way, which says what is wrong. So every refusal has one place, and it is not here.
"""

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from rest_framework.fields import empty
from rest_framework.serializers import ValidationError

from messaging.accept import postgresql, sqlite
from messaging.realtime import dispatcher
from messaging.realtime.payloads import message_text, new_message_pushes
from messaging.serializers import SEED_SUITE, SendSerializer
from messaging.storage_quota import allowed_bytes, message_bytes
from vibechat.core.times import iso

backend = postgresql if connection.vendor == "postgresql" else sqlite


async def accept(session_id, sender_id, body):
    """(message object as text, sequence in the sender's mailbox) of a message that is new and in.

    None where the full way must say. session_id and sender_id are those of a token whose signature has been checked;
    whether the session still holds is asked here.
    """
    envelope = recognise(body)
    if envelope is None:
        return None
    values = {**envelope, "session": session_id, "sender": sender_id, "now": datetime.now(UTC)}
    values |= {"bytes": message_bytes(envelope), "allowed": allowed_bytes(envelope)}
    row = await backend.accept(values)
    return row and accepted(values, row)


async def close():
    """Before the event loop ends."""
    await backend.close()


# --- the body --------------------------------------------------------------------------------------------------------

OTHER_FIELDS = {name: field for name, field in SendSerializer().fields.items() if name != "recipient_email"}


def recognise(body) -> dict | None:
    """What SendSerializer makes of a body that is plainly right, by its own fields and in a fifth of its time; None for
    any other body. Whether the recipient's email is one is not asked: it must be that of an account, letter for letter.
    """
    try:
        envelope = {name: field.run_validation(body.get(name, empty)) for name, field in OTHER_FIELDS.items()}
    except (ValidationError, AttributeError):
        return None
    email, client_id = body.get("recipient_email"), envelope["client_id"]
    is_plain = isinstance(email, str) and email.isascii() and "\0" not in email
    if not is_plain or (envelope["suite"] == SEED_SUITE and None in (envelope["nonce"], envelope["salt"])):
        return None
    return {**envelope, "recipient_email": email, "client_id": client_id and UUID(client_id)}


# --- the answer ------------------------------------------------------------------------------------------------------


def accepted(values, row):
    message_id, sender_email, recipient_id, sender_sequence, recipient_sequence = row
    text = message_text(
        {
            "id": message_id,
            "client_id": values["client_id"] and str(values["client_id"]),
            "sender_email": sender_email,
            **{name: values[name] for name in COPIED},
            "created_at": iso(values["now"]),
            "delivered_at": None,
            "read_at": None,
        }
    )
    numbers = {recipient_id: recipient_sequence, values["sender"]: sender_sequence}
    dispatcher.publish(new_message_pushes(numbers, text))
    return text, sender_sequence


COPIED = (
    "recipient_email",
    "ciphertext",
    "nonce",
    "salt",
    "message_type",
    "suite",
    "sender_fingerprint",
    "recipient_fingerprint",
)
