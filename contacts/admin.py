from django.contrib import admin

from contacts.models import Contact
from vibechat.core.admin import ReadOnlyAdmin


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "contact", "created_at")
    list_filter = ["created_at"]
    list_select_related = ["user", "contact"]
    search_fields = ["user__email__exact", "contact__email__exact"]
    ordering = ["-id"]
    fields = list_display
