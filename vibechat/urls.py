"""All HTTP routes. The socket is /ws/chat/ (vibechat/asgi.py)."""

from django.contrib import admin
from django.urls import path, register_converter

from accounts.views import AuthViewSet, MeViewSet, ResetViewSet
from contacts.views import BlockViewSet, ContactViewSet
from files.views import FileViewSet
from keys.views import KeyViewSet
from messaging.reports.views import ReportViewSet
from messaging.views import MessageViewSet, NamedKeyViewSet, OwnDataViewSet
from messaging.web_push.views import PushViewSet, WokenViewSet
from vault.views import (
    BrowserViewSet,
    InvitationViewSet,
    PasskeyLoginViewSet,
    PasskeyViewSet,
    StreamViewSet,
    VaultViewSet,
)
from vibechat import client_manifest, pages, service_worker
from vibechat.core import health


class RowIdConverter:
    """Matches any segment, so that a stranger gets 401 before 404. None if no row can have the id."""

    regex = "[^/]+"

    def to_python(self, text: str) -> int | None:
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(RowIdConverter, "row_id")

api = [
    path("auth/register", AuthViewSet.as_view({"post": "register"})),
    path("auth/registration", AuthViewSet.as_view({"get": "registration"})),
    path("auth/login", AuthViewSet.as_view({"post": "login"})),
    path("auth/refresh", AuthViewSet.as_view({"post": "refresh"})),
    path("auth/logout", AuthViewSet.as_view({"post": "logout"})),
    path("auth/reset", ResetViewSet.as_view({"get": "reset_state", "post": "reset_link"})),
    path("auth/reset/password", ResetViewSet.as_view({"post": "reset_password"})),
    path("auth/me", MeViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"})),
    path("auth/me/data", OwnDataViewSet.as_view({"get": "data"})),
    path("auth/password", MeViewSet.as_view({"post": "password"})),
    path("auth/proof", MeViewSet.as_view({"get": "check_proof", "post": "proof"})),
    path("auth/passkey", PasskeyLoginViewSet.as_view({"post": "passkey"})),
    path("auth/passkey/options", PasskeyLoginViewSet.as_view({"post": "passkey_options"})),
    path("keys/challenge", KeyViewSet.as_view({"post": "challenge"})),
    path("keys/upload", KeyViewSet.as_view({"post": "upload"})),
    path("keys/me", KeyViewSet.as_view({"get": "me"})),
    path("keys/email/<path:email>", KeyViewSet.as_view({"get": "by_email"})),
    path("keys/fingerprint/<str:fingerprint>", NamedKeyViewSet.as_view({"get": "by_fingerprint"})),
    path("messages/send", MessageViewSet.as_view({"post": "send"})),
    path("messages/inbox", MessageViewSet.as_view({"get": "inbox"})),
    path("messages/sent", MessageViewSet.as_view({"get": "sent"})),
    path("messages/sync", MessageViewSet.as_view({"get": "sync"})),
    path("messages/receipts", MessageViewSet.as_view({"post": "receipts"})),
    path("messages/conversations", MessageViewSet.as_view({"get": "conversations"})),
    path("messages/conversation/<path:email>", MessageViewSet.as_view({"get": "conversation", "delete": "clear"})),
    path("messages/<row_id:id>", MessageViewSet.as_view({"delete": "destroy"})),
    path("messages/<row_id:id>/delivered", MessageViewSet.as_view({"post": "delivered"})),
    path("messages/<row_id:id>/read", MessageViewSet.as_view({"post": "read"})),
    path("contacts/add", ContactViewSet.as_view({"post": "add"})),
    path("contacts/list", ContactViewSet.as_view({"get": "list"})),
    path("contacts/<row_id:id>", ContactViewSet.as_view({"delete": "destroy"})),
    path("blocks/add", BlockViewSet.as_view({"post": "add"})),
    path("blocks/list", BlockViewSet.as_view({"get": "list"})),
    path("blocks/<row_id:id>", BlockViewSet.as_view({"delete": "destroy"})),
    path("files", FileViewSet.as_view({"post": "create"})),
    path("files/<str:id>", FileViewSet.as_view({"get": "content", "delete": "destroy"})),
    path("files/<str:id>/complete", FileViewSet.as_view({"post": "complete"})),
    path("files/<str:id>/parts", FileViewSet.as_view({"get": "parts"})),
    path("files/<str:id>/parts/<row_id:number>", FileViewSet.as_view({"put": "put_part"})),
    path("push", PushViewSet.as_view({"get": "list", "post": "subscribe"})),
    path("push/news", WokenViewSet.as_view({"post": "news"})),
    path("push/moved", WokenViewSet.as_view({"post": "moved"})),
    path("push/test", PushViewSet.as_view({"post": "test"})),
    path("push/<row_id:id>", PushViewSet.as_view({"delete": "destroy"})),
    path("reports", ReportViewSet.as_view({"post": "send"})),
    path("reports/key", ReportViewSet.as_view({"get": "key"})),
    path("vault", VaultViewSet.as_view({"get": "retrieve", "put": "write", "delete": "destroy"})),
    path("vault/versions", VaultViewSet.as_view({"get": "versions"})),
    path("vault/versions/<row_id:version>", VaultViewSet.as_view({"get": "version"})),
    path("browsers", BrowserViewSet.as_view({"get": "list", "put": "upload"})),
    path("browsers/email/<path:email>", BrowserViewSet.as_view({"get": "by_email"})),
    path("browsers/here", BrowserViewSet.as_view({"post": "here"})),
    path("invitations", InvitationViewSet.as_view({"post": "begin"})),
    path("invitations/<str:route>", InvitationViewSet.as_view({"get": "state", "delete": "end"})),
    path("invitations/<str:route>/<str:step>", InvitationViewSet.as_view({"put": "leave"})),
    path("passkeys", PasskeyViewSet.as_view({"get": "list", "post": "add"})),
    path("passkeys/options", PasskeyViewSet.as_view({"post": "creation_options"})),
    path("passkeys/<row_id:id>", PasskeyViewSet.as_view({"delete": "destroy"})),
    path("streams", StreamViewSet.as_view({"get": "list"})),
    path("streams/<str:browser>/<str:kind>", StreamViewSet.as_view({"get": "segments"})),
    path(
        "streams/<str:browser>/<str:kind>/<row_id:number>",
        StreamViewSet.as_view({"get": "segment", "put": "write"}),
    ),
    path("health/live", health.live),
    path("health/ready", health.ready),
]

urlpatterns = [
    *[path(f"api/{route.pattern}", route.callback) for route in api],
    path("", pages.landing),
    path("register", pages.register),
    path("login", pages.login),
    path("forgot", pages.forgot),
    path("reset", pages.reset),
    path("chat", pages.chat),
    path("about-me", pages.about_me),
    path("favicon.ico", pages.favicon),
    path(".well-known/passkey-endpoints", pages.passkey_endpoints),
    path("client-manifest.json", client_manifest.show),
    path("service-worker.js", service_worker.show),
    path("admin/login/", pages.admin_login),
    path("admin/", admin.site.urls),
]
handler404 = "vibechat.pages.not_found"
handler500 = "vibechat.pages.server_error"
