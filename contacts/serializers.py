from rest_framework import serializers

from accounts.fields import EmailField
from contacts.models import Block, Contact


class ContactSerializer(serializers.ModelSerializer):
    email = serializers.EmailField(source="contact.email", read_only=True)
    display_name = serializers.CharField(source="contact.display_name", read_only=True)

    class Meta:
        model = Contact
        fields = ["id", "email", "display_name", "created_at"]
        read_only_fields = fields


class ContactListSerializer(serializers.Serializer):
    results = ContactSerializer(many=True)


class BlockSerializer(serializers.ModelSerializer):
    email = serializers.EmailField(source="blocked.email", read_only=True)
    display_name = serializers.CharField(source="blocked.display_name", read_only=True)

    class Meta:
        model = Block
        fields = ["id", "email", "display_name", "created_at"]
        read_only_fields = fields


class BlockListSerializer(serializers.Serializer):
    results = BlockSerializer(many=True)


class AddContactSerializer(serializers.Serializer):
    email = EmailField()

    def validate_email(self, email: str) -> str:
        if email == self.context["user"].email:
            raise serializers.ValidationError("This is your own address.", code="yourself")
        return email
