"""The stored data of a person by kind, each with a reason, for the page "What this server knows about me".

Each app above accounts has its kinds in a module of the same name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet

from accounts.models import LoginNetwork, Session, SpentRefreshToken, User
from vibechat.core.times import iso

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NOT_SHOWN = "a bcrypt hash, which is shown to nobody"
LAST_MOMENT = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Kind:
    """A person's rows of one table, in one or more disjoint querysets.

    Pages are ordered by the column `order`, newest first. It is a number or a time and is unique.
    """

    name: str
    title: str
    reason: str
    rows: tuple[QuerySet, ...]
    to_json: Callable[..., dict]
    order: str = "id"

    def count(self) -> int:
        return sum(rows.count() for rows in self.rows)

    def newest(self, count: int, before: int | None) -> list:
        limits = {} if before is None else {f"{self.order}__lt": self.value_at(before)}
        found = [row for rows in self.rows for row in rows.filter(**limits).order_by(f"-{self.order}")[:count]]
        return sorted(found, key=lambda row: getattr(row, self.order), reverse=True)[:count]

    def position(self, row: Any) -> int:
        value = getattr(row, self.order)
        return (value - EPOCH) // MICROSECOND if isinstance(value, datetime) else value

    def value_at(self, position: int) -> int | datetime:
        if not self.order.endswith("_at"):
            return position
        return EPOCH + min(position, (LAST_MOMENT - EPOCH) // MICROSECOND) * MICROSECOND


def kinds(user: User, session: Session) -> list[Kind]:
    """`session` is the session of the request."""
    return [
        Kind(
            "account",
            "Your account",
            "So that you can log in, and people who know your address can find you and see your name.",
            (type(user).objects.filter(pk=user.pk),),
            account_json,
        ),
        Kind(
            "sessions",
            "Browsers that logged in",
            "So that each stays logged in, and a log-out, a new password or an operator can end it. One that is over "
            "stays for 30 days or longer, until old rows are pruned.",
            (user.sessions.all(),),
            lambda row: session_json(row, is_this_one=row.pk == session.pk),
            order="created_at",
        ),
        Kind(
            "login_networks",
            "Networks you logged in from",
            "So that nobody can lock you out by guessing passwords: from here you may always try. Each stands as a "
            "hash that only this server can compare, until 90 days after your last log-in from it.",
            (user.login_networks.all(),),
            login_network_json,
        ),
        Kind(
            "spent_refresh_tokens",
            "Log-ins that were renewed just now",
            "The numbers of tokens that were used, kept until the next renewal. So a second tab, or an answer that got "
            "lost, does not log you out, and a stolen token ends the session.",
            (SpentRefreshToken.objects.filter(session__user=user),),
            spent_refresh_token_json,
        ),
        Kind(
            "operator_actions",
            "What you changed as an operator",
            "What operators changed, so that all of them can see it. Only operators have such rows.",
            (LogEntry.objects.filter(user=user),),
            operator_action_json,
        ),
    ]


def account_json(user: User) -> dict:
    return {
        "id": user.pk,
        "email": user.email,
        "display_name": user.display_name,
        "password_hash": NOT_SHOWN,
        "created_at": iso(user.created_at),
        "updated_at": iso(user.updated_at),
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
    }


def session_json(session: Session, is_this_one: bool) -> dict:
    return {
        "id": str(session.pk),
        "is_this_one": is_this_one,
        "generation": session.generation,
        "created_at": iso(session.created_at),
        "last_seen_at": iso(session.last_seen_at),
        "expires_at": iso(session.expires_at),
        "revoked_at": iso(session.revoked_at),
        "proven_at": iso(session.proven_at),
        "browser": session.browser,
    }


def login_network_json(row: LoginNetwork) -> dict:
    return {"id": row.pk, "network": row.network, "last_success_at": iso(row.last_success_at)}


def spent_refresh_token_json(token: SpentRefreshToken) -> dict:
    return {
        "id": token.pk,
        "session": str(token.session_id),
        "generation": token.generation,
        "spent_at": iso(token.spent_at),
    }


def operator_action_json(entry: LogEntry) -> dict:
    return {
        "id": entry.pk,
        "action_time": iso(entry.action_time),
        "content_type": entry.content_type_id,
        "object_id": entry.object_id,
        "object_repr": entry.object_repr,
        "action_flag": entry.get_action_flag_display(),
        "change_message": entry.change_message,
    }
