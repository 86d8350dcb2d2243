from typing import Any

from accounts.models import User
from accounts.own_data import Kind
from files.models import File, FileUse
from vibechat.core.times import iso


def kinds(user: User) -> list[Kind]:
    return [
        Kind(
            "files",
            "Files you sent or received",
            "For whom each is, and its size with its padding. The bytes are sealed so that this server cannot open "
            "them; names and types are in the messages. A file goes when nobody keeps a message that has it, or after "
            "a day without one.",
            (File.objects.filter(owner=user), File.objects.filter(recipient=user).exclude(owner=user)),
            lambda row: file_json(row, user),
            order="created_at",
        ),
        Kind(
            "file_use",
            "How much you uploaded today",
            "So that nobody fills the disk.",
            (FileUse.objects.filter(user=user),),
            lambda row: {"since": iso(row.since), "day_bytes": row.day_bytes},
            order="user_id",
        ),
    ]


def file_json(row: File, user: User) -> dict[str, Any]:
    return {
        "id": row.pk,
        "direction": "sent" if row.owner_id == user.pk else "received",
        "size": row.size,
        "created_at": iso(row.created_at),
        "completed_at": iso(row.completed_at),
        "sent_at": iso(row.sent_at),
        "deleted_at": iso(row.deleted_at),
    }
