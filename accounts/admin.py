from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.cookies import own_origin
from accounts.invites import Invite, InviteQuerySet
from accounts.models import Session, User
from accounts.reset_links import reset_link
from vibechat.core.admin import OperatorAdmin, ReadOnlyAdmin
from vibechat.core.logs import security_event

admin.site.unregister(Group)

# Reverse relations to User whose rows the list counts. They are named as text because accounts may not import the apps
# above it.
COUNTED_RELATIONS = {
    "contacts": "contacts",
    "blocks": "blocks",
    "sent": "sent_messages",
    "received": "received_messages",
    "vaults": "vault_versions",
    "passkeys": "passkeys",
}


def row_count(rows: QuerySet[Any], name: str) -> Coalesce:
    """Count the `rows` whose `name` is the outer row. Each count is a subquery, because joins would multiply them."""
    counts = rows.filter(**{name: OuterRef("pk")}).order_by().values(name).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts), 0, output_field=IntegerField())


def related_rows(name: str) -> tuple[QuerySet[Any], str]:
    relation: Any = User._meta.get_field(name)
    field = relation.field
    return field.model._base_manager.all(), field.name


class AccountCreationForm(BaseUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "display_name"]


class PasswordForm(AdminPasswordChangeForm):
    """Without the choice to disable the password: accounts have no other way to log in."""

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.fields.pop("usable_password", None)


