"""One-time invitations: what lets somebody register while registration is closed."""

import hashlib
import secrets
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from vibechat.core.exceptions import Forbidden
from vibechat.core.logs import security_event

TOKEN_BYTES = 24
LARGEST_ID = 2**63 - 1


def registration_closed() -> Forbidden:
    return Forbidden("registration_closed", "New accounts on this server need an invitation that has not been used.")


class InviteQuerySet(models.QuerySet["Invite"]):
    def usable(self, token: str) -> Self:
        return self.filter(token_hash=hash_of(token), expires_at__gt=timezone.now())

    def named(self, text: str) -> Self:
        """By number, token or link."""
        if text.isdecimal():
            return self.filter(pk=min(int(text), LARGEST_ID))
        return self.filter(token_hash=hash_of(text.rpartition("#invite=")[2]))

    def revoke(self, by: object) -> int:
        """How many; `by` goes into the security log. One that was used meanwhile is none."""
        revoked = [pk for pk in self.values_list("pk", flat=True) if Invite.objects.filter(pk=pk).delete()[0]]
        for pk in revoked:
            security_event("invite_revoked", invite=pk, by=by)
        return len(revoked)


InviteRows = models.Manager.from_queryset(InviteQuerySet)


class InviteManager(InviteRows["Invite"]):
    def issue(self, lifetime: timedelta) -> tuple["Invite", str]:
        """(the row, its token, which is kept nowhere)"""
        self.filter(expires_at__lt=timezone.now()).delete()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        return self.create(token_hash=hash_of(token), expires_at=timezone.now() + lifetime), token

    def require(self, token: object) -> int | None:
        """The id of the invitation that a registration needs; None where registration is open. Raises Forbidden."""
        if settings.REGISTRATION == "open":
            return None
        invite = self.usable(token).first() if isinstance(token, str) else None
        if invite is None:
            raise registration_closed()
        return invite.pk

    def spend(self, invite_id: int | None) -> None:
        """In the transaction that makes the account: of two at once one finds the row gone. Raises Forbidden."""
        if invite_id is not None and not self.filter(pk=invite_id).delete()[0]:
            raise registration_closed()


class Invite(models.Model):
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    objects = InviteManager()

    class Meta:
        app_label = "accounts"
        db_table = "invites"


def hash_of(token: str) -> str:
    """SHA-256: a token is 24 random bytes, so nobody finds it by trying."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
