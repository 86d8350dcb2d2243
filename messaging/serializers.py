from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.fields import EmailField
from messaging.models import Message
from messaging.realtime.payloads import message_json
from vibechat.core.fields import Base64Field, FingerprintField, PatternField, StrictIntegerField

CIPHERTEXT_BYTES = 64 * 1024
EPHEMERAL_BYTES = 2 * 1024
CLIENT_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
SEED_SUITE = 1
IDS_A_CALL = 500


class MessageSerializer(serializers.ModelSerializer):
    """The message object, the same for REST and for pushes."""

    class Meta:
        model = Message
        fields = [
            "id",
            "client_id",
            "sender_email",
            "recipient_email",
            "ciphertext",
            "nonce",
            "salt",
            "message_type",
            "suite",
            "sender_fingerprint",
            "recipient_fingerprint",
            "created_at",
            "delivered_at",
            "read_at",
        ]
        read_only_fields = fields

    def to_representation(self, message):
        return message_json(message)


class RecipientSerializer(serializers.Serializer):
    recipient_email = EmailField()

    def validate_recipient_email(self, email):
        if email == self.context.get("own_email"):
            raise serializers.ValidationError("A message to yourself goes nowhere.", code="yourself")
        return email


class EphemeralSerializer(RecipientSerializer):
    """What is handed on to a socket and stored nowhere. The payload is opaque to the server."""

    payload = Base64Field(1, EPHEMERAL_BYTES)


class SendSerializer(RecipientSerializer):
    """What may be sent, by either door. The server knows numbers of suites, not algorithms."""

    ciphertext = Base64Field(16, CIPHERTEXT_BYTES)
    nonce = Base64Field(12, 12, required=False, allow_null=True, default=None)
    salt = Base64Field(16, 32, required=False, allow_null=True, default=None)
    message_type = PatternField(r"[a-z][a-z0-9_-]{0,19}", default="text")
    suite = StrictIntegerField(min_value=1, max_value=32767, default=SEED_SUITE)
    client_id = PatternField(CLIENT_ID, required=False, allow_null=True, default=None)
    sender_fingerprint = FingerprintField(required=False, allow_null=True, default=None)
    recipient_fingerprint = FingerprintField(required=False, allow_null=True, default=None)

    def validate_client_id(self, text):
        return text and UUID(text)

    def validate(self, envelope):
        missing = [name for name in ("nonce", "salt") if envelope[name] is None]
        if envelope["suite"] == SEED_SUITE and missing:
            required = serializers.Field.default_error_messages["required"]
            raise serializers.ValidationError({name: ErrorDetail(required, "required") for name in missing})
        return envelope


class ReceiptsSerializer(serializers.Serializer):
    delivered = serializers.ListField(child=StrictIntegerField(), max_length=IDS_A_CALL, default=list)
    read = serializers.ListField(child=StrictIntegerField(), max_length=IDS_A_CALL, default=list)

    def validate(self, data):
        """Ids that no row can have change nothing, and must not reach the database's integers."""
        return {name: [number for number in ids if 0 < number < 2**63] for name, ids in data.items()}


# What the remaining calls answer, for the API's description.


class MessagePageSerializer(serializers.Serializer):
    results = MessageSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ConversationSerializer(serializers.Serializer):
    email = serializers.EmailField()
    display_name = serializers.CharField(allow_blank=True)
    last_message = MessageSerializer()
    unread = serializers.IntegerField()


class ConversationsSerializer(serializers.Serializer):
    results = ConversationSerializer(many=True)
    sequence = serializers.IntegerField()


class SyncSerializer(serializers.Serializer):
    events = serializers.ListField(child=serializers.DictField())
    cursor = serializers.IntegerField()
    more = serializers.BooleanField()


class UpdatedSerializer(serializers.Serializer):
    updated = serializers.IntegerField()


class ClearedSerializer(serializers.Serializer):
    cleared = serializers.IntegerField()


class OwnDataKindSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    reason = serializers.CharField(help_text="Why the server has it.")
    count = serializers.IntegerField(allow_null=True, help_text="Of all rows; null on a page further on.")
    results = serializers.ListField(child=serializers.DictField())
    next = serializers.URLField(allow_null=True)


class OwnDataElsewhereSerializer(serializers.Serializer):
    place = serializers.CharField()
    kept = serializers.CharField()
    reason = serializers.CharField()


class OwnDataSerializer(serializers.Serializer):
    kinds = OwnDataKindSerializer(many=True)
    elsewhere = OwnDataElsewhereSerializer(many=True)
