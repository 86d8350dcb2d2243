import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import Max, Prefetch, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed, Throttled, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import AccountRequest
from accounts.cookies import refuse_foreign_cookie
from accounts.lookup import person_with
from accounts.models import User
from accounts.serializers import TokensSerializer
from accounts.views import log_in_response
from messaging.pagination import LARGEST_ID, whole_number
from vault.formats import STREAM_KINDS
from vault.invitations import STEPS
from vault.models import BrowserList, Invitation, Passkey, Stream, StreamSegment, VaultVersion
from vault.serializers import (
    BrowserHereSerializer,
    BrowsersOfSerializer,
    BrowsersSerializer,
    BrowsersUploadSerializer,
    InvitationMessageSerializer,
    InvitationSerializer,
    InvitationStateSerializer,
    PasskeyAddSerializer,
    PasskeyLoginSerializer,
    PasskeySerializer,
    PasskeysSerializer,
    SegmentSerializer,
    SegmentsSerializer,
    SegmentWriteSerializer,
    StreamSerializer,
    StreamsSerializer,
    VaultSerializer,
    VaultVersionSerializer,
    VaultVersionsSerializer,
    VaultWriteSerializer,
)
from vault.streams import SegmentWrite
from vault.webauthn import CredentialRefused, request_options
from vibechat.core.exceptions import NotFound
from vibechat.core.limits import LimitedViewSet, limit, seconds_over_limit
from vibechat.core.logs import security_event

SEGMENTS_AT_ONCE = 8
LARGEST_NUMBER = 2**32 - 1  # of a segment
BROWSER_ID = re.compile("[0-9a-f]{32}")
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


