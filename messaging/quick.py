"""The quick way in for a message, on PostgreSQL: one call of one function in the database, without a thread.

It does what Message.objects.send does, for the case that nothing stands in the way: the session holds, the body is
right, the client_id is new, the recipient is there, the keys are current, both mailboxes exist. Then the message is in,
committed. In any other case nothing has happened and the answer is None: the caller goes the full way, which says
what is wrong. So every refusal has one place, and it is not here.
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

# Each connection makes it for itself and for as long as it lives, so that it is always that of the code that calls it.
# Every statement in it sees what others have committed while an earlier one waited for the locks, which are those of
# mailboxes.py.
FUNCTION = """
CREATE FUNCTION pg_temp.accept_message(
    given_session uuid, given_sender bigint, given_recipient_email text, given_client_id uuid, given_ciphertext text,
    given_nonce text, given_salt text, given_type text, given_suite smallint, given_sender_fingerprint text,
    given_recipient_fingerprint text, given_now timestamptz
) RETURNS TABLE (message bigint, sender_address text, recipient bigint, sender_number bigint, recipient_number bigint)
LANGUAGE plpgsql AS $$
DECLARE
    mailboxes_locked integer;
BEGIN
    SELECT id INTO recipient FROM users WHERE email = given_recipient_email;
    PERFORM FROM mailboxes WHERE user_id IN (given_sender, recipient) ORDER BY user_id FOR NO KEY UPDATE;
    GET DIAGNOSTICS mailboxes_locked = ROW_COUNT;
    IF mailboxes_locked <> 2 THEN RETURN; END IF;

    SELECT caller.email INTO sender_address
    FROM sessions JOIN users caller ON caller.id = user_id, users addressee
    WHERE sessions.id = given_session AND revoked_at IS NULL AND expires_at > given_now
        AND caller.id = given_sender AND caller.is_active AND addressee.id = recipient AND addressee.is_active;
    IF NOT FOUND
        OR EXISTS (SELECT FROM spent_client_ids WHERE sender_id = given_sender AND client_id = given_client_id)
        OR (given_sender_fingerprint IS NOT NULL AND NOT EXISTS (
            SELECT FROM public_keys
            WHERE user_id = given_sender AND is_current AND fingerprint = given_sender_fingerprint))
        OR (given_recipient_fingerprint IS NOT NULL AND NOT EXISTS (
            SELECT FROM public_keys
            WHERE user_id = recipient AND is_current AND fingerprint = given_recipient_fingerprint))
    THEN RETURN; END IF;

    SELECT sequence + 1 INTO sender_number FROM mailboxes WHERE user_id = given_sender;
    SELECT sequence + 1 INTO recipient_number FROM mailboxes WHERE user_id = recipient;
    INSERT INTO messages (
        sender_id, sender_email, recipient_id, recipient_email, client_id, ciphertext, nonce, salt, message_type, suite,
        sender_fingerprint, recipient_fingerprint, created_at, sender_sequence, recipient_sequence,
        sender_cleared, recipient_cleared
    ) VALUES (
        given_sender, sender_address, recipient, given_recipient_email, given_client_id, given_ciphertext, given_nonce,
        given_salt, given_type, given_suite, given_sender_fingerprint, given_recipient_fingerprint, given_now,
        sender_number, recipient_number, FALSE, FALSE
    ) ON CONFLICT (sender_id, client_id) DO NOTHING RETURNING id INTO message;
    IF message IS NULL THEN RETURN; END IF;
    UPDATE mailboxes SET sequence = sequence + 1 WHERE user_id IN (given_sender, recipient);
    RETURN NEXT;
END $$
"""

ACCEPT = """
SELECT message, sender_address, recipient, sender_number, recipient_number FROM pg_temp.accept_message(
    %(session)s, %(sender)s, %(recipient_email)s, %(client_id)s, %(ciphertext)s, %(nonce)s, %(salt)s, %(message_type)s,
    %(suite)s::smallint, %(sender_fingerprint)s, %(recipient_fingerprint)s, %(now)s)
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
    """The new row, committed, or None."""
    async with (await pool()).connection() as database:
        return await (await database.execute(ACCEPT, values)).fetchone()


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
    events.publish(new_message_pushes(numbers, text))
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
    """One for each event loop, beside Django's own, which serves threads. Its statement is prepared."""
    loop = asyncio.get_running_loop()
    if loop not in pools:
        parameters = {key: value for key, value in connection.get_connection_params().items() if key not in OWN_OPTIONS}
        parameters |= {"autocommit": True, "prepare_threshold": 0}
        sizes = {"min_size": 1, "max_size": POOL_SIZE, "timeout": POOL_SECONDS}
        pools[loop] = AsyncConnectionPool(kwargs=parameters, **sizes, configure=configure, open=False)
        await pools[loop].open()
    return pools[loop]


async def configure(database):
    """Everything is looked up by an index; a plan that was made while a table was small must not read all of it for
    every message once it has grown."""
    await database.execute("SET enable_seqscan = off")
    await database.execute("SET plan_cache_mode = force_generic_plan")
    await database.execute(FUNCTION)


async def close():
    """Before the event loop ends, which would wait for the pool's own tasks."""
    if mine := pools.pop(asyncio.get_running_loop(), None):
        await mine.close()


OWN_OPTIONS = ("pool", "cursor_factory", "context", "server_side_binding", "isolation_level", "assume_role")
