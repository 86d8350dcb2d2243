from django.db.models import Max
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.response import Response

from accounts.authentication import AccountRequest
from accounts.lookup import person_with
from vault.models import BrowserList, VaultVersion
from vault.serializers import (
    BrowserHereSerializer,
    BrowsersOfSerializer,
    BrowsersSerializer,
    BrowsersUploadSerializer,
    VaultSerializer,
    VaultVersionSerializer,
    VaultVersionsSerializer,
    VaultWriteSerializer,
)
from vibechat.core.exceptions import NotFound
from vibechat.core.limits import LimitedViewSet, limit
from vibechat.core.logs import security_event

NO_BODY = OpenApiResponse(description="No body.")


class VaultViewSet(LimitedViewSet):
    limits = {
        "retrieve": [limit("vault_read", by="account")],
        "version": [limit("vault_read", by="account")],
        "write": [limit("vault_write", by="account")],
        "destroy": [limit("vault_write", by="account")],
    }

    @extend_schema(responses=VaultSerializer)
    def retrieve(self, request: AccountRequest) -> Response:
        return vault_response(VaultVersion.objects.of(request.user).first())

    @extend_schema(request=VaultWriteSerializer, responses={200: VaultVersionSerializer, 201: VaultVersionSerializer})
    def write(self, request: AccountRequest) -> Response:
        serializer = VaultWriteSerializer(data=request.data, context={"user": request.user})
        serializer.is_valid(raise_exception=True)
        row, changed = VaultVersion.objects.write(request.user, request.auth, serializer.write())
        if changed & {"ways", "generation"}:
            ways = [way.id for way in row.ways]
            security_event("ways_changed", user=request.user.pk, generation=row.generation, ways=ways)
        if "browsers" in changed:
            report_list(request)
        is_first = row.version == 1 and bool(changed)
        return Response(VaultVersionSerializer(row).data, status.HTTP_201_CREATED if is_first else status.HTTP_200_OK)

    @extend_schema(responses={204: NO_BODY})
    def destroy(self, request: AccountRequest) -> Response:
        request.auth.require_proof()
        if not VaultVersion.objects.give_up(request.user):
            raise no_vault()
        security_event("vault_deleted", user=request.user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=VaultVersionsSerializer)
    def versions(self, request: AccountRequest) -> Response:
        rows = VaultVersion.objects.of(request.user).only("version", "hash", "created_at")
        return Response({"results": VaultVersionSerializer(rows, many=True).data})

    @extend_schema(responses=VaultSerializer)
    def version(self, request: AccountRequest, version: int) -> Response:
        return vault_response(VaultVersion.objects.of(request.user).filter(version=version).first())


def vault_response(row: VaultVersion | None) -> Response:
    if row is None:
        raise no_vault()
    return Response(VaultSerializer(row).data)


def no_vault() -> NotFound:
    return NotFound("no_vault", "There is no vault here.")


class BrowserViewSet(LimitedViewSet):
    limits = {
        "upload": [limit("browsers_write", by="account")],
        "by_email": [limit("key_lookup", by="account")],
        "here": [limit("browsers_write", by="account")],
    }

    @extend_schema(responses=BrowsersSerializer)
    def list(self, request: AccountRequest) -> Response:
        browsers = BrowserList.objects.of(request.user)
        seen = request.user.sessions.filter(browser__isnull=False).values_list("browser").annotate(Max("last_seen_at"))
        last_seen = dict(seen.order_by())
        results = [
            {"id": id, "last_seen_at": last_seen.get(id), "is_current": id == request.auth.browser}
            for id in (browsers.keys if browsers else ())
        ]
        version = browsers.version if browsers else 0
        answer = BrowsersSerializer({"browsers": browsers, "version": version, "results": results})
        return Response(answer.data)

    @extend_schema(request=BrowsersUploadSerializer, responses=BrowsersSerializer)
    def upload(self, request: AccountRequest) -> Response:
        serializer = BrowsersUploadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if BrowserList.objects.upload(request.user, request.auth, serializer.validated_data["browsers"]):
            report_list(request)
        return self.list(request)

    @extend_schema(responses=BrowsersOfSerializer)
    def by_email(self, request: AccountRequest, email: str) -> Response:
        person = person_with(email)
        browsers = BrowserList.objects.of(person)
        if browsers is None:
            raise NotFound("no_browsers", "This person has no list of browsers.")
        answer = {"email": person.email, "browsers": browsers, "version": browsers.version}
        return Response(BrowsersOfSerializer(answer).data)

    @extend_schema(request=BrowserHereSerializer, responses={204: NO_BODY})
    def here(self, request: AccountRequest) -> Response:
        serializer = BrowserHereSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        BrowserList.objects.bind(request.user, request.auth, serializer.validated_data["browser"])
        return Response(status=status.HTTP_204_NO_CONTENT)


def report_list(request: AccountRequest) -> None:
    browsers = BrowserList.objects.of(request.user)
    ids = list(browsers.keys) if browsers else []
    security_event("browsers_changed", user=request.user.pk, version=browsers and browsers.version, browsers=ids)
