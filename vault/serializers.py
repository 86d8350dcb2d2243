import base64
from typing import Any

from rest_framework import serializers

from accounts.fields import DisplayNameField
from vault.formats import (
    BOX_BYTES,
    LEAST_BLOB_BYTES,
    LEAST_LIST_BYTES,
    LEAST_SEGMENT_BYTES,
    MOST_LIST_BYTES,
    MOST_SEGMENT_BYTES,
    SIGNATURE_BYTES,
    MalformedList,
    SignedList,
    Way,
    is_blob,
    is_segment,
    vault_hash,
)
from vault.models import Write, encoded
from vault.streams import Stream
from vibechat.core.exceptions import TooLarge
from vibechat.core.fields import Base64Field, PatternField, StrictBooleanField, StrictIntegerField

BLOB_BYTES = 1024 * 1024
MOST_WAYS = 40
MESSAGE_BYTES = 4096  # of a step of an invitation
LARGEST_UINT32 = 2**32 - 1
WAY_KINDS = ("code", "passkey", "browser")


class BytesField(Base64Field):
    """A Base64Field whose value is the bytes."""

    def to_internal_value(self, data: Any) -> Any:
        return base64.b64decode(super().to_internal_value(data))

    def to_representation(self, value: Any) -> str:
        return encoded(bytes(value))


class LargeBytesField(BytesField):
    """One byte too many is 413 `too_large`, as for a whole body."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and len(data) * 3 // 4 - data[-2:].count("=") > self.most:
            raise TooLarge()
        return super().to_internal_value(data)


class HashField(PatternField):
    """32 bytes, written as 64 lower-case hexadecimal digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"[0-9a-f]{64}", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return bytes.fromhex(super().to_internal_value(data))

    def to_representation(self, value: Any) -> str:
        return bytes(value).hex()


class BrowserIdField(PatternField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"[0-9a-f]{32}", **kwargs)


class Uint32Field(StrictIntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_UINT32, **kwargs)


