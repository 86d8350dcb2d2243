"""How PostgreSQL accepts a message: one call of one function, in one round trip."""

import asyncio
import hashlib
import json
import logging
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import psycopg
from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError, connection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from messaging.accept.batches import MOST_LOCKED
from messaging.accept.outcome import ACCEPTED, ATTEMPTS, MAILBOX_MISSING, REPEATED, Outcome
from messaging.accept.rules import IS_WITHHELD, MAKE_MAILBOXES, refusal
from messaging.models import Message
from vibechat.core.database_alarm import alarm
from vibechat.core.errors import database_refusal
from vibechat.core.exceptions import Unavailable

logger = logging.getLogger(__name__)
POOL_SIZE = 4
POOL_SECONDS = 5
CALL_SECONDS = 5  # then the call is cancelled
LEFT_OUT = "left_out"
as_json = json.JSONEncoder(default=str).encode
LOCK_SECONDS = 2  # then a thread waits on a connection of Django's: the pool's few would keep everybody waiting
THREAD_LOCK_SECONDS = 10

COLUMNS = """
    code text, message_id bigint, sender_email text, recipient_id bigint, sender_sequence bigint,
    recipient_sequence bigint, created_at timestamptz, delivered_at timestamptz, read_at timestamptz,
    stored_bytes bigint
"""

# All mailboxes are locked first, in the order of mailboxes.py. Every later statement sees what others have committed
# meanwhile. The INSERT names the columns of this release, so one that a newer release has added gets its default. The
# plans are generic and by index: one that was made while a table was small must not read all of it once it has grown.
FUNCTION = """
CREATE OR REPLACE FUNCTION {name}(call jsonb, lock_patience text) RETURNS TABLE ({columns})
LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    given_session uuid := call->>'session';
    given_sender bigint := call->>'sender';
    remembered_since timestamptz := call->>'remembered_since';
    charged bigint := call->>'charged';
    allowed bigint := call->>'allowed';
    envelope jsonb := call->'envelope';
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

    PERFORM 1 FROM files WHERE id IN ({file_ids}) AND owner_id = given_sender ORDER BY id FOR UPDATE;
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
        message.created_at := call->>'now';
        message.sender_cleared := FALSE;
        message.recipient_cleared := FALSE;
        IF {is_withheld} THEN
            message.recipient_sequence := NULL;
        END IF;
        INSERT INTO messages ({message_columns}) VALUES ({message_values});
        IF message.files <> '' THEN
            INSERT INTO message_files (message_id, file_id) SELECT message.id, unnest FROM ({file_ids}) ids;
            UPDATE files SET sent_at = coalesce(sent_at, message.created_at) WHERE id IN ({file_ids});
        END IF;
        UPDATE mailboxes
        SET sequence = sequence + 1,
            stored_bytes = CASE WHEN user_id = given_sender THEN stored_after ELSE stored_bytes END
        WHERE user_id IN (
            given_sender, CASE WHEN message.recipient_sequence IS NOT NULL THEN message.recipient_id END);
    ELSIF code = 'sent_before' THEN
        SELECT * INTO message FROM messages m WHERE m.sender_id = given_sender AND m.client_id = message.client_id;
        code := CASE WHEN jsonb_populate_record(message, envelope) IS NOT DISTINCT FROM message
            THEN 'repeated' ELSE 'client_id_conflict' END;
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

# Several calls in one transaction, in their order, each seeing those before. The mailboxes are locked first and without
# waiting. A call that needs another one is left out, and so are later ones of its sender.
TOGETHER = """
CREATE OR REPLACE FUNCTION {name}_together(calls jsonb) RETURNS TABLE ({columns})
LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    one record;
    locked bigint[] := '{}';
    left_out bigint[] := '{}';
BEGIN
    SELECT coalesce(array_agg(user_id), '{}') INTO locked FROM (
        SELECT user_id FROM mailboxes WHERE user_id IN (
            SELECT (call->>'sender')::bigint FROM jsonb_array_elements(calls) call
            UNION SELECT id FROM users, jsonb_array_elements(calls) call WHERE email = call->>'recipient_email')
        ORDER BY user_id FOR NO KEY UPDATE SKIP LOCKED) mailbox;
    FOR one IN
        SELECT call.value, (call.value->>'sender')::bigint AS sender, users.id AS recipient
        FROM jsonb_array_elements(calls) WITH ORDINALITY call
        LEFT JOIN users ON users.email = call.value->>'recipient_email' AND users.is_active
        ORDER BY call.ordinality
    LOOP
        IF one.sender = ANY(left_out) OR NOT one.sender = ANY(locked) OR NOT one.recipient = ANY(locked) THEN
            left_out := left_out || one.sender;
            code := 'left_out';
            RETURN NEXT;
        ELSE
            RETURN QUERY SELECT * FROM {name}(one.value, '{lock_seconds}s');
        END IF;
    END LOOP;
