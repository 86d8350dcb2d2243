"""The stamp of a message with a franking tag: that this server has accepted it (docs/protocol.md §5.12).

It follows from the message object, so that nothing of it is stored here. Who has the message keeps its stamp, which can
be checked also when the server has the message no more.
"""

import base64
import hmac
import os
from collections.abc import Iterable
from functools import cache
from typing import Any

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError

from messaging.server_keys import ServerKey
from vibechat.core.errors import database_refusal
from vibechat.core.times import iso


def lp(parts: Iterable[bytes]) -> bytes:
    """Each part after its length in 4 bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


@cache
def stamp_key() -> bytes:
    return ServerKey.secret_for("stamp", os.urandom(32))


async def load_stamp_key() -> None:
    """Call it in an event loop before `stamp_of`. Raises Unavailable."""
    if not stamp_key.cache_info().currsize:
        try:
            await database_sync_to_async(stamp_key, thread_sensitive=False)()
        except (DatabaseError, InterfaceError) as error:
            raise database_refusal(error) from error


def recipient_key(recipient_email: str) -> bytes:
    """32 bytes, of which those who open reports get only those of the people who have reported."""
    return hmac.digest(stamp_key(), lp([b"VibeChat stamp key", recipient_email.encode()]), "sha256")


def stamp(key: bytes, message_id: int, tag: bytes, sender_email: str, recipient_email: str, created_at: str) -> bytes:
    """`key`: of the recipient. `created_at`: as the API spells it."""
    people_and_time = [part.encode() for part in (sender_email, recipient_email, created_at)]
    return hmac.digest(key, lp([b"VibeChat stamp", str(message_id).encode(), tag, *people_and_time]), "sha256")


def stamp_of(message: Any) -> str:
    """Base64. `message`: a row with a tag, or an object with its columns."""
    key, tag = recipient_key(message.recipient_email), base64.b64decode(message.tag)
    people = message.sender_email, message.recipient_email
    return base64.b64encode(stamp(key, message.id, tag, *people, iso(message.created_at) or "")).decode()
