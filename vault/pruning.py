"""What `manage.py prune_messages` deletes of the vault: rows that a write of their owner would delete."""

from typing import Any

from django.db.models import F, Max, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from messaging.mailboxes import Mailbox, in_mailboxes
from messaging.pruning import delete_rows
from messaging.storage_quota import credit
from vault.models import Invitation, SpentChallenge, VaultVersion
from vault.retention import DAYS_KEPT, LAST_KEPT


def prunable() -> dict[str, QuerySet[Any]]:
    return {
        "old versions of vaults": old_versions(),
        "invitations of browsers that are over": Invitation.objects.over(),
        "spent challenges of passkeys": SpentChallenge.objects.over(),
    }


def old_versions() -> QuerySet[Any]:
    """Older than 30 days, and not among the last five, whose numbers have no gaps."""
    last = VaultVersion.objects.filter(user=OuterRef("user")).order_by().values("user").annotate(last=Max("version"))
    old = VaultVersion.objects.filter(created_at__lte=timezone.now() - DAYS_KEPT)
    return old.annotate(last=Subquery(last.values("last"))).filter(version__lte=F("last") - LAST_KEPT)


@in_mailboxes
def forget_versions(rows: QuerySet[Any], ids: list[int]) -> int:
    batch = rows.filter(pk__in=ids)
    Mailbox.lock(*batch.values_list("user", flat=True))
    sizes = batch.order_by().values_list("user").annotate(Sum("size"))
    credit(dict(sizes))
    return delete_rows(rows, ids)
