import json
import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.response import Response

from accounts.authentication import AccountRequest
from accounts.lookup import address_in, person_with
from accounts.models import User
from keys.models import PublicKey
from keys.serializers import PublicKeySerializer
from messaging import own_data, sync
from messaging.accept.acceptance import accept_sync
from messaging.models import Message
from messaging.pagination import LARGEST_ID, Page, whole_number
from messaging.realtime.payloads import message_json
from messaging.serializers import (
    ClearedSerializer,
    ConversationsSerializer,
    MessagePageSerializer,
    MessageSerializer,
    OwnDataSerializer,
    ReceiptsSerializer,
    SendSerializer,
    SyncSerializer,
    UpdatedSerializer,
)
from vibechat.core.exceptions import NotFound
from vibechat.core.limits import LimitedViewSet, limit, send_bucket

LOOK_UP = limit("key_lookup", by="account")
FINGERPRINT = re.compile("[0-9a-f]{64}")
PAGING = [OpenApiParameter("page_size", int), OpenApiParameter("before", int), OpenApiParameter("after", int)]
FOR = OpenApiParameter("for", str, required=True)
THROUGH = OpenApiParameter("through", int)
WITH = OpenApiParameter("with", str, description="The other person's email.")


class MessageViewSet(LimitedViewSet):
    @extend_schema(request=SendSerializer, responses={200: MessageSerializer, 201: MessageSerializer})
    def send(self, request: AccountRequest) -> Response:
        is_paid = getattr(request._request, "scope", {}).get("send_is_paid")
        if not is_paid and (wait := send_bucket.take(request.user.pk, request.META.get("REMOTE_ADDR"))):
            raise Throttled(wait)
        accepted = accept_sync(request.auth.pk, request.user.pk, request.data)
        return Response(json.loads(accepted.text), accepted.status)

    @extend_schema(parameters=[WITH, *PAGING], responses=MessagePageSerializer)
    def inbox(self, request: AccountRequest) -> Response:
        received = Message.objects.received_by(request.user)
        if email := self.address(request):
            received = received.filter(sender_email=email)
        return Response(Page(request, received).answer(message_json))

    @extend_schema(parameters=[WITH, *PAGING], responses=MessagePageSerializer)
    def sent(self, request: AccountRequest) -> Response:
        sent = Message.objects.sent_by(request.user)
        if email := self.address(request):
            sent = sent.filter(recipient_email=email)
        return Response(Page(request, sent).answer(message_json))

    def address(self, request: AccountRequest) -> str | None:
        email = request.query_params.get("with")
        return None if email is None else self.known_address(request, email, "with")

    def known_address(self, request: AccountRequest, email: str, field: str = "email") -> str:
        """The address of an active account, or of a conversation that the user still has. Raises UserNotFound."""
        email = address_in(email, field)
        if not Message.objects.between(request.user, email).exists():
            self.count_look_up(request)
            person_with(email, field)
        return email

    def count_look_up(self, request: AccountRequest) -> None:
        """The answer reveals whether an address has an account, so it shares the limit of key look-ups."""
        throttle = LOOK_UP()
        if not throttle.allow_request(request, self):
            raise Throttled(throttle.wait())

    @extend_schema(parameters=PAGING, responses=MessagePageSerializer)
    def conversation(self, request: AccountRequest, email: str) -> Response:
        email = self.known_address(request, email)
        received = Message.objects.received_from(request.user, email)
        sent = Message.objects.sent_to(request.user, email)
        return Response(Page(request, received, sent).answer(message_json))

    @extend_schema(parameters=[THROUGH], responses={200: ClearedSerializer})
    def clear(self, request: AccountRequest, email: str) -> Response:
        email = self.known_address(request, email)
        through = whole_number(request.query_params, "through", None, 0, LARGEST_ID)
        return Response({"cleared": Message.objects.clear(request.user, email, through)})

    @extend_schema(parameters=[FOR], responses={204: OpenApiResponse(description="No body.")})
    def destroy(self, request: AccountRequest, id: int | None) -> Response:
        whom = request.query_params.get("for")
        if whom not in ("me", "everyone"):
            raise ValidationError({"for": ["This must be me or everyone."]}, code="invalid")
        if id is None or not Message.objects.remove(request.user, id, for_everyone=whom == "everyone"):
            raise NotFound()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=ConversationsSerializer)
    def conversations(self, request: AccountRequest) -> Response:
        return Response(sync.conversations(request.user))

    @extend_schema(parameters=[OpenApiParameter("after", int)], responses=SyncSerializer)
    def sync(self, request: AccountRequest) -> Response:
        after = whole_number(request.query_params, "after", 0, 0, LARGEST_ID)
        return Response(sync.changes_since(request.user, after))

    @extend_schema(request=None, responses=MessageSerializer)
    def delivered(self, request: AccountRequest, id: int) -> Response:
        return self.mark(request, id, delivered=[id])

    @extend_schema(request=None, responses=MessageSerializer)
    def read(self, request: AccountRequest, id: int) -> Response:
        return self.mark(request, id, read=[id])

    def mark(self, request: AccountRequest, id: int, **ids: list[int]) -> Response:
        received = Message.objects.received_by(request.user).filter(pk=id)
        if id is None or not received.exists():
            raise NotFound()
        Message.objects.mark(request.user, **ids)
        message = received.first()
        if message is None:  # cleared in another tab meanwhile
            raise NotFound()
        return Response(message_json(message))

    @extend_schema(request=ReceiptsSerializer, responses=UpdatedSerializer)
    def receipts(self, request: AccountRequest) -> Response:
        serializer = ReceiptsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"updated": Message.objects.mark(request.user, **serializer.validated_data)})


class OwnDataViewSet(LimitedViewSet):
    """Reads the data of every app, so it belongs to the top one."""

    @extend_schema(parameters=own_data.PARAMETERS, responses=OwnDataSerializer)
    def data(self, request: AccountRequest) -> Response:
        return Response(own_data.answer(request))


class NamedKeyViewSet(LimitedViewSet):
    """Public keys by fingerprint, for people whose messages name them. It reads messages, so it is not in keys/."""

    limits = {"by_fingerprint": [LOOK_UP]}

    @extend_schema(responses=PublicKeySerializer)
    def by_fingerprint(self, request: AccountRequest, fingerprint: str) -> Response:
        if not FINGERPRINT.fullmatch(fingerprint):
            raise NotFound("key_not_found", "This is no fingerprint.")
        for key in PublicKey.objects.filter(fingerprint=fingerprint).order_by("pk"):
            if key.user_id == request.user.pk or self.is_named(request.user, key):
                return Response(PublicKeySerializer(key).data)
        raise NotFound("key_not_found", "No message of yours names this key.")

    def is_named(self, user: User, key: Any) -> bool:
        received = Message.objects.received_from(user, key.email).filter(sender_fingerprint=key.fingerprint)
        sent = Message.objects.sent_to(user, key.email).filter(recipient_fingerprint=key.fingerprint)
        return received.exists() or sent.exists()
