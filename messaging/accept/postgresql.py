"""How PostgreSQL accepts a message: one call of one function, in one round trip."""

import asyncio
import hashlib
import json
import logging
import weakref
from functools import cache
from typing import Any

import psycopg
from channels.db import database_sync_to_async
from django.db import connection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from messaging.accept.outcome import ACCEPTED, ATTEMPTS, MAILBOX_MISSING, REPEATED, Outcome
from messaging.accept.rules import MAKE_MAILBOXES, refusal
from vibechat.core.database_alarm import alarm
from vibechat.core.exceptions import Unavailable

logger = logging.getLogger(__name__)
POOL_SIZE = 4
POOL_SECONDS = 5
LOCK_SECONDS = 2  # then a thread waits on a connection of Django's: the pool's few would keep everybody waiting

# All mailboxes are locked first, in the order of mailboxes.py. Every later statement sees what others have committed
# meanwhile. `INSERT … VALUES (message.*)` takes whatever columns the table has, so a new one changes nothing here. The
# plans are generic and by index: one that was made while a table was small must not read all of it once it has grown.
FUNCTION = """
CREATE OR REPLACE FUNCTION {name}(
    given_session uuid, given_sender bigint, envelope jsonb, given_now timestamptz, remembered_since timestamptz,
    charged bigint, allowed bigint, lock_patience text
) RETURNS TABLE (
    code text, message_id bigint, sender_email text, recipient_id bigint, sender_sequence bigint,
    recipient_sequence bigint, created_at timestamptz, delivered_at timestamptz, read_at timestamptz,
    stored_bytes bigint
) LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    message messages := jsonb_populate_record(NULL::messages, envelope);
    mailbox mailboxes;
    stored_after bigint;
BEGIN
    PERFORM set_config('lock_timeout', lock_patience, TRUE);
    message.sender_id := given_sender;
    SELECT email INTO message.sender_email FROM users WHERE id = given_sender;
    SELECT id INTO message.recipient_id FROM users WHERE email = message.recipient_email AND is_active;
    FOR mailbox IN
        SELECT * FROM mailboxes WHERE user_id IN (given_sender, message.recipient_id)
        ORDER BY user_id FOR NO KEY UPDATE
    LOOP
        IF mailbox.user_id = given_sender THEN
            message.sender_sequence := mailbox.sequence + 1;
            stored_after := mailbox.stored_bytes + charged;
        ELSE
            message.recipient_sequence := mailbox.sequence + 1;
        END IF;
    END LOOP;

    IF message.sender_email IS NULL THEN
        code := 'session_over';
    ELSIF message.sender_sequence IS NULL
        OR (message.recipient_id <> given_sender AND message.recipient_sequence IS NULL) THEN
        code := 'mailbox_missing';
    ELSE
        code := {refusal};
    END IF;

    IF code IS NULL THEN
        code := 'accepted';
        message.id := nextval('messages_id_seq');
        message.created_at := given_now;
        message.sender_cleared := FALSE;
        message.recipient_cleared := FALSE;
        INSERT INTO messages VALUES (message.*);
        UPDATE mailboxes
        SET sequence = sequence + 1,
            stored_bytes = CASE WHEN user_id = given_sender THEN stored_after ELSE stored_bytes END
        WHERE user_id IN (given_sender, message.recipient_id);
    ELSIF code = 'sent_before' THEN
        SELECT * INTO message FROM messages m WHERE m.sender_id = given_sender AND m.client_id = message.client_id;
        code := CASE WHEN to_jsonb(message) @> envelope THEN 'repeated' ELSE 'client_id_conflict' END;
        delivered_at := message.delivered_at;
        read_at := message.read_at;
        created_at := message.created_at;
    END IF;
    message_id := message.id;
    sender_email := message.sender_email;
    recipient_id := message.recipient_id;
    sender_sequence := message.sender_sequence;
    recipient_sequence := message.recipient_sequence;
    stored_bytes := stored_after - charged;
    RETURN NEXT;
END $$
"""


@cache
def function() -> tuple[str, str]:
    """(name, definition). The name has a hash of the text, so processes of two releases use each its own."""
    text = FUNCTION.replace("{refusal}", refusal())
    name = f"accept_message_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return name, text.replace("{name}", name)


