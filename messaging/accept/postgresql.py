"""How PostgreSQL takes in a message by the quick way: one call of one function, from an event loop."""

import asyncio
import logging
import weakref

import psycopg
from django.db import OperationalError, connection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from vibechat.core.database_alarm import alarm

logger = logging.getLogger(__name__)
POOL_SIZE = 4
POOL_SECONDS = 5
LOCK_SECONDS = 2  # who waits longer for a mailbox goes the full way: four who wait would keep everybody waiting

# Each connection makes it for itself and for as long as it lives, so that it is always that of the code that calls it.
# Every statement in it sees what others have committed while an earlier one waited for the locks, which are those of
# mailboxes.py.
FUNCTION = """
CREATE FUNCTION pg_temp.accept_message(
    given_session uuid, given_sender bigint, given_recipient_email text, given_client_id uuid, given_ciphertext text,
    given_nonce text, given_salt text, given_type text, given_suite smallint, given_sender_fingerprint text,
    given_recipient_fingerprint text, given_now timestamptz, given_bytes bigint, given_allowed bigint
) RETURNS TABLE (message bigint, sender_address text, recipient bigint, sender_number bigint, recipient_number bigint)
LANGUAGE plpgsql AS $$
DECLARE
    mailboxes_locked integer;
    bytes_stored bigint;
BEGIN
    SELECT id INTO recipient FROM users WHERE email = given_recipient_email;
    PERFORM FROM mailboxes WHERE user_id IN (given_sender, recipient) ORDER BY user_id FOR NO KEY UPDATE;
    GET DIAGNOSTICS mailboxes_locked = ROW_COUNT;
    IF mailboxes_locked <> 2 THEN RETURN; END IF;

    SELECT caller.email INTO sender_address
    FROM sessions JOIN users caller ON caller.id = user_id, users addressee
    WHERE sessions.id = given_session AND revoked_at IS NULL AND expires_at > clock_timestamp()
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

    SELECT sequence + 1, stored_bytes + given_bytes INTO sender_number, bytes_stored
    FROM mailboxes WHERE user_id = given_sender;
    IF bytes_stored > given_allowed THEN RETURN; END IF;
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
    UPDATE mailboxes
    SET sequence = sequence + 1, stored_bytes = CASE WHEN user_id = given_sender THEN bytes_stored ELSE stored_bytes END
    WHERE user_id IN (given_sender, recipient);
    RETURN NEXT;
END $$
"""

ACCEPT = """
SELECT message, sender_address, recipient, sender_number, recipient_number FROM pg_temp.accept_message(
    %(session)s, %(sender)s, %(recipient_email)s, %(client_id)s, %(ciphertext)s, %(nonce)s, %(salt)s, %(message_type)s,
    %(suite)s::smallint, %(sender_fingerprint)s, %(recipient_fingerprint)s, %(now)s, %(bytes)s, %(allowed)s)
"""

pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncConnectionPool] = weakref.WeakKeyDictionary()


checks = set()  # kept from the garbage collector


async def accept(values):
    """The new row, committed, or None where something stands in the way, or the database is away."""
    try:
        async with (await pool()).connection() as database:
            return await (await database.execute(ACCEPT, values)).fetchone()
    except PoolTimeout:
        alarm.began("no_connection")
        return None  # the database is away or swamped: the full way answers 503
    except psycopg.Error as error:
        logger.warning("quick_send_failed", extra={"reason": type(error).__name__})
        alarm.note(error)
        if is_broken(error):
            checks.add(asyncio.ensure_future(check_all()))
            if values["client_id"] is None:  # perhaps it broke after the commit, and a second message would be another
                raise OperationalError("The connection broke.") from error
        return None


def is_broken(error) -> bool:
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


async def check_all():
    """When the database has come back all idle connections are dead, and each would cost somebody a message."""
    try:
        await (await pool()).check()
    except (psycopg.Error, PoolTimeout) as error:
        logger.warning("quick_check_failed", extra={"reason": type(error).__name__})
    finally:
        checks.discard(asyncio.current_task())


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
    await database.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    await database.execute("SET enable_seqscan = off")
    await database.execute("SET plan_cache_mode = force_generic_plan")
    await database.execute(FUNCTION)


async def close():
    """Before the event loop ends, which would wait for the pool's own tasks."""
    if mine := pools.pop(asyncio.get_running_loop(), None):
        await mine.close()


OWN_OPTIONS = ("pool", "cursor_factory", "context", "server_side_binding", "isolation_level", "assume_role")
