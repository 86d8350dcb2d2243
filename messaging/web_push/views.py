from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.response import Response

from accounts.authentication import AccountRequest
from messaging.web_push.requests import public_key
from messaging.web_push.sender import notify
from messaging.web_push.serializers import PushStateSerializer, PushSubscriptionSerializer, SubscribeSerializer
from messaging.web_push.subscriptions import PushSubscription
from vibechat.core.exceptions import NotFound
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

    @extend_schema(
        request=SubscribeSerializer, responses={200: PushSubscriptionSerializer, 201: PushSubscriptionSerializer}
    )
    def subscribe(self, request: AccountRequest) -> Response:
        serializer = SubscribeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row, is_new = PushSubscription.objects.subscribe(request.auth, **serializer.validated_data)
        return Response(PushSubscriptionSerializer(row).data, 201 if is_new else 200)

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
