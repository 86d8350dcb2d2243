"""All data of a person in the tables of every app, page by page, and a description of the data kept elsewhere."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Length, Replace
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from accounts import own_data as accounts_data
from accounts.authentication import AccountRequest
from accounts.models import Session, User
from accounts.own_data import Kind
from contacts import own_data as contacts_data
from files import own_data as files_data
from keys import own_data as keys_data
from messaging.mailboxes import Mailbox
from messaging.models import Message
from messaging.pagination import DEFAULT_PAGE_SIZE, LARGEST_ID, LARGEST_PAGE_SIZE, address_of, whole_number
from messaging.realtime.payloads import MESSAGE_FIELDS, as_json
from vibechat.core.times import iso

PARAMETERS = [
    OpenApiParameter("kind", str, description="One page of this kind alone."),
    OpenApiParameter("page_size", int),
    OpenApiParameter("before", int),
]
LARGE_COLUMNS = ("ciphertext", "nonce", "salt")
# Functions of a user that return kinds. vault registers its own in apps.py, because messaging may not import vault.
kinds_above: list[Callable[[User], list[Kind]]] = []


def answer(request: AccountRequest) -> dict:
    """The first page of each kind; with `kind`, one page of that kind."""
    query, kinds = request.query_params, all_kinds(request.user, request.auth)
    size = whole_number(query, "page_size", DEFAULT_PAGE_SIZE, 1, LARGEST_PAGE_SIZE)
    before = whole_number(query, "before", None, 0, LARGEST_ID)
    name = query.get("kind")
    if name is None and before is not None:
        raise ValidationError({"kind": ["A page further on is one of one kind: say which."]}, code="invalid")
    wanted = [kind for kind in kinds if name in (None, kind.name)]
    if not wanted:
        raise ValidationError(
            {"kind": [f"This must be one of {', '.join(kind.name for kind in kinds)}."]}, code="invalid"
        )
    return {"kinds": [page(request, kind, size, before) for kind in wanted], "elsewhere": elsewhere()}


def page(request: AccountRequest, kind: Kind, size: int, before: int | None) -> dict:
    rows = kind.newest(size + 1, before)
    following = {"kind": kind.name, "page_size": size, "before": kind.position(rows[size - 1])} if rows[size:] else None
    return {
        "name": kind.name,
        "title": kind.title,
        "reason": kind.reason,
        "count": kind.count() if before is None else None,
        "results": [kind.to_json(row) for row in rows[:size]],
        "next": following and address_of(request, following),
    }


def all_kinds(user: User, session: Session) -> list[Kind]:
    return [
        *accounts_data.kinds(user, session),
        *keys_data.kinds(user),
        *contacts_data.kinds(user),
        *files_data.kinds(user),
        *kinds(user),
        *(kind for kinds_of in kinds_above for kind in kinds_of(user)),
    ]


def kinds(user: User) -> list[Kind]:
    sent = Message.objects.filter(sender=user).annotate(sequence=F("sender_sequence"), is_cleared=F("sender_cleared"))
    received = Message.objects.filter(recipient=user).annotate(
        sequence=F("recipient_sequence"), is_cleared=F("recipient_cleared")
    )
    return [
        Kind(
            "messages",
            "Messages to and from you",
            "Each message, so that it arrives once in any browser that can open it, and its sender learns when. The "
            "text is in the ciphertext, which this server cannot open; only its size is shown here. What you cleared "
            "stays until the other side has cleared it as well. What has no sequence was sent by somebody whom you "
            "blocked, and did not reach you.",
            (measured(sent), measured(received)),
            lambda row: message_json(row, is_sent=row.sender_id == user.pk),
        ),
        Kind(
            "mailbox",
            "The counter of your mailbox",
            "The number of the last change, so that a browser that was away can ask for what it missed. And how many "
            "bytes the messages that you sent, your vault and your archive take up here, and how many may.",
            (Mailbox.objects.filter(user=user),),
            lambda row: {
                "sequence": row.sequence,
                "stored_bytes": row.stored_bytes,
                "allowed_bytes": settings.ACCOUNT_STORAGE_BYTES,
            },
            order="user_id",
        ),
        Kind(
            "clearings",
            "Chats you cleared",
            "With whom they were, so that your other browsers clear them as well.",
            (user.clearings.all(),),
            lambda row: {"id": row.pk, "email": row.email, "sequence": row.sequence, "through": row.through},
        ),
        Kind(
            "deletions",
            "Messages you or their senders deleted",
            "Which they were, kept 30 days so that your other browsers know that this server has them no more.",
            (user.deletions.all(),),
            lambda row: {
                "id": row.pk,
                "message_id": row.message_id,
                "client_id": as_json(row.client_id),
                "sequence": row.sequence,
                "deleted_at": iso(row.deleted_at),
            },
        ),
        Kind(
            "push_subscriptions",
            "Browsers that are woken when a message comes",
            "The address at the push service of the browser's maker, so that it can tell you with no page open.",
            (user.push_subscriptions.all(),),
            lambda row: {
                "id": row.pk,
                "endpoint": row.endpoint,
                "session": str(row.session_id),
                "created_at": iso(row.created_at),
            },
        ),
        Kind(
            "reports",
            "Reports you sent to the people who run this server",
            "Whom you reported and when. What you reported is sealed for them; only its size is shown here.",
            (user.reports.all(),),
            lambda row: {
                "id": row.pk,
                "reported_email": row.reported_email,
                "created_at": iso(row.created_at),
                "sealed_bytes": len(row.sealed),
            },
        ),
        Kind(
            "spent_client_ids",
            "Numbers of messages that were deleted",
            "The numbers of deleted messages, kept 30 days so that none is sent twice.",
            (user.spent_client_ids.all(),),
            lambda row: {"id": row.pk, "client_id": str(row.client_id), "deleted_at": iso(row.deleted_at)},
        ),
    ]


def measured(messages: QuerySet[Any]) -> QuerySet[Any]:
    """Annotates the ciphertext's size, which the database computes, and does not load the ciphertext."""
    digits = Length(Replace("ciphertext", Value("="), Value("")))
    return messages.annotate(ciphertext_bytes=digits * 3 / 4).defer(*LARGE_COLUMNS)