class InvitationViewSet(LimitedViewSet):
    limits = {"begin": [limit("invitation", by="account")]}

    @extend_schema(request=InvitationSerializer, responses={201: InvitationStateSerializer})
    def begin(self, request: AccountRequest) -> Response:
        serializer = InvitationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        request.auth.require_proof()
        row = Invitation.objects.begin(request.user, serializer.validated_data["route"])
        security_event("browser_invited", user=request.user.pk)
        return invitation_response(row, status.HTTP_201_CREATED)

    @extend_schema(responses=InvitationStateSerializer)
    def state(self, request: AccountRequest, route: str) -> Response:
        with self.counting_wrong_routes(request):
            return invitation_response(Invitation.objects.find(request.user, route), status.HTTP_200_OK)

    @extend_schema(
        request=InvitationMessageSerializer, responses={200: InvitationStateSerializer, 201: InvitationStateSerializer}
    )
    def leave(self, request: AccountRequest, route: str, step: str) -> Response:
        serializer = InvitationMessageSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if step not in STEPS:
            raise NotFound()
        with self.counting_wrong_routes(request):
            row, is_new = Invitation.objects.leave(request.user, route, step, serializer.validated_data["message"])
        return invitation_response(row, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(responses={204: NO_BODY})
    def end(self, request: AccountRequest, route: str) -> Response:
        with self.counting_wrong_routes(request):
            Invitation.objects.end(request.user, route)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @contextmanager
    def counting_wrong_routes(self, request: AccountRequest) -> Iterator[None]:
        """Whoever has guessed too often is refused, with right routes as well."""
        group, by = "invitation_guess", "account"
        if seconds := seconds_over_limit(request, group, by, is_counted=False):
            raise Throttled(seconds)
        try:
            yield
        except NotFound:
            if seconds := seconds_over_limit(request, group, by):
                raise Throttled(seconds) from None
            raise


def invitation_response(row: Invitation, status_code: int) -> Response:
    state = {**row.messages, "expires_at": row.expires_at}
    return Response(InvitationStateSerializer(state).data, status_code)


class StreamViewSet(LimitedViewSet):
    limits = {
        "list": [limit("stream_read", by="account")],
        "segments": [limit("stream_read", by="account")],
        "segment": [limit("stream_read", by="account")],
        "write": [limit("stream_write", by="account")],
    }

    @extend_schema(responses=StreamsSerializer)
    def list(self, request: AccountRequest) -> Response:
        hashes = StreamSegment.objects.order_by("number").only("stream", "number", "hash")
        streams = request.user.streams.prefetch_related(Prefetch("segments", hashes)).order_by("pk")
        return Response(StreamsSerializer({"results": streams}).data)

    @extend_schema(parameters=[OpenApiParameter("from", int)], responses=SegmentsSerializer)
    def segments(self, request: AccountRequest, browser: str, kind: str) -> Response:
        """Up to SEGMENTS_AT_ONCE segments from this number on."""
        first = whole_number(request.query_params, "from", 1, 0, LARGEST_ID)
        rows = segments_of(request.user, browser, kind).filter(number__gte=first).order_by("number")
        return Response(SegmentsSerializer({"results": rows[:SEGMENTS_AT_ONCE]}).data)

    @extend_schema(responses=SegmentSerializer)
    def segment(self, request: AccountRequest, browser: str, kind: str, number: int) -> Response:
        row = segments_of(request.user, browser, kind).filter(number=number).first()
        if row is None:
            raise no_stream()
        return Response(SegmentSerializer(row).data)

    @extend_schema(request=SegmentWriteSerializer, responses={200: StreamSerializer, 201: StreamSerializer})
    def write(self, request: AccountRequest, browser: str, kind: str, number: int) -> Response:
        if kind not in STREAM_KINDS or not BROWSER_ID.fullmatch(browser) or not number or number > LARGEST_NUMBER:
            raise no_stream()
        serializer = SegmentWriteSerializer(data=request.data, context={"kind": kind})
        serializer.is_valid(raise_exception=True)
        given = SegmentWrite(browser, kind, number, **serializer.validated_data)
        stream, is_new = Stream.objects.write(request.user, given)
        return Response(StreamSerializer(stream).data, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


def segments_of(user: User, browser: str, kind: str) -> QuerySet[StreamSegment]:
    """Raises NotFound `no_stream`."""
    stream = user.streams.filter(browser=browser, kind=kind).first()
    if stream is None:
        raise no_stream()
    return stream.segments.all()


def no_stream() -> NotFound:
    return NotFound("no_stream", "There is no such stream or segment here.")


class PasskeyViewSet(LimitedViewSet):
    limits = {
        "creation_options": [limit("passkeys", by="account")],
        "add": [limit("passkeys", by="account")],
        "destroy": [limit("passkeys", by="account")],
    }

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def creation_options(self, request: AccountRequest) -> Response:
        return Response(Passkey.objects.creation_options(request, request.user, request.auth))

    @extend_schema(responses=PasskeysSerializer)
    def list(self, request: AccountRequest) -> Response:
        return Response(PasskeysSerializer({"results": request.user.passkeys.order_by("-pk")}).data)

    @extend_schema(request=PasskeyAddSerializer, responses={201: PasskeySerializer})
    def add(self, request: AccountRequest) -> Response:
        serializer = PasskeyAddSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            row = Passkey.objects.add(request, request.user, request.auth, **serializer.validated_data)
        except CredentialRefused as error:
            raise ValidationError({"credential": ["This passkey cannot be used."]}, code="passkey_refused") from error
        security_event("passkey_added", user=request.user.pk, passkey=row.pk)
        return Response(PasskeySerializer(row).data, status.HTTP_201_CREATED)

    @extend_schema(responses={204: NO_BODY})
    def destroy(self, request: AccountRequest, id: int) -> Response:
        rows = request.user.passkeys.filter(pk=id)
        if id is None or not rows.exists():
            raise NotFound()
        request.auth.require_proof()
        if rows.delete()[0]:
            security_event("passkey_removed", user=request.user.pk, passkey=id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasskeyLoginViewSet(LimitedViewSet):
    authentication_classes = []
    permission_classes = [AllowAny]
    limits = {
        "passkey_options": [limit("passkey_options", by="address")],
        "passkey": [limit("passkey_login", by="address")],
    }

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"  # else a refusal is 403, because authentication_classes is empty

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT, auth=[])
    def passkey_options(self, request: Request) -> Response:
        return Response(request_options(request))

    @extend_schema(request=PasskeyLoginSerializer, responses=TokensSerializer, auth=[])
    def passkey(self, request: Request) -> Response:
        refuse_foreign_cookie(request)
        serializer = PasskeyLoginSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            row = Passkey.objects.use(request, serializer.validated_data["credential"])
        except CredentialRefused as error:
            security_event("passkey_refused", request=request)
            raise AuthenticationFailed("This passkey opens no account here.", "passkey_refused") from error
        security_event("login", user=row.user_id, passkey=row.pk)
        return log_in_response(request, row.user, serializer.validated_data["refresh_cookie"], status.HTTP_200_OK)
