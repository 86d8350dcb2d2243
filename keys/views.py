from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response

from accounts.people import person_with
from keys.models import PublicKey
from keys.serializers import PublicKeySerializer, UploadSerializer
from vibechat.limits import LimitedViewSet, limit
from vibechat.logs import security_event
from vibechat.refusals import NotFound


class KeyViewSet(LimitedViewSet):
    limits = {
        "upload": [limit("key_upload", by="account")],
        "by_email": [limit("key_lookup", by="account")],
    }

    @extend_schema(request=UploadSerializer, responses={200: PublicKeySerializer, 201: PublicKeySerializer})
    def upload(self, request):
        serializer = UploadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        key, is_new = PublicKey.objects.upload(request.user, data.pop("public_key"), **data)
        if is_new:
            security_event("key_uploaded", user=request.user.pk, fingerprint=key.fingerprint)
        return Response(PublicKeySerializer(key).data, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(responses=PublicKeySerializer)
    def me(self, request):
        return current_key(request.user)

    @extend_schema(responses=PublicKeySerializer)
    def by_email(self, request, email):
        return current_key(person_with(email))


def current_key(user):
    key = PublicKey.objects.current().filter(user=user).first()
    if key is None:
        raise NotFound("key_not_found", "This person has not put a key here yet.")
    return Response(PublicKeySerializer(key).data)
