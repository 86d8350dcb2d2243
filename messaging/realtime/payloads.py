"""The JSON of changes in a mailbox, the same for REST, `sync` and pushes."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from messaging.reports.stamps import stamp_of
from vibechat.core.times import iso

MESSAGE_FIELDS = (
    "id",
    "client_id",
    "sender_email",
    "recipient_email",
    "ciphertext",
    "nonce",
    "salt",
    "message_type",
    "suite",
    "sender_fingerprint",
    "recipient_fingerprint",
    "quiet",
    "delete_after",
    "tag",
    "files",
    "created_at",
    "delivered_at",
    "read_at",
)


def message_json(message: Any) -> dict:
    """`message`: a row, or an object with its columns."""
    plain = {name: as_json(getattr(message, name)) for name in MESSAGE_FIELDS}
    stamp = {} if message.tag is None else {"stamp": stamp_of(message)}
    return plain | {"files": message.files.split()} | stamp


def as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return str(value) if isinstance(value, UUID) else value


def new_message_frame(sequence: int, message_object: dict) -> dict:
    return {"type": "new_message", "sequence": sequence, "message": message_object}


def message_text(message_object: dict) -> str:
    """The message object is serialised once; the two functions below embed it in frames."""
    return json.dumps(message_object, separators=(",", ":"))


def new_message_text(sequence: int, message: str) -> str:
    return f'{{"type":"new_message","sequence":{sequence},"message":{message}}}'


def message_accepted_text(sequence: int, message: str) -> str:
    return f'{{"type":"message_accepted","sequence":{sequence},"message":{message}}}'


def cleared_frame(sequence: int, email: str, through: int | None) -> dict:
    bound = {} if through is None else {"through": through}
    return {"type": "conversation_cleared", "sequence": sequence, "email": email, **bound}


def deleted_frame(deletion: Any) -> dict:
    message = {"id": deletion.message_id, "client_id": as_json(deletion.client_id)}
    return {"type": "message_deleted", "sequence": deletion.sequence, "message": message}


def status_frame(sequence: int, message: Any) -> dict:
    status = {name: as_json(getattr(message, name)) for name in ("id", "client_id", "delivered_at", "read_at")}
    return {"type": "message_status", "sequence": sequence, "message": status}


# --- the pushes of a change ------------------------------------------------------------------------------------------


class Push(NamedTuple):
    user_id: int
    sequence: int  # 0: the frame has no sequence
    text: str
    is_ephemeral: bool = False  # if it cannot be delivered it is dropped, without a resync


def push(user_id: int, frame: dict[str, Any]) -> Push:
    return Push(user_id, frame["sequence"], json.dumps(frame))


def new_message_pushes(sequences: dict[int, int], text: str) -> list[Push]:
    """`sequences`: the message's sequence in each mailbox, by user id."""
    return [Push(user_id, sequence, new_message_text(sequence, text)) for user_id, sequence in sequences.items()]


def message_status_pushes(messages: Iterable[Any]) -> list[Push]:
    pushes = []
    for message in messages:
        pushes.append(push(message.recipient_id, status_frame(message.recipient_sequence, message)))
        if message.sender_id is not None and not message.sender_cleared:
            pushes.append(push(message.sender_id, status_frame(message.sender_sequence, message)))
    return pushes


def ephemeral_push(user_id: int, sender_email: str, payload: str) -> Push:
    frame = {"type": "ephemeral", "sender_email": sender_email, "payload": payload}
    return Push(user_id, 0, json.dumps(frame), is_ephemeral=True)


def conversation_cleared_push(user_id: int, email: str, sequence: int, through: int | None) -> Push:
    return push(user_id, cleared_frame(sequence, email, through))


def message_deleted_push(deletion: Any) -> Push:
    return push(deletion.user_id, deleted_frame(deletion))
