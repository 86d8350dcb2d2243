from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty

from accounts.fields import EmailField
from messaging.models import Message
from messaging.realtime.payloads import MESSAGE_FIELDS, message_json
from vibechat.core.fields import (
    Base64Field,
    FingerprintField,
    PatternField,
    StrictBooleanField,
    StrictIntegerField,
    TimeField,
)

CIPHERTEXT_BYTES = 64 * 1024
EPHEMERAL_BYTES = 2 * 1024
TAG_BYTES = 64
CLIENT_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
SEED_SUITE = 1
IDS_A_CALL = 500


class MessageSerializer(serializers.ModelSerializer):
    """The message object, the same for REST and for pushes."""

    files = serializers.ListField(child=PatternField(r"[0-9a-f]{32}"), read_only=True)
    stamp = serializers.CharField(
        required=False, help_text="Only of a message with a `tag`: base64 of 32 bytes, which a report gives."
    )

    class Meta:
        model = Message
        fields = [*MESSAGE_FIELDS, "stamp"]
        read_only_fields = fields

    def to_representation(self, message: Any) -> dict[str, Any]:
        return message_json(message)


def sent_to_oneself() -> ValidationError:
    return ValidationError([ErrorDetail("A message to yourself goes nowhere.", "yourself")])


class RecipientSerializer(serializers.Serializer):
    recipient_email = EmailField()

    def validate_recipient_email(self, email: str) -> str:
        if email == self.context.get("own_email"):
            raise sent_to_oneself()
        return email


class EphemeralSerializer(RecipientSerializer):
    """A frame that is pushed and not stored. The payload is opaque to the server."""

    payload = Base64Field(1, EPHEMERAL_BYTES)


class ClientIdField(PatternField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(CLIENT_ID, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return UUID(super().to_internal_value(data))


class FilesField(serializers.ListField):
    """Ids of files; stored as one text."""

    default_error_messages = {"repeated": "No file stands in a message twice."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=PatternField(r"[0-9a-f]{32}"), max_length=settings.FILES_PER_MESSAGE, **kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        return " ".join(super().run_validation(data) or ())

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        ids = super().to_internal_value(data)
        if len(set(ids)) < len(ids):
            self.fail("repeated")
        return ids


class SendSerializer(RecipientSerializer):
    """The envelope of a message. Each field is a column of the same name.
    The server checks the number of a suite; it knows no algorithms.
    """

    ciphertext = Base64Field(16, CIPHERTEXT_BYTES)
    nonce = Base64Field(12, 12, required=False, allow_null=True, default=None)
    salt = Base64Field(16, 32, required=False, allow_null=True, default=None)
    message_type = PatternField(r"[a-z][a-z0-9_-]{0,19}", default="text")
    suite = StrictIntegerField(min_value=1, max_value=32767, default=SEED_SUITE)
    client_id = ClientIdField(required=False, allow_null=True, default=None)
    sender_fingerprint = FingerprintField(required=False, allow_null=True, default=None)
    recipient_fingerprint = FingerprintField(required=False, allow_null=True, default=None)
    quiet = StrictBooleanField(default=False)
    delete_after = TimeField(required=False, allow_null=True, default=None)
    tag = Base64Field(1, TAG_BYTES, required=False, allow_null=True, default=None)
    files = FilesField(required=False, allow_null=True, default=())

    def validate(self, envelope: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in ("nonce", "salt") if envelope[name] is None]
        if envelope["suite"] == SEED_SUITE and missing:
            required = serializers.Field.default_error_messages["required"]
            raise serializers.ValidationError({name: ErrorDetail(str(required), "required") for name in missing})
        return envelope


SEND_SERIALIZER = SendSerializer()
SEND_FIELDS = SEND_SERIALIZER.fields


def validated_envelope(body: Any) -> dict:
    """The validated data of SendSerializer. Raises ValidationError.

    Running the fields directly takes a fifth of the time of `is_valid`, which is called only to report errors.
    """
    try:
        envelope = {name: field.run_validation(body.get(name, empty)) for name, field in SEND_FIELDS.items()}
        return SEND_SERIALIZER.validate(envelope)
    except (ValidationError, DjangoValidationError, AttributeError):
        serializer = SendSerializer(data=body)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class ReceiptsSerializer(serializers.Serializer):
    delivered = serializers.ListField(child=StrictIntegerField(), max_length=IDS_A_CALL, default=list)
    read = serializers.ListField(child=StrictIntegerField(), max_length=IDS_A_CALL, default=list)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Drops ids that no row can have: they would overflow the database's integers."""
        return {name: [number for number in ids if 0 < number < 2**63] for name, ids in data.items()}


# Response bodies of the other endpoints, for the OpenAPI document.


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
