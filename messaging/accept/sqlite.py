"""How SQLite takes in a message by the quick way: three statements in one transaction, from a thread of its own.

SQLite has one writer at a time, and the transaction is IMMEDIATE, so nothing needs a lock.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

# It keeps its connection: opening one for every message would cost more than the message.
thread = ThreadPoolExecutor(1, thread_name_prefix="accept")

FIND = """
SELECT caller.email, addressee.id, mine.sequence + 1, theirs.sequence + 1
FROM sessions JOIN users caller ON caller.id = sessions.user_id JOIN mailboxes mine ON mine.user_id = caller.id,
    users addressee JOIN mailboxes theirs ON theirs.user_id = addressee.id
WHERE sessions.id = %(session)s AND revoked_at IS NULL AND expires_at > %(now)s
    AND caller.id = %(sender)s AND caller.is_active AND mine.stored_bytes + %(bytes)s <= %(allowed)s
    AND addressee.email = %(recipient_email)s AND addressee.is_active AND addressee.id <> caller.id
    AND NOT EXISTS (SELECT 1 FROM messages WHERE sender_id = caller.id AND client_id = %(client_id)s)
    AND NOT EXISTS (SELECT 1 FROM spent_client_ids WHERE sender_id = caller.id AND client_id = %(client_id)s)
    AND (%(sender_fingerprint)s IS NULL OR EXISTS (
        SELECT 1 FROM public_keys k
        WHERE k.user_id = caller.id AND is_current AND k.fingerprint = %(sender_fingerprint)s))
    AND (%(recipient_fingerprint)s IS NULL OR EXISTS (
        SELECT 1 FROM public_keys k
        WHERE k.user_id = addressee.id AND is_current AND k.fingerprint = %(recipient_fingerprint)s))
"""

INSERT = """
INSERT INTO messages (
    sender_id, sender_email, recipient_id, recipient_email, client_id, ciphertext, nonce, salt, message_type, suite,
    sender_fingerprint, recipient_fingerprint, created_at, sender_sequence, recipient_sequence,
    sender_cleared, recipient_cleared
) VALUES (
    %(sender)s, %(sender_email)s, %(recipient)s, %(recipient_email)s, %(client_id)s, %(ciphertext)s, %(nonce)s,
    %(salt)s, %(message_type)s, %(suite)s, %(sender_fingerprint)s, %(recipient_fingerprint)s, %(now)s,
    %(sender_number)s, %(recipient_number)s, FALSE, FALSE
)
"""

COUNT = """
UPDATE mailboxes
SET sequence = sequence + 1, stored_bytes = stored_bytes + CASE WHEN user_id = %(sender)s THEN %(bytes)s ELSE 0 END
WHERE user_id IN (%(sender)s, %(recipient)s)
"""


async def accept(values):
    """The new row, committed, or None where something stands in the way."""
    return await asyncio.get_running_loop().run_in_executor(thread, accept_now, values)


def accept_now(values):
    values = values | {
        "session": values["session"].hex,
        "client_id": values["client_id"] and values["client_id"].hex,
        "now": connection.ops.adapt_datetimefield_value(values["now"]),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        found = cursor.execute(FIND, values).fetchone()
        if found is None:
            return None
        sender_email, recipient, sender_number, recipient_number = found
        values |= {
            "sender_email": sender_email,
            "recipient": recipient,
            "sender_number": sender_number,
            "recipient_number": recipient_number,
        }
        message_id = cursor.execute(INSERT, values).lastrowid
        cursor.execute(COUNT, values)
    return message_id, *found


async def close():
    """The connection stays until the process ends."""
