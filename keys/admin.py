from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from keys.models import PublicKey
from vibechat.core.admin import ReadOnlyAdmin


@admin.register(PublicKey)
class PublicKeyAdmin(ReadOnlyAdmin):
    """Shows fingerprints, so that an operator can tell a person which key the server hands out for them."""

    list_display = ("fingerprint", "email", "is_current", "algorithm", "proven_at", "created_at", "updated_at")
    list_filter = ["is_current", "created_at"]
    search_fields = ["email__exact", "fingerprint__exact"]
    search_help_text = "A whole email address or fingerprint."
    ordering = ["-id"]
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[PublicKey]:
        return super().get_queryset(request).only(*self.list_display)