@admin.register(User)
class AccountAdmin(OperatorAdmin, UserAdmin):
    add_form = AccountCreationForm
    add_form_template = None
    change_password_form = PasswordForm
    change_user_password_template = "admin/accounts/user/change_password.html"  # nosec B105
    form = ModelForm  # Django's own form has a field for the password hash

    list_display = (
        "email",
        "display_name",
        "is_active",
        "is_staff",
        "created_at",
        "last_seen",
        "live_sessions",
        "contact_count",
        "block_count",
        "sent_count",
        "received_count",
        "stored",
        "vault_versions",
        "passkey_count",
    )
    list_filter = ["is_active", "is_staff", "created_at"]
    search_fields = ["email__startswith"]
    search_help_text = "How an email address begins."
    ordering = ["-id"]
    filter_horizontal = []
    actions = ["suspend", "reactivate", "reset_link"]
    read_only = ["email", "password_link", "created_at", *list_display[5:]]
    fieldsets = [
        (None, {"fields": ["email", "display_name", "password_link"]}),
        ("May log in", {"fields": ["is_active", "is_staff"]}),
        ("So far", {"fields": tuple(read_only[2:])}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "display_name", "password1", "password2"]})]

    # --- list and form -----------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        counts = {f"{name}_count": row_count(*related_rows(relation)) for name, relation in COUNTED_RELATIONS.items()}
        last = Session.objects.filter(user=OuterRef("pk")).order_by("-last_seen_at").values("last_seen_at")[:1]
        live = row_count(Session.objects.live(), "user")
        return (
            super()
            .get_queryset(request)
            .annotate(
                **counts,
                last_seen=Subquery(last),
                live=live,
                stored=F("mailbox__stored_bytes"),
            )
        )

    @admin.display(description="last seen", ordering="last_seen")
    def last_seen(self, user: Any) -> datetime | str:
        return user.last_seen or "never"

    @admin.display(description="sessions")
    def live_sessions(self, user: Any) -> int:
        return user.live

    @admin.display(description="contacts")
    def contact_count(self, user: Any) -> int:
        return user.contacts_count

    @admin.display(description="people blocked")
    def block_count(self, user: Any) -> int:
        return user.blocks_count

    @admin.display(description="messages sent")
    def sent_count(self, user: Any) -> int:
        return user.sent_count

    @admin.display(description="messages received")
    def received_count(self, user: Any) -> int:
        return user.received_count

    @admin.display(description="bytes stored", ordering="stored")
    def stored(self, user: Any) -> int:
        return user.stored or 0

    @admin.display(description="vault versions")
    def vault_versions(self, user: Any) -> int:
        return user.vaults_count

    @admin.display(description="passkeys")
    def passkey_count(self, user: Any) -> int:
        return user.passkeys_count

    @admin.display(description="password")
    def password_link(self, user: User) -> str:
        address = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}">Set a new password</a> (ends every session)', address)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Operators cannot suspend themselves or give up their own operator role."""
        own = ["is_active", "is_staff"] if obj == request.user else []
        return self.read_only + own if obj else []

    # --- changes -----------------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        obj.is_superuser = obj.is_staff
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            event = "account_reactivated" if obj.is_active else "account_suspended"
            security_event(event, user=obj.pk, by=request.user.pk)

    @admin.action(description="Suspend: end their sessions and refuse log-in", permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        users = list(queryset.exclude(pk=request.user.pk).values_list("pk", flat=True))
        with transaction.atomic():
            User.objects.filter(pk__in=users).update(is_active=False, updated_at=timezone.now())
            Session.objects.filter(user__in=users).end()
        self.report(request, "account_suspended", users, f"Suspended: {len(users)}.")

    @admin.action(description="Reactivate", permissions=["change"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        users = list(queryset.values_list("pk", flat=True))
        User.objects.filter(pk__in=users).update(is_active=True, updated_at=timezone.now())
        self.report(request, "account_reactivated", users, f"Reactivated: {len(users)}.")

    @admin.action(description="Make a one-time link for a new password", permissions=["change"])
    def reset_link(self, request: HttpRequest, queryset: QuerySet[Any]) -> TemplateResponse | None:
        """The link is in this one response only: a message to the operator would be stored in their session."""
        user = queryset.first()
        if user is None or queryset.count() > 1 or not user.is_active:
            messages.error(request, "Choose one account that is not suspended.")
            return None
        security_event("reset_link_made", user=user.pk, by=request.user.pk)
        context = {"account": user, "link": reset_link(user, own_origin(request)), "opts": self.opts}
        context |= self.admin_site.each_context(request) | {"title": "Link for a new password"}
        return TemplateResponse(request, "admin/accounts/user/reset_link.html", context)

    def report(self, request: HttpRequest, event: str, users: list[int], sentence: str) -> None:
        for user in users:
            security_event(event, user=user, by=request.user.pk)
        messages.success(request, sentence)

    # --- deletion ----------------------------------------------------------------------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj != request.user

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Show counts of the related rows. Django's version loads and lists every row."""
        described = [part for user in objs for part in (user.email, self.related_counts(user))]
        own = ["your own account"] if request.user in objs else []
        return described, {"accounts": len(objs)}, set(), own

    def related_counts(self, user: Any) -> list[str]:
        written = f"messages sent: {user.sent_count}, received: {user.received_count}"
        return [
            "all sessions, and keys that nobody else needs",
            f"contacts: {user.contacts_count}",
            f"{written} (what others have of them stays with them)",
        ]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for user in queryset:
            user.delete()

    # --- history: entries name accounts by id, so that no address outlives its account -------------------------------

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        security_event("registration", user=obj.pk, by=request.user.pk)
        return named_by_id(super().log_addition(request, obj, message))

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        """`message` names the changed fields without their values."""
        security_event("account_changed", user=obj.pk, by=request.user.pk, changes=message)
        return named_by_id(super().log_change(request, obj, message))

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[LogEntry]:
        """Write no LogEntry: Django's would keep the address of a deleted account."""
        for user in queryset:
            security_event("account_deleted", user=user.pk, by=request.user.pk)
        return []


def named_by_id(entry: LogEntry) -> LogEntry:
    entry.object_repr = f"account {entry.object_id}"
    entry.save(update_fields=["object_repr"])
    return entry


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "created_at", "last_seen_at", "expires_at", "revoked_at")
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__email__exact"]
    ordering = ["-created_at"]
    fields = list_display
    actions = ["end"]

    @admin.action(description="End sessions", permissions=["view"])
    def end(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        ended = list(queryset.filter(revoked_at=None).values_list("pk", "user"))
        count = Session.objects.filter(pk__in=[pk for pk, _ in ended]).end()
        for _, user in ended:
            security_event("session_revoked", user=user, by=request.user.pk)
        messages.success(request, f"Sessions ended: {count}.")


@admin.register(Invite)
class InviteAdmin(ReadOnlyAdmin):
    """Unused invitations. The table holds only hashes of tokens; `manage.py create_invite` prints each link once."""

    list_display = ("id", "created_at", "expires_at")
    list_filter = ["created_at"]
    ordering = ["-id"]
    fields = list_display
    actions = ["revoke"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invite]:
        return super().get_queryset(request).only(*self.list_display)

    @admin.action(description="Revoke: their links register nobody", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: InviteQuerySet) -> None:
        messages.success(request, f"Invitations revoked: {queryset.revoke(by=request.user.pk)}.")
