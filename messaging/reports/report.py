"""Reports to the operators, sealed for their report key, which this server does not have (docs/protocol.md §5.13)."""

import base64
import datetime
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from accounts.models import User
from vibechat.core.exceptions import Conflict

SEALED_STEP = 4096
MOST_STEPS = 22  # so that the body fits into 128 KiB
OVERHEAD = 65 + 16  # the ephemeral key, and the tag of AES-GCM
MOST_OF_A_PERSON = 50


class ReportQuerySet(models.QuerySet["Report"]):
    def past(self) -> Self:
        return self.filter(created_at__lt=timezone.now() - datetime.timedelta(days=settings.REPORT_DAYS))

    @transaction.atomic
    def file(self, reporter: User, reported_email: str, key: str, sealed: str) -> "Report":
        """Raises Conflict, and NotAuthenticated if the account was deleted meanwhile."""
        if not settings.REPORT_KEY:
            raise Conflict("no_report_key", "This server takes no reports.")
        if key != settings.REPORT_KEY:
            raise Conflict("report_key_changed", "The report key is another one by now.")
        reporter.lock()
        if self.filter(reporter=reporter).count() >= MOST_OF_A_PERSON:
            raise Conflict("too_many_reports", "So many reports of yours wait here already.")
        return self.create(reporter=reporter, reported_email=reported_email, key=key, sealed=base64.b64decode(sealed))


class Report(models.Model):
    """Who has reported whom, and when. What is reported, and why, is sealed."""

    reporter = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reports")
    reported_email = models.EmailField(max_length=255)
    key = models.CharField(max_length=88)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        db_table = "reports"
        app_label = "messaging"
