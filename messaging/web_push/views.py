from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.authentication import AccountRequest
from messaging.sync import senders_since
from messaging.web_push.requests import public_key
from messaging.web_push.sender import notify
from messaging.web_push.serializers import (
    MoveSerializer,
    NewsSerializer,
    PushStateSerializer,
    PushSubscriptionSerializer,
    SendersSerializer,
    SubscribedSerializer,
    SubscribeSerializer,
)
from messaging.web_push.subscriptions import PushSubscription
from vibechat.core.exceptions import Forbidden, NotFound
from vibechat.core.limits import LimitedViewSet, limit

LIMIT = limit("push", by="account")
NO_BODY = OpenApiResponse(description="No body.")


class PushViewSet(LimitedViewSet):
    limits = {"subscribe": [LIMIT], "test": [LIMIT]}

    def mine(self, request: AccountRequest) -> Any:
        return PushSubscription.objects.live().filter(user=request.user)

    @extend_schema(responses=PushStateSerializer)
    def list(self, request: AccountRequest) -> Response:
        rows = self.mine(request).order_by("-pk")
        return Response({"key": public_key(), "results": PushSubscriptionSerializer(rows, many=True).data})

    @extend_schema(request=SubscribeSerializer, responses={200: SubscribedSerializer, 201: SubscribedSerializer})
    def subscribe(self, request: AccountRequest) -> Response:
        serializer = SubscribeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row, is_new = PushSubscription.objects.subscribe(request.auth, **serializer.validated_data)
        return Response(SubscribedSerializer(row).data, 201 if is_new else 200)

    @extend_schema(responses={204: NO_BODY})
    def destroy(self, request: AccountRequest, id: int | None) -> Response:
        deleted, _ = self.mine(request).filter(pk=id).delete() if id is not None else (0, {})
        if not deleted:
            raise NotFound()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: NO_BODY})
    def test(self, request: AccountRequest) -> Response:
        notify(request.user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class WokenViewSet(LimitedViewSet):
    """What a service worker calls with no page open. It has no access token: to get one it would spend the refresh
    token, and lose the session with a lost answer. The token of its subscription allows these two calls only."""

    authentication_classes = []
    permission_classes = [AllowAny]
    limits = {"news": [limit("push_woken", by="address")], "moved": [limit("push_woken", by="address")]}

    @extend_schema(request=NewsSerializer, responses=SendersSerializer, auth=[])
    def news(self, request: Request) -> Response:
        subscription, data = self.validated(NewsSerializer, request)
        return Response({"results": senders_since(subscription.user, data["after"])})

    @extend_schema(request=MoveSerializer, responses={204: NO_BODY}, auth=[])
    def moved(self, request: Request) -> Response:
        subscription, data = self.validated(MoveSerializer, request)
        subscription.move(**data)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def validated(
        self, serializer_class: type[Serializer], request: Request
    ) -> tuple[PushSubscription, dict[str, Any]]:
        serializer = serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        subscription = PushSubscription.objects.of_token(data.pop("token"))
        if subscription is None:
            raise Forbidden("subscription_over", "This subscription is over, or was never made.")
        return subscription, data
