"""Invitations of another browser: a relay between two browsers of one person (docs/protocol.md §17).

The server sees neither the code nor what the messages say; they are authenticated under a key that it does not have.
"""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from vault.pushes import push_after_commit
from vibechat.core.exceptions import Conflict, NotFound

STEPS = ("offer", "answer", "reveal", "details", "grant")  # in this order
UNANSWERED = timedelta(minutes=2)
ANSWERED = timedelta(minutes=10)


def invitation_over() -> NotFound:
    return NotFound("invitation_over", "This invitation is over, or there was none.")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user, expires_at__gt=Now())

    def over(self) -> Self:
        return self.filter(expires_at__lte=Now())


InvitationRows = models.Manager.from_queryset(InvitationQuerySet)


class InvitationManager(InvitationRows["Invitation"]):
    @transaction.atomic
    def begin(self, user: User, route: str) -> "Invitation":
        """Raises Conflict `invitation_taken`."""
        self.over().filter(user=user).delete()
        try:
            with transaction.atomic():
                row = self.create(user=user, route=route, expires_at=Now() + UNANSWERED)
        except IntegrityError as error:
            raise Conflict("invitation_taken", "There is an invitation of this number already.") from error
        row.refresh_from_db()
        return row

    def find(self, user: User, route: str) -> "Invitation":
        """Raises NotFound `invitation_over`."""
        row = self.of(user).filter(route=route).first()
        if row is None:
            raise invitation_over()
        return row

    @transaction.atomic
    def leave(self, user: User, route: str, step: str, message: str) -> "tuple[Invitation, bool]":
        """Keep the message of the next step. Returns (invitation, whether the message is new).

        The row lock makes writers take turns, so that there is one answer. Raises NotFound `invitation_over`, Conflict
        `step_taken` or `step_out_of_order`.
        """
        row = self.of(user).filter(route=route).select_for_update(no_key=True).first()
        if row is None:
            raise invitation_over()
        if row.messages.get(step) == message:
            return row, False
        if step in row.messages:
            raise Conflict("step_taken", "Another message stands there already.")
        if STEPS.index(step) != len(row.messages):
            raise Conflict("step_out_of_order", "The step before it is missing.")
        changed: dict[str, object] = {"messages": row.messages | {step: message}}
        if step == "answer":
            changed["expires_at"] = Now() + ANSWERED
        self.filter(pk=row.pk).update(**changed)
        push_after_commit(user.pk, "invitation_changed", route=route)
        row.refresh_from_db()
        return row, True

    def end(self, user: User, route: str) -> None:
        """Raises NotFound `invitation_over`."""
        if not self.of(user).filter(route=route).delete()[0]:
            raise invitation_over()
        push_after_commit(user.pk, "invitation_changed", route=route)


class Invitation(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="browser_invitations", db_index=False)
    route = models.CharField(max_length=32)
    messages = models.JSONField(default=dict)  # by step, base64
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at: "models.DateTimeField[Any, datetime]" = models.DateTimeField()

    objects = InvitationManager()

    class Meta:
        db_table = "browser_invitations"
        constraints = [models.UniqueConstraint(fields=["user", "route"], name="browser_invitations_route_once")]
        indexes = [models.Index(fields=["expires_at"], name="browser_invitations_expiry")]
