import base64
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from accounts.fields import EmailField
from files.models import LEAST_BYTES, PART_BYTES, File
from vibechat.core.fields import StrictIntegerField

LARGEST_SIZE = 2**53 - 1


class NewFileSerializer(serializers.Serializer):
    recipient_email = EmailField()
    size = StrictIntegerField(min_value=LEAST_BYTES, max_value=LARGEST_SIZE, help_text="Of the sealed file, in bytes.")

    def validate_recipient_email(self, email: str) -> str:
        if email == self.context.get("own_email"):
            raise ValidationError([ErrorDetail("A file to yourself goes nowhere.", "yourself")])
        return email


class FileSerializer(serializers.Serializer):
    id = serializers.CharField(help_text="32 lower-case hexadecimal digits.")
    size = serializers.IntegerField()
    part_size = serializers.SerializerMethodField()
    part_count = serializers.IntegerField()
    is_complete = serializers.SerializerMethodField()

    def get_part_size(self, file: File) -> int:
        return PART_BYTES

    def get_is_complete(self, file: File) -> bool:
        return file.completed_at is not None


class PartSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    sha256 = serializers.SerializerMethodField()

    def get_sha256(self, part: Any) -> str:
        return base64.b64encode(bytes(part.digest)).decode()


class PartsSerializer(FileSerializer):
    parts = serializers.SerializerMethodField()

    def get_parts(self, file: File) -> list[dict[str, Any]]:
        return list(PartSerializer(file.parts.order_by("number"), many=True).data)
