import base64
from typing import Any

from rest_framework import serializers

from keys import proof
from keys.models import PublicKey
from keys.public_key_encoding import SPKI_BYTES, is_p256_public_key
from vibechat.core.fields import Base64Field, FingerprintField, StrictCharField


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


class ProofSerializer(serializers.Serializer):
    challenge = StrictCharField(max_length=500, trim_whitespace=False)
    mac = Base64Field(32, 32)


class ChallengeSerializer(serializers.Serializer):
    challenge = serializers.CharField()
    server_key = serializers.CharField(help_text="base64 of the 91-byte SubjectPublicKeyInfo DER")


class UploadSerializer(serializers.Serializer):
    # validate() replaces `proof` by `proven_state`, the key state in its challenge.
    public_key = Base64Field(1, 4 * SPKI_BYTES)
    replaces = FingerprintField(required=False, allow_null=True)
    identity_key = Base64Field(1, 256, required=False, allow_null=True)
    identity_signature = Base64Field(1, 512, required=False, allow_null=True)
    proof = ProofSerializer(required=False, allow_null=True)

    def validate_public_key(self, text: str) -> bytes:
        spki = base64.b64decode(text)
        if not is_p256_public_key(spki):
            raise serializers.ValidationError("This is not an uncompressed P-256 public key.", code="invalid_key")
        return spki

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        given = data.pop("proof", None)
        if given is not None:
            data["proven_state"] = self.proven_state(given, data)
        return data

    def proven_state(self, given: Any, data: dict[str, Any]) -> str:
        user = self.context["user"]
        state = proof.key_state_in(given["challenge"], user.pk)
        identity = [base64.b64decode(data.get(name) or "") for name in ("identity_key", "identity_signature")]
        mac = base64.b64decode(given["mac"])
        if state is None or not proof.is_valid(given["challenge"], mac, user.email, data["public_key"], *identity):
            raise serializers.ValidationError({"proof": "This does not prove the key."}, code="invalid_proof")
        return state