END $$
"""


FILE_IDS = "SELECT unnest(string_to_array(message.files, ' '))"


@cache
def function() -> tuple[str, str]:
    """(name, definitions). The name has a hash of the text, so processes of two releases use each its own."""
    text = f"{FUNCTION};{TOGETHER}".replace("{columns}", COLUMNS)
    text = text.replace("{refusal}", refusal(FILE_IDS)).replace("{is_withheld}", IS_WITHHELD)
    text = text.replace("{file_ids}", FILE_IDS)
    text = text.replace("{lock_seconds}", str(LOCK_SECONDS))
    columns = [str(field.column) for field in Message._meta.concrete_fields]
    text = text.replace("{message_columns}", ", ".join(columns))
    text = text.replace("{message_values}", ", ".join(f"message.{column}" for column in columns))
    name = f"accept_message_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return name, text.replace("{name}", name)


ACCEPT = "SELECT * FROM {name}(%s::jsonb, %s)"
ACCEPT_TOGETHER = "SELECT * FROM {name}_together(%s::jsonb)"


def install(**_: Any) -> None:
    """After each `migrate`, which every start of a server runs."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(function()[1])


async def accept_together(calls: list[dict]) -> list[Outcome | None]:
    """None for a call that is to be accepted singly. Raises Unavailable."""
    try:
        rows = await call_together(calls)
    except (psycopg.Error, TimeoutError) as error:
        if await note_error(error):
            for call in calls:
                call["was_broken"] = True
        return [None] * len(calls)
    return [None if row[0] == LEFT_OUT else Outcome(*row) for row in rows]


async def call_together(calls: list[dict]) -> list[tuple]:
    statement = ACCEPT_TOGETHER.format(name=function()[0])
    async with (await pool()).connection() as database, asyncio.timeout(CALL_SECONDS):
        return await (await database.execute(statement, [as_json(calls)])).fetchall()


async def accept(call: dict) -> Outcome | None:
    """One alone. None where a mailbox stays locked: `accept_when_unlocked` waits longer. Raises Unavailable."""
    for _ in range(ATTEMPTS):
        if call.get("was_broken") and call["envelope"]["client_id"] is None:
            break  # perhaps it is committed, and a repeat would be a second message
        try:
            outcome = await accept_once(call)
        except psycopg.errors.LockNotAvailable:
            return None
        except psycopg.errors.ForeignKeyViolation:
            continue
        except (psycopg.Error, TimeoutError) as error:
            if not await note_error(error) or call.get("was_broken"):
                raise Unavailable() from error
            call["was_broken"] = True
            continue
        if outcome.code != MAILBOX_MISSING:
            return to_be_pushed(call, outcome)
    raise Unavailable()


async def accept_when_unlocked(call: dict) -> Outcome:
    """In a thread, which waits THREAD_LOCK_SECONDS for each lock. Raises Unavailable."""
    in_thread = database_sync_to_async(accept_sync, thread_sensitive=False, executor=threads)
    try:
        return to_be_pushed(call, await in_thread(call, f"{THREAD_LOCK_SECONDS}s"))
    except (DatabaseError, InterfaceError) as error:
        raise database_refusal(error) from error


def to_be_pushed(call: dict, outcome: Outcome) -> Outcome:
    """A broken attempt may have been committed, and has pushed nothing."""
    is_first_answer = call.get("was_broken") and outcome.code == REPEATED
    return outcome._replace(code=ACCEPTED) if is_first_answer else outcome


async def note_error(error: psycopg.Error | TimeoutError) -> bool:
    """Whether the transaction may have been committed all the same. Raises Unavailable where there is no connection."""
    if isinstance(error, PoolTimeout):
        alarm.began("no_connection")
        raise Unavailable() from error
    logger.warning("accept_failed", extra={"reason": type(error).__name__})
    alarm.note(error)
    is_broken = isinstance(error, TimeoutError) or error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))
    if is_broken:
        await drop_idle_connections()
    return is_broken


async def accept_once(call: dict) -> Outcome:
    statement, parameters = ACCEPT.format(name=function()[0]), [as_json(call), f"{LOCK_SECONDS}s"]
    async with (await pool()).connection() as database, asyncio.timeout(CALL_SECONDS):
        row: Any = await (await database.execute(statement, parameters)).fetchone()
        outcome = Outcome(*row)
        if outcome.code == MAILBOX_MISSING:
            await database.execute(MAKE_MAILBOXES, call)
        return outcome


def accept_sync(call: dict, lock_patience: str = "0") -> Outcome:
    """Waits for a lock as long as it takes, or as long as `lock_patience`, a lock_timeout of PostgreSQL."""
    statement, parameters = ACCEPT.format(name=function()[0]), [as_json(call), lock_patience]
    for _ in range(ATTEMPTS):
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            outcome = Outcome(*cursor.fetchone())
            if outcome.code != MAILBOX_MISSING:
                break
            cursor.execute(MAKE_MAILBOXES, call)
    return outcome


# --- connections -----------------------------------------------------------------------------------------------------

threads = ThreadPoolExecutor(MOST_LOCKED, thread_name_prefix="accept")
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


async def drop_idle_connections() -> None:
    """When the database has come back all idle connections are dead, and each would cost somebody a message.

    They are not checked: a host that is frozen would not answer. The pool connects anew in tasks of its own.
    """
    await (await pool()).drain()


async def close() -> None:
    """Before the event loop ends, which would wait for the pool's own tasks."""
    if mine := pools.pop(asyncio.get_running_loop(), None):
        await mine.close()
