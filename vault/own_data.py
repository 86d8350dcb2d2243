from typing import Any

from accounts.models import User
from accounts.own_data import Kind
from vault.formats import SignedList
from vault.models import BrowserList, Invitation, Passkey, Stream, StreamSegment, VaultVersion
from vibechat.core.times import iso

LARGE_COLUMNS = ("blob", "boxes")


def kinds(user: User) -> list[Kind]:
    return [
        Kind(
            "vault_versions",
            "Your vault",
            "What your browsers keep here for each other, sealed so that this server cannot open it; only its size is "
            "shown. The last five versions stay, and the last of each day for 30 days.",
            (user.vault_versions.defer(*LARGE_COLUMNS),),
            vault_json,
        ),
        Kind(
            "browser_lists",
            "Your list of browsers",
            "The ids and signature keys of your browsers, so that others can tell them from a stranger's.",
            (BrowserList.objects.filter(user=user),),
            list_json,
            order="user_id",
        ),
        Kind(
            "streams",
            "Your archive, and what you have read",
            "One of each kind for each browser, so that they all show the same: who wrote it last, and how often it "
            "was written.",
            (user.streams.all(),),
            stream_json,
        ),
        Kind(
            "stream_segments",
            "Parts of your archive",
            "Sealed so that this server cannot open them; only their sizes are shown.",
            (StreamSegment.objects.filter(stream__user=user).defer("blob"),),
            lambda row: (
                {"id": row.pk, "stream": row.stream_id, "number": row.number, "size": row.size}
                | {"hash": bytes(row.hash).hex()}
            ),
        ),
        Kind(
            "passkeys",
            "Your passkeys",
            "So that you can log in with them: the number and public key of each, and its counter, so that a copy is "
            "noticed.",
            (user.passkeys.all(),),
            passkey_json,
        ),
        Kind(
            "browser_invitations",
            "Browsers you are adding",
            "Messages between your two browsers while one lets the other in, sealed for them. They are over after ten "
            "minutes, and deleted with the next one or when old rows are pruned.",
            (user.browser_invitations.all(),),
            invitation_json,
        ),
    ]


def vault_json(row: VaultVersion) -> dict[str, Any]:
    return {
        "id": row.pk,
        "version": row.version,
        "generation": row.generation,
        "hash": bytes(row.hash).hex(),
        "previous": bytes(row.previous).hex(),
        "browser": row.browser,
        "signature": bytes(row.signature).hex(),
        "size": row.size,
        "created_at": iso(row.created_at),
    }


def list_json(row: BrowserList) -> dict[str, Any]:
    keys = SignedList.read(bytes(row.raw)).keys
    browsers = [f"{id} (signature key {key.hex()})" for id, key in keys.items()]
    return {"version": row.version, "browsers": ", ".join(browsers), "updated_at": iso(row.updated_at)}


def passkey_json(row: Passkey) -> dict[str, Any]:
    return {
        "id": row.pk,
        "credential_id": row.credential,
        "public_key": bytes(row.public_key).hex(),
        "sign_count": row.sign_count,
        "name": row.name,
        "created_at": iso(row.created_at),
        "last_used_at": iso(row.last_used_at),
    }


def invitation_json(row: Invitation) -> dict[str, Any]:
    times = {"created_at": iso(row.created_at), "expires_at": iso(row.expires_at)}
    return {"id": row.pk, "route": row.route, "steps": ", ".join(row.messages), **times}


def stream_json(row: Stream) -> dict[str, Any]:
    return {
        "id": row.pk,
        "browser": row.browser,
        "kind": row.kind,
        "revision": row.revision,
        "by": row.by,
        "signature": bytes(row.signature).hex(),
        "updated_at": iso(row.updated_at),
    }