def message_json(message: Any, is_sent: bool) -> dict:
    columns = [name for name in MESSAGE_FIELDS if name not in LARGE_COLUMNS]
    return {
        **{name: as_json(getattr(message, name)) for name in columns},
        "files": ", ".join(message.files.split()),
        "direction": "sent" if is_sent else "received",
        "ciphertext_bytes": message.ciphertext_bytes,
        "sequence": message.sequence,
        "is_cleared": message.is_cleared,
    }


MAIL = {
    "place": "The mail server that this server sends by",
    "kept": "That and when a link for a new password went to your address.",
    "reason": "So that you can set a new password when you have forgotten the old one.",
}


def elsewhere() -> list[dict]:
    """Descriptions of data that is in no table, or in another person's row."""
    memory = "Redis, a store in memory" if settings.REDIS_URL else "The memory of the server process"
    return [
        {
            "place": memory,
            "kept": "How often you logged in, looked somebody up or sent lately; which of your pages are open; "
            "messages on their way to open pages, as the same ciphertext.",
            "reason": "So that limits can be kept, and messages arrive at once. A count is forgotten within the hour.",
        },
        {
            "place": "The log",
            "kept": "For each call its kind, time and result, and not whose it was. That the account with your number "
            "registered, logged in or out, changed its password or key, asked for a link for a new password, or ran "
            "into a limit. The network address from which a log-in was refused, a link asked for or a limit reached.",
            "reason": "So that the operator sees failures and attacks, and decides how long that is kept.",
        },
        *([MAIL] if settings.MAIL else []),
        {
            "place": "The push services of browsers, for browsers that are woken",
            "kept": "That and when something came for this browser: the same few bytes each time.",
            "reason": "So that the browser can tell you of a message with no page open.",
        },
        {
            "place": "Other people's rows",
            "kept": "Who added you as a contact; that somebody reported you, sealed for the people who run this "
            "server; that somebody cleared a chat with you; what operators changed in your account.",
            "reason": "These rows are theirs: you are in them, and they are not shown here.",
        },
        {
            "place": "Backups",
            "kept": "All that is on this page, as it was on the day of the backup, also what was deleted since.",
            "reason": "So that the server can be restored. Whether there are any is for the operator to say.",
        },
    ]