class SignedListField(BytesField):
    default_error_messages = {"invalid_list": "This is not a signed list of browsers."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LEAST_LIST_BYTES, MOST_LIST_BYTES, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        try:
            return SignedList.read(super().to_internal_value(data))
        except MalformedList:
            self.fail("invalid_list")

    def to_representation(self, value: Any) -> str:
        return encoded(value.raw)


class WaySerializer(serializers.Serializer):
    id = BrowserIdField()
    kind = PatternField("|".join(WAY_KINDS))
    box = BytesField(BOX_BYTES, BOX_BYTES)


class VaultWriteSerializer(serializers.Serializer):
    version = Uint32Field()
    generation = Uint32Field()
    blob = LargeBytesField(LEAST_BLOB_BYTES, BLOB_BYTES)
    hash = HashField()
    previous = HashField()
    browser = BrowserIdField()
    signature = BytesField(SIGNATURE_BYTES, SIGNATURE_BYTES)
    ways = serializers.ListField(child=WaySerializer(), max_length=MOST_WAYS)
    browsers = SignedListField(required=False)

    def validate_ways(self, ways: list[dict[str, Any]]) -> list[Way]:
        if len({way["id"] for way in ways}) < len(ways):
            raise serializers.ValidationError("A way stands here twice.", code="repeated")
        return [Way(**way) for way in ways]

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if not is_blob(data["blob"], data["generation"], data["version"]):
            raise serializers.ValidationError({"blob": "This is no blob of this version."}, code="invalid_blob")
        hashed = vault_hash(self.context["user"], *(data[name] for name in ("blob", "ways", "browser", "previous")))
        if data["hash"] != hashed:
            raise serializers.ValidationError({"hash": "This is the hash of something else."}, code="wrong_hash")
        return data

    def write(self) -> Write:
        return Write(**self.validated_data)


class VaultVersionSerializer(serializers.Serializer):
    version = serializers.IntegerField()
    hash = HashField()
    created_at = serializers.DateTimeField()


class VaultVersionsSerializer(serializers.Serializer):
    results = VaultVersionSerializer(many=True)


class VaultSerializer(serializers.Serializer):
    version = serializers.IntegerField()
    generation = serializers.IntegerField()
    blob = BytesField(LEAST_BLOB_BYTES, BLOB_BYTES)
    hash = HashField()
    previous = HashField()
    browser = BrowserIdField()
    signature = BytesField(SIGNATURE_BYTES, SIGNATURE_BYTES)
    ways = WaySerializer(many=True)
    created_at = serializers.DateTimeField()


class BrowsersUploadSerializer(serializers.Serializer):
    browsers = SignedListField()


class BrowserHereSerializer(serializers.Serializer):
    browser = BrowserIdField()


class BrowserSerializer(serializers.Serializer):
    id = serializers.CharField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    is_current = serializers.BooleanField()


class BrowsersSerializer(serializers.Serializer):
    browsers = SignedListField(allow_null=True)
    version = serializers.IntegerField(help_text="0 without a list")
    results = BrowserSerializer(many=True)


class BrowsersOfSerializer(serializers.Serializer):
    email = serializers.CharField()
    browsers = SignedListField()
    version = serializers.IntegerField()


# --- invitations -----------------------------------------------------------------------------------------------------


class InvitationSerializer(serializers.Serializer):
    route = BrowserIdField()


class InvitationMessageSerializer(serializers.Serializer):
    message = Base64Field(1, MESSAGE_BYTES)


class InvitationStateSerializer(serializers.Serializer):
    offer = serializers.CharField(required=False)
    answer = serializers.CharField(required=False)
    reveal = serializers.CharField(required=False)
    details = serializers.CharField(required=False)
    grant = serializers.CharField(required=False)
    expires_at = serializers.DateTimeField()


# --- passkeys --------------------------------------------------------------------------------------------------------


class CredentialField(serializers.DictField):
    """A PublicKeyCredential as JSON. It must not hold results of the PRF extension, which the way back is made of."""

    default_error_messages = {
        "prf_results": "Take clientExtensionResults.prf.results out: they are for the browser alone."
    }

    def to_internal_value(self, data: Any) -> Any:
        credential = super().to_internal_value(data)
        results = credential.get("clientExtensionResults")
        prf = results.get("prf") if isinstance(results, dict) else None
        if isinstance(prf, dict) and prf.get("results"):
            self.fail("prf_results")
        return credential


class PasskeyAddSerializer(serializers.Serializer):
    credential = CredentialField()
    name = DisplayNameField()


class PasskeyLoginSerializer(serializers.Serializer):
    credential = CredentialField()
    refresh_cookie = StrictBooleanField(default=False)


class PasskeySerializer(serializers.Serializer):
    id = serializers.IntegerField()
    credential_id = serializers.CharField(source="credential")
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class PasskeysSerializer(serializers.Serializer):
    results = PasskeySerializer(many=True)


# --- streams ---------------------------------------------------------------------------------------------------------


class SegmentWriteSerializer(serializers.Serializer):
    """`context` has the kind of the stream."""

    blob = LargeBytesField(LEAST_SEGMENT_BYTES, MOST_SEGMENT_BYTES)
    by = BrowserIdField()
    revision = Uint32Field()
    signature = BytesField(SIGNATURE_BYTES, SIGNATURE_BYTES)

    def validate_blob(self, blob: bytes) -> bytes:
        if not is_segment(blob, self.context["kind"]):
            raise serializers.ValidationError("This is no segment of such a stream.", code="invalid_blob")
        return blob


class SegmentSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    blob = BytesField(LEAST_SEGMENT_BYTES, MOST_SEGMENT_BYTES)
    hash = HashField()


class SegmentsSerializer(serializers.Serializer):
    results = SegmentSerializer(many=True)


class StreamSerializer(serializers.Serializer):
    browser = serializers.CharField()
    kind = serializers.CharField()
    count = serializers.SerializerMethodField()
    revision = serializers.IntegerField()
    by = serializers.CharField()
    signature = BytesField(SIGNATURE_BYTES, SIGNATURE_BYTES)
    hashes = serializers.SerializerMethodField()

    def get_count(self, stream: Stream) -> int:
        return len(stream.segments.all())

    def get_hashes(self, stream: Stream) -> list[str]:
        return [bytes(segment.hash).hex() for segment in stream.segments.all()]


class StreamsSerializer(serializers.Serializer):
    results = StreamSerializer(many=True)
