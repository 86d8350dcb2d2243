"""One-time invitations. While registration is closed, each lets one person register."""

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
        return self.filter(token_hash=hash_token(token), expires_at__gt=timezone.now())

    def matching(self, text: str) -> Self:
        """Invitations with this id, token or link."""
        if text.isdecimal():
            return self.filter(pk=min(int(text), LARGEST_ID))
        return self.filter(token_hash=hash_token(text.rpartition("#invite=")[2]))

    def revoke(self, by: object) -> int:
        """Delete these invitations and return how many; one that is used in the meantime does not count.

        `by` goes into the security log.
        """
        revoked = [pk for pk in self.values_list("pk", flat=True) if Invite.objects.filter(pk=pk).delete()[0]]
        for pk in revoked:
            security_event("invite_revoked", invite=pk, by=by)
        return len(revoked)


InviteRows = models.Manager.from_queryset(InviteQuerySet)


class InviteManager(InviteRows["Invite"]):
    def issue(self, lifetime: timedelta) -> tuple["Invite", str]:
        """Returns (invitation, token). The table keeps only the hash of the token."""
        self.filter(expires_at__lt=timezone.now()).delete()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        return self.create(token_hash=hash_token(token), expires_at=timezone.now() + lifetime), token

    def require(self, token: object) -> int | None:
        """The id of the invitation with this token, or None while registration is open.

        Raises Forbidden if registration is closed and the token is not usable.
        """
        if settings.REGISTRATION == "open":
            return None
        invite = self.usable(token).first() if isinstance(token, str) else None
        if invite is None:
            raise registration_closed()
        return invite.pk

    def spend(self, invite_id: int | None) -> None:
        """Delete the invitation, in the transaction that creates the account. Raises Forbidden if it is gone.

        So of two concurrent registrations with one invitation, the second fails.
        """
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


def hash_token(token: str) -> str:
    """SHA-256 suffices: a token has 24 random bytes, so guessing is hopeless."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