ACCEPT = """
SELECT * FROM {name}(
    %(session)s, %(sender)s, %(envelope)s::jsonb, %(now)s, %(remembered_since)s, %(charged)s, %(allowed)s,
    %(lock_patience)s)
"""


@cache
def accept_statement() -> str:
    return ACCEPT.format(name=function()[0])


def install(**_: Any) -> None:
    """After each `migrate`, which every start of a server runs."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(function()[1])


async def accept(call: dict) -> Outcome:
    """Raises Unavailable."""
    parameters = sql_parameters(call, f"{LOCK_SECONDS}s")
    was_broken = False
    for _ in range(ATTEMPTS):
        try:
            outcome = await accept_once(parameters)
        except PoolTimeout as error:
            alarm.began("no_connection")
            raise Unavailable() from error
        except psycopg.errors.LockNotAvailable:
            return await database_sync_to_async(accept_sync, thread_sensitive=False)(call)
        except psycopg.errors.ForeignKeyViolation:
            continue
        except psycopg.Error as error:
            logger.warning("accept_failed", extra={"reason": type(error).__name__})
            alarm.note(error)
            if not is_broken(error) or call["envelope"]["client_id"] is None or was_broken:
                raise Unavailable() from error  # without a client_id a repeat could be a second message
            was_broken = True
            await drop_broken_connections()
            continue
        if outcome.code != MAILBOX_MISSING:
            # The broken attempt may have been committed, and has pushed nothing.
            return outcome._replace(code=ACCEPTED) if was_broken and outcome.code == REPEATED else outcome
    raise Unavailable()


async def accept_once(parameters: dict) -> Outcome:
    async with (await pool()).connection() as database:
        row: Any = await (await database.execute(accept_statement(), parameters)).fetchone()
        outcome = Outcome(*row)
        if outcome.code == MAILBOX_MISSING:
            await database.execute(MAKE_MAILBOXES, parameters)
        return outcome


def accept_sync(call: dict) -> Outcome:
    """Waits for a lock as long as it takes."""
    parameters = sql_parameters(call, "0")
    for _ in range(ATTEMPTS):
        with connection.cursor() as cursor:
            cursor.execute(accept_statement(), parameters)
            outcome = Outcome(*cursor.fetchone())
            if outcome.code != MAILBOX_MISSING:
                return outcome
            cursor.execute(MAKE_MAILBOXES, parameters)
    return outcome


def sql_parameters(call: dict, lock_patience: str) -> dict:
    return {**call, "envelope": json.dumps(call["envelope"], default=str), "lock_patience": lock_patience}


# --- connections -----------------------------------------------------------------------------------------------------

pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncConnectionPool] = weakref.WeakKeyDictionary()
# Of Django's parameters, those that are not psycopg's.
OWN_OPTIONS = ("pool", "cursor_factory", "context", "server_side_binding", "isolation_level", "assume_role")


async def pool() -> AsyncConnectionPool:
    """One for each event loop, beside Django's own, which serves threads. Its statement is prepared."""
    loop = asyncio.get_running_loop()
    if loop not in pools:
        parameters = {key: value for key, value in connection.get_connection_params().items() if key not in OWN_OPTIONS}
        parameters |= {"autocommit": True, "prepare_threshold": 0}
        sizes: dict[str, Any] = {"min_size": 1, "max_size": POOL_SIZE, "timeout": POOL_SECONDS}
        pools[loop] = AsyncConnectionPool(kwargs=parameters, **sizes, open=False)
        await pools[loop].open()
    return pools[loop]


def is_broken(error: psycopg.Error) -> bool:
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


async def drop_broken_connections() -> None:
    """When the database has come back all idle connections are dead, and each would cost somebody a message."""
    try:
        await (await pool()).check()
    except (psycopg.Error, PoolTimeout) as error:
        logger.warning("pool_check_failed", extra={"reason": type(error).__name__})


async def close() -> None:
    """Before the event loop ends, which would wait for the pool's own tasks."""
    if mine := pools.pop(asyncio.get_running_loop(), None):
        await mine.close()
