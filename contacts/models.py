from collections.abc import Callable

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User

# Functions of a user id that run when the user's contacts or blocks have changed. messaging registers its own in
# apps.py, because contacts may not import messaging.
after_change: list[Callable[[int], object]] = []


class Contact(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contacts")
    contact = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_by")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "contacts"
        constraints = [
            models.UniqueConstraint(fields=["user", "contact"], name="contacts_once"),
            models.CheckConstraint(condition=~Q(user=F("contact")), name="contacts_not_oneself"),
        ]


class Block(models.Model):
    """What `blocked` sends does not reach `user`, and `blocked` is not told."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocks", db_index=False)
    blocked = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocked_by")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "blocks"
        constraints = [
            models.UniqueConstraint(fields=["user", "blocked"], name="blocks_once"),
            models.CheckConstraint(condition=~Q(user=F("blocked")), name="blocks_not_oneself"),
        ]
