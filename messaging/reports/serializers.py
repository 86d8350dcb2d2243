import base64

from rest_framework import serializers

from accounts.fields import EmailField
from messaging.reports.report import MOST_STEPS, OVERHEAD, SEALED_STEP, Report
from vibechat.core.fields import Base64Field


class ReportKeySerializer(serializers.Serializer):
    key = serializers.CharField(
        allow_null=True, help_text="Base64 of 65 bytes; null: the operators take no reports through this server."
    )


class SendReportSerializer(serializers.Serializer):
    reported_email = EmailField()
    key = Base64Field(65, 65)
    sealed = Base64Field(SEALED_STEP + OVERHEAD, MOST_STEPS * SEALED_STEP + OVERHEAD)

    def validate_reported_email(self, email: str) -> str:
        if email == self.context["user"].email:
            raise serializers.ValidationError("This is your own address.", code="yourself")
        return email

    def validate_sealed(self, text: str) -> str:
        if (len(base64.b64decode(text)) - OVERHEAD) % SEALED_STEP:
            raise serializers.ValidationError("A report has a multiple of 4096 bytes.", code="invalid_length")
        return text


class ReportSerializer(serializers.ModelSerializer):
    class Meta:
        model = Report
        fields = ["id", "reported_email", "created_at"]
        read_only_fields = fields
