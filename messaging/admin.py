from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Value
from django.db.models.functions import Length, Replace, Right
from django.http import HttpRequest

from messaging.models import Message
from messaging.reports.report import Report
from vibechat.core.admin import ReadOnlyAdmin

CONTENT = ["ciphertext", "nonce", "salt"]


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Shows sender, recipient, times and size; the ciphertext is not fetched. Other mailbox tables have no page."""

    list_display = (
        "id",
        "sender_email",
        "recipient_email",
        "created_at",
        "delivered_at",
        "read_at",
        "ciphertext_bytes",
        "suite",
        "message_type",
    )
    list_filter = ["created_at", ("delivered_at", admin.EmptyFieldListFilter), ("read_at", admin.EmptyFieldListFilter)]
    search_fields = ["sender_email__exact", "recipient_email__exact"]
    ordering = ["-id"]
    sortable_by = ["id"]  # the only indexed column of this large table
    fields = (
        *list_display,
        "client_id",
        "sender_fingerprint",
        "recipient_fingerprint",
        "quiet",
        "delete_after",
        "sender_cleared",
        "recipient_cleared",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        end = Right("ciphertext", 2)
        padding = Length(end) - Length(Replace(end, Value("="), Value("")))
        size = Length("ciphertext") * 3 / 4 - padding
        return super().get_queryset(request).defer(*CONTENT).annotate(size=size)

    @admin.display(description="ciphertext, bytes")
    def ciphertext_bytes(self, message: Any) -> int:
        return message.size


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """Who has reported whom, and when. `open_reports` opens what is sealed."""

    list_display = ("id", "reporter", "reported_email", "created_at")
    list_filter = ["created_at"]
    list_select_related = ["reporter"]
    search_fields = ["reporter__email__exact", "reported_email__exact"]
    ordering = ["-id"]
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return super().get_queryset(request).defer("sealed")
