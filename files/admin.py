from django.contrib import admin

from files.models import File
from vibechat.core.admin import ReadOnlyAdmin


@admin.register(File)
class FileAdmin(ReadOnlyAdmin):
    """Shows sizes and times; the bytes are sealed, and are not offered."""

    list_display = ("id", "owner", "recipient", "size", "created_at", "completed_at", "sent_at")
    list_filter = ["created_at", ("sent_at", admin.EmptyFieldListFilter)]
    list_select_related = ("owner", "recipient")
    search_fields = ["owner__email__exact", "recipient__email__exact"]
    ordering = ["-created_at"]
    sortable_by = ()
    fields = (*list_display, "deleted_at")
