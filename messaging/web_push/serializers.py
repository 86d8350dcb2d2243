import base64

from cryptography.hazmat.primitives.asymmetric import ec
from rest_framework import serializers

from messaging.pagination import LARGEST_ID
from messaging.web_push.subscriptions import ENDPOINT, PushSubscription, host_of, is_push_service
from vibechat.core.fields import Base64Field, PatternField, StrictCharField, StrictIntegerField


class SubscribeSerializer(serializers.Serializer):
    """The members of a browser's PushSubscription, the bytes in standard base64."""

    endpoint = PatternField(ENDPOINT)
    p256dh = Base64Field(65, 65)
    auth = Base64Field(16, 16)

    def validate_endpoint(self, endpoint: str) -> str:
        if not is_push_service(host_of(endpoint)):
            raise serializers.ValidationError("This server sends nothing to that host.", code="unknown_push_host")
        return endpoint

    def validate_p256dh(self, text: str) -> str:
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), base64.b64decode(text))
        except ValueError as error:
            raise serializers.ValidationError("This is no point on P-256.", code="invalid_key") from error
        return text


class TokenSerializer(serializers.Serializer):
    token = StrictCharField(max_length=300)


class NewsSerializer(TokenSerializer):
    after = StrictIntegerField(min_value=0, max_value=LARGEST_ID)


class MoveSerializer(TokenSerializer, SubscribeSerializer):
    pass


class SenderSerializer(serializers.Serializer):
    email = serializers.EmailField()
    sequence = serializers.IntegerField(help_text="Of the newest unread message, in the person's mailbox.")


class SendersSerializer(serializers.Serializer):
    results = SenderSerializer(many=True, help_text="The newest first; at most 20.")


class PushSubscriptionSerializer(serializers.ModelSerializer):
    class Meta:
        model = PushSubscription
        fields = ["id", "endpoint", "created_at"]
        read_only_fields = fields


class SubscribedSerializer(PushSubscriptionSerializer):
    token = serializers.CharField(help_text="For `news` and `moved`, which a browser calls with no page open.")

    class Meta(PushSubscriptionSerializer.Meta):
        fields = [*PushSubscriptionSerializer.Meta.fields, "token"]
        read_only_fields = fields


class PushStateSerializer(serializers.Serializer):
    key = serializers.CharField(help_text="The applicationServerKey: base64 of 65 bytes.")
    results = PushSubscriptionSerializer(many=True)
