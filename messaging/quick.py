"""The quick way in for a message, on PostgreSQL: two prepared statements in one round trip, without a thread.

It does what Message.objects.send does, for the case that nothing stands in the way: the session holds, the body is
right, the client_id is new, the recipient is there, the keys are current, both mailboxes exist. Then the message is in,
committed. In any other case nothing has happened and the answer is None: the caller goes the full way, which says
what is wrong. So every refusal has one place, and it is not here.

The locks are those of mailboxes.py: the counters' rows in the order of user id, in a statement of their own, so that
the second statement sees what others have committed while it waited. It also sees a mailbox that was made meanwhile,
which is not locked, so the first one leaves it how many it has.
"""

import asyncio
import logging
import weakref
from datetime import UTC, datetime
from uuid import UUID

import psycopg
from django.db import OperationalError, connection
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from rest_framework.fields import empty
from rest_framework.serializers import ValidationError

from messaging import events
from messaging.frames import message_text, new_message_pushes
from messaging.serializers import SEED_SUITE, SendSerializer
from vibechat.times import iso

logger = logging.getLogger(__name__)
POOL_SIZE = 4
POOL_SECONDS = 5

LOCK = """
SELECT set_config('vibechat.mailboxes_locked', count(*)::text, TRUE) FROM (
    SELECT user_id FROM mailboxes
    WHERE user_id = %(sender)s OR user_id = (SELECT id FROM users WHERE email = %(recipient_email)s)
    ORDER BY user_id FOR NO KEY UPDATE
) locked
"""

ACCEPT = """
WITH given AS (
    SELECT %(session)s::uuid AS session, %(recipient_email)s::text AS recipient_email, %(client_id)s::uuid AS client_id,
        %(sender_fingerprint)s::text AS sender_fingerprint, %(recipient_fingerprint)s::text AS recipient_fingerprint,
        %(now)s::timestamptz AS now
), caller AS (
    SELECT users.id, users.email FROM given JOIN sessions ON sessions.id = session JOIN users ON users.id = user_id
    WHERE sessions.revoked_at IS NULL AND sessions.expires_at > now AND users.is_active
), addressee AS (
    SELECT users.id, users.email FROM given JOIN users ON users.email = recipient_email WHERE users.is_active
), accepted AS (
    INSERT INTO messages (
        sender_id, sender_email, recipient_id, recipient_email, client_id, ciphertext, nonce, salt, message_type, suite,
        sender_fingerprint, recipient_fingerprint, created_at, sender_sequence, recipient_sequence,
        sender_cleared, recipient_cleared
    )
    SELECT
        caller.id, caller.email, addressee.id, addressee.email, client_id, %(ciphertext)s, %(nonce)s, %(salt)s,
        %(message_type)s, %(suite)s, sender_fingerprint, recipient_fingerprint, now,
        mine.sequence + 1, theirs.sequence + 1, FALSE, FALSE
    FROM given, caller
    JOIN mailboxes mine ON mine.user_id = caller.id, addressee
    JOIN mailboxes theirs ON theirs.user_id = addressee.id
    WHERE caller.id <> addressee.id AND current_setting('vibechat.mailboxes_locked') = '2'
    AND (sender_fingerprint IS NULL OR EXISTS (
        SELECT FROM public_keys k
        WHERE k.user_id = caller.id AND is_current AND k.fingerprint = sender_fingerprint))
    AND (recipient_fingerprint IS NULL OR EXISTS (
        SELECT FROM public_keys k
        WHERE k.user_id = addressee.id AND is_current AND k.fingerprint = recipient_fingerprint))
    AND NOT EXISTS (SELECT FROM spent_client_ids s WHERE s.sender_id = caller.id AND s.client_id = given.client_id)
    ON CONFLICT (sender_id, client_id) DO NOTHING
    RETURNING id, sender_id, sender_email, recipient_id, sender_sequence, recipient_sequence
), counted AS (
    UPDATE mailboxes SET sequence = sequence + 1 FROM accepted
    WHERE user_id = accepted.sender_id OR user_id = accepted.recipient_id
)
SELECT id, sender_id, sender_email, recipient_id, sender_sequence, recipient_sequence FROM accepted
"""

pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncConnectionPool] = weakref.WeakKeyDictionary()


async def send(session_id, sender_id, body):
    """(message object as text, sequence in the sender's mailbox) of a message that is new and in.

    None where the full way must say. session_id and sender_id are those of a token whose signature has been checked;
    whether the session still holds is asked here.
    """
    if connection.vendor != "postgresql":
        return None
    envelope = recognise(body)
    if envelope is None:
        return None
    values = {**envelope, "session": session_id, "sender": sender_id, "now": datetime.now(UTC)}
    try:
        row = await accept(values)
    except PoolTimeout:
        return None  # the database is away or swamped: the full way answers 503
    except psycopg.Error as error:
        logger.warning("quick_send_failed", extra={"reason": type(error).__name__})
        if error.sqlstate is None:  # the connection broke, perhaps after the commit: a second way in could double it
            raise OperationalError("The connection broke.") from error
        return None
    return row and accepted(values, row)


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


# --- the database ----------------------------------------------------------------------------------------------------


async def accept(values):
    """The new row, committed, or None. One round trip: psycopg's pipeline sends both at once, and what lies between two
    of its synchronisations is one transaction."""
    async with (await pool()).connection() as database:
        async with database.pipeline():
            await database.execute(LOCK, values)
            cursor = await database.execute(ACCEPT, values)
        return await cursor.fetchone()


def accepted(values, row):
    message_id, sender_id, sender_email, recipient_id, sender_sequence, recipient_sequence = row
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
    events.publish(new_message_pushes({recipient_id: recipient_sequence, sender_id: sender_sequence}, text))
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


async def pool() -> AsyncConnectionPool:
    """One for each event loop, beside Django's own, which serves threads. Its statements are prepared: planning them
    each time would cost PostgreSQL five times what carrying them out does."""
    loop = asyncio.get_running_loop()
    if loop not in pools:
        parameters = {key: value for key, value in connection.get_connection_params().items() if key not in OWN_OPTIONS}
        parameters |= {"autocommit": True, "prepare_threshold": 0}
        pools[loop] = AsyncConnectionPool(
            kwargs=parameters, min_size=1, max_size=POOL_SIZE, timeout=POOL_SECONDS, open=False
        )
        await pools[loop].open()
    return pools[loop]


async def close():
    """Before the event loop ends, which would wait for the pool's own tasks."""
    if mine := pools.pop(asyncio.get_running_loop(), None):
        await mine.close()


OWN_OPTIONS = ("pool", "cursor_factory", "context", "server_side_binding", "isolation_level", "assume_role")
