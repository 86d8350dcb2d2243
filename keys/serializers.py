import base64

from rest_framework import serializers

from keys.models import PublicKey
from keys.points import SPKI_BYTES, is_p256_public_key
from vibechat.fields import Base64Field, FingerprintField


class PublicKeySerializer(serializers.ModelSerializer):
    public_key = serializers.CharField(read_only=True, help_text="base64 of the 91-byte SubjectPublicKeyInfo DER")

    class Meta:
        model = PublicKey
        fields = [
            "email",
            "public_key",
            "fingerprint",
            "algorithm",
            "identity_key",
            "identity_signature",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class UploadSerializer(serializers.Serializer):
    public_key = Base64Field(1, 4 * SPKI_BYTES)
    replaces = FingerprintField(required=False, allow_null=True)
    identity_key = Base64Field(1, 256, required=False, allow_null=True)
    identity_signature = Base64Field(1, 512, required=False, allow_null=True)

    def validate_public_key(self, text):
        spki = base64.b64decode(text)
        if not is_p256_public_key(spki):
            raise serializers.ValidationError("This is not an uncompressed P-256 public key.", code="invalid_key")
        return spki
