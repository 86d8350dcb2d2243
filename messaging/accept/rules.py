"""The checks of a message against the database, as SQL expressions that both back ends use.

`refusal()` is NULL or the code of the first check that fails, in the order of the contract. It and IS_WITHHELD read:

message           the message to be inserted: sender_id, recipient_id (NULL if no active account has the address),
                  client_id, sender_fingerprint, recipient_fingerprint, files (ids of 32 characters, spaces between)
given_session     id of the sender's session
remembered_since  the client_id of a message that was deleted before this time may be used again
stored_after      bytes of the sender's messages including this one
allowed           limit of stored_after
"""

from accounts.models import Session

REFUSAL = """
CASE
    WHEN NOT EXISTS (
        SELECT 1 FROM ({live_sessions}) live WHERE live.id = given_session AND live.user_id = message.sender_id)
        THEN 'session_over'
    WHEN message.recipient_id = message.sender_id THEN 'yourself'
    WHEN EXISTS (
        SELECT 1 FROM messages m WHERE m.sender_id = message.sender_id AND m.client_id = message.client_id)
        THEN 'sent_before'
    WHEN EXISTS (
        SELECT 1 FROM spent_client_ids s WHERE s.sender_id = message.sender_id AND s.client_id = message.client_id
        AND s.deleted_at > remembered_since)
        THEN 'message_deleted'
    WHEN message.recipient_id IS NULL THEN 'user_not_found'
    WHEN {sender_is_stale} OR {recipient_is_stale} THEN 'stale_key'
    WHEN message.files <> '' AND (length(message.files) + 1) / 33 > (
        SELECT count(*) FROM files f
        WHERE f.id IN ({file_ids}) AND f.owner_id = message.sender_id AND f.recipient_id = message.recipient_id
        AND f.completed_at IS NOT NULL AND f.deleted_at IS NULL)
        THEN 'file_not_found'
    WHEN stored_after > allowed THEN 'storage_full'
END"""
IS_STALE = """message.{side}_fingerprint IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM public_keys k
        WHERE k.user_id = message.{side}_id AND k.is_current AND k.fingerprint = message.{side}_fingerprint)"""

# True for a message that is kept for its sender alone, who is not told.
IS_WITHHELD = """EXISTS (
        SELECT 1 FROM blocks b WHERE b.user_id = message.recipient_id AND b.blocked_id = message.sender_id)"""


def refusal(file_ids: str) -> str:
    """`file_ids`: a query for the ids in message.files."""
    return REFUSAL.format(
        file_ids=file_ids,
        live_sessions=Session.objects.live().values("id", "user_id").query,
        sender_is_stale=IS_STALE.format(side="sender"),
        recipient_is_stale=IS_STALE.format(side="recipient"),
    )


# Executed in a separate transaction without locks: otherwise two first messages could deadlock.
MAKE_MAILBOXES = """
INSERT INTO mailboxes (user_id, sequence, stored_bytes)
SELECT id, 0, 0 FROM users WHERE id = %(sender)s OR (email = %(recipient_email)s AND is_active) ORDER BY id
ON CONFLICT DO NOTHING
"""
