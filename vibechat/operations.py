"""The operations of the REST API by name: what each does, and its own refusals as {status: codes}.

The refusals that all share are in `openapi.py`.
"""

OPERATIONS: dict[str, tuple[str, dict[int, list[str]]]] = {
    "auth_register": (
        "Make an account and log in to it",
        {403: ["foreign_origin", "not_json", "registration_closed"], 409: ["email_taken"]},
    ),
    "auth_registration": ("May anybody register, or only who was invited", {}),
    "auth_login": ("Log in", {401: ["wrong_credentials"], 403: ["foreign_origin", "not_json"]}),
    "auth_refresh": (
        "Spend a refresh token for the next access token",
        {401: ["not_authenticated", "session_over"], 403: ["foreign_origin", "not_json"]},
    ),
    "auth_logout": ("End this session", {403: ["foreign_origin", "not_json"]}),
    "auth_retrieve": ("Who am I", {}),
    "auth_partial_update": ("Change the display name", {}),
    "auth_destroy": ("Delete the account and all that is its own", {}),
    "auth_data": ("All that the server keeps of oneself, with the reasons, newest rows first", {}),
    "auth_password": ("Change the password; all other sessions end", {}),
    "auth_reset_state": ("Does this server send links for new passwords by email", {}),
    "auth_reset_link": (
        "Send a link for a new password, if there is an account with this address",
        {403: ["foreign_origin", "not_json"], 409: ["mail_off"]},
    ),
    "auth_reset_password": (
        "Set a new password by the token of a link; all sessions end",
        {403: ["foreign_origin", "not_json", "reset_link_over"]},
    ),
    "auth_check_proof": ("Ask whether the session has shown the password lately", {}),
    "auth_proof": ("Show the password again, for changes of ways back, browsers and passkeys", {}),
    "vault_retrieve": ("One's own vault", {404: ["no_vault"]}),
    "vault_write": (
        "Write the next version of the vault; the last write again changes nothing",
        {
            403: ["proof_needed", "signature_refused"],
            409: ["vault_changed", "list_changed", "storage_full"],
            413: ["too_large"],
        },
    ),
    "vault_destroy": ("Give up the vault, and with it all ways back", {403: ["proof_needed"], 404: ["no_vault"]}),
    "vault_versions": ("The versions of the vault that are kept, latest first", {}),
    "vault_version": ("A version of the vault that is kept", {404: ["no_vault"]}),
    "browsers_list": ("One's own browsers", {}),
    "browsers_upload": (
        "Put another list of one's browsers; sessions of browsers that it does not hold end",
        {403: ["proof_needed", "signature_refused"], 409: ["list_changed", "storage_full"]},
    ),
    "browsers_by_email": ("A person's list of browsers", {404: ["user_not_found", "no_browsers"]}),
    "invitations_begin": (
        "Invite another browser of one's own",
        {403: ["proof_needed"], 409: ["invitation_taken"]},
    ),
    "invitations_state": ("The messages of an invitation so far", {404: ["invitation_over"]}),
    "invitations_leave": (
        "Leave the message of the next step, once",
        {404: ["invitation_over", "not_found"], 409: ["step_taken", "step_out_of_order"]},
    ),
    "invitations_end": ("End an invitation", {404: ["invitation_over"]}),
    "passkeys_list": ("One's own passkeys", {}),
    "passkeys_creation_options": (
        "Options for navigator.credentials.create, for this session and five minutes",
        {403: ["proof_needed"], 409: ["too_many_passkeys"]},
    ),
    "passkeys_add": ("Add a passkey", {409: ["passkey_taken", "too_many_passkeys"]}),
    "passkeys_destroy": ("Remove a passkey", {403: ["proof_needed"], 404: ["not_found"]}),
    "auth_passkey_options": ("Options for navigator.credentials.get, for five minutes", {}),
    "auth_passkey": ("Log in with a passkey", {401: ["passkey_refused"], 403: ["foreign_origin", "not_json"]}),
    "streams_list": ("One's own streams, and the hashes of their segments", {}),
    "streams_segments": ("Up to 8 segments of a stream, from a number on", {404: ["no_stream"]}),
    "streams_segment": ("A segment of a stream", {404: ["no_stream"]}),
    "streams_write": (
        "Append a segment to a stream, or replace one; the last write again changes nothing",
        {
            403: ["signature_refused"],
            404: ["no_stream"],
            409: ["stream_changed", "too_many_segments", "too_many_streams", "storage_full"],
            413: ["too_large"],
        },
    ),
    "browsers_here": (
        "Bind this session to a browser of the list",
        {403: ["proof_needed"], 404: ["browser_not_found"]},
    ),
    "keys_challenge": ("A one-time server key, with which a key is proven at upload", {}),
    "keys_upload": ("Make a public key the current one", {409: ["key_changed", "key_taken", "proof_expired"]}),
    "keys_me": ("One's own current key", {404: ["key_not_found"]}),
    "keys_by_email": ("A person's current key", {404: ["user_not_found", "key_not_found"]}),
    "keys_by_fingerprint": ("A key that is one's own, or that a message of one's own names", {404: ["key_not_found"]}),
    "messages_send": (
        "Send a message; the same client_id and content again is the same message",
        {
            404: ["user_not_found"],
            409: ["client_id_conflict", "message_deleted", "stale_key", "file_not_found", "storage_full"],
        },
    ),
    "messages_inbox": ("Messages received, newest first", {404: ["user_not_found"]}),
    "messages_sent": ("Messages sent, newest first", {404: ["user_not_found"]}),
    "messages_conversation": ("Messages of one conversation, newest first", {404: ["user_not_found"]}),
    "messages_clear": ("Clear a conversation for oneself", {404: ["user_not_found"]}),
    "messages_destroy": (
        "Delete a message for oneself or, as its sender, for both people; again changes nothing",
        {404: ["not_found"]},
    ),
    "messages_conversations": ("All conversations, latest first", {}),
    "messages_sync": ("The changes in one's mailbox after a sequence", {400: ["invalid", "sequence_ahead"]}),
    "messages_receipts": ("Mark many messages", {}),
    "messages_delivered": ("Mark a message as delivered", {404: ["not_found"]}),
    "messages_read": ("Mark a message as read, and so as delivered", {404: ["not_found"]}),
    "contacts_add": ("Add a person", {404: ["user_not_found"]}),
    "contacts_list": ("Whom one has added", {}),
    "contacts_destroy": ("Take a person out", {404: ["not_found"]}),
    "files_create": (
        "Begin to upload a sealed file for a person",
        {404: ["user_not_found"], 409: ["file_too_large", "files_full", "files_day_full"]},
    ),
    "files_put_part": (
        "Upload a part of a file; the same bytes again change nothing",
        {
            404: ["not_found"],
            409: ["file_complete"],
            413: ["too_large"],
            415: ["unsupported_media_type"],
            503: ["unavailable", "storage_away"],
        },
    ),
    "files_parts": ("Which parts of a file are there", {404: ["not_found"]}),
    "files_complete": ("End the upload of a file", {404: ["not_found"], 409: ["parts_missing"]}),
    "files_content": (
        "The sealed bytes of a file, or one range of them (206)",
        {404: ["not_found"], 416: ["range_not_satisfiable"], 503: ["unavailable", "storage_away"]},
    ),
    "files_destroy": ("Give up an upload", {404: ["not_found"], 409: ["file_sent"]}),
    "push_list": ("The browsers of one's own that are woken by Web Push, and the server's key for it", {}),
    "push_subscribe": ("Have this browser woken when a message comes, until the session ends", {}),
    "push_destroy": ("Have a browser woken no more", {404: ["not_found"]}),
    "push_news": (
        "Who has written, for a browser that was woken with no page open: unread messages behind a sequence",
        {403: ["subscription_over"]},
    ),
    "push_moved": (
        "The push service has given the browser another address (`pushsubscriptionchange`)",
        {403: ["subscription_over"]},
    ),
    "push_test": ("Wake one's own browsers now", {}),
    "reports_key": ("The operators' public key for reports", {}),
    "reports_send": (
        "Report messages of a person to the operators, sealed for their key",
        {409: ["no_report_key", "report_key_changed", "too_many_reports"]},
    ),
    "blocks_add": (
        "Block a person: what they send is accepted and does not arrive; they are not told",
        {404: ["user_not_found"]},
    ),
    "blocks_list": ("Whom one has blocked", {}),
    "blocks_destroy": ("Unblock a person; what was sent meanwhile does not arrive", {404: ["not_found"]}),
}
