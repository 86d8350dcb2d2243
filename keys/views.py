import base64

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.response import Response

from accounts.authentication import AccountRequest
from accounts.lookup import person_with
from accounts.models import User
from keys import proof
from keys.models import PublicKey, key_state_of
from keys.serializers import ChallengeSerializer, PublicKeySerializer, UploadSerializer
from vibechat.core.exceptions import NotFound
from vibechat.core.limits import LimitedViewSet, limit
from vibechat.core.logs import security_event


class KeyViewSet(LimitedViewSet):
    limits = {
        "challenge": [limit("key_challenge", by="account")],
        "upload": [limit("key_upload", by="account")],
        "by_email": [limit("key_lookup", by="account")],
    }

    @extend_schema(request=None, responses=ChallengeSerializer)
    def challenge(self, request: AccountRequest) -> Response:
        """A challenge for the `proof` of an upload. It expires after ten minutes or with the account's next upload."""
        current = PublicKey.objects.current().filter(user=request.user).first()
        challenge = proof.new_challenge(request.user.pk, key_state_of(current))
        server_key = base64.b64encode(proof.server_key(challenge)).decode()
        return Response({"challenge": challenge, "server_key": server_key})

    @extend_schema(request=UploadSerializer, responses={200: PublicKeySerializer, 201: PublicKeySerializer})
    def upload(self, request: AccountRequest) -> Response:
        serializer = UploadSerializer(data=request.data, context={"user": request.user})
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        key, is_new = PublicKey.objects.upload(request.user, data.pop("public_key"), **data)
        if is_new:
            security_event("key_uploaded", user=request.user.pk, fingerprint=key.fingerprint)
        return Response(PublicKeySerializer(key).data, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(responses=PublicKeySerializer)
    def me(self, request: AccountRequest) -> Response:
        return current_key(request.user)

    @extend_schema(responses=PublicKeySerializer)
    def by_email(self, request: AccountRequest, email: str) -> Response:
        return current_key(person_with(email))


def current_key(user: User) -> Response:
    key = PublicKey.objects.current().filter(user=user).first()
    if key is None:
        raise NotFound("key_not_found", "This person has not put a key here yet.")
    return Response(PublicKeySerializer(key).data)
