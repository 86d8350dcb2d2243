from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from rest_framework import serializers

from accounts.fields import DisplayNameField, EmailField, PasswordField
from accounts.models import User
from vibechat.core.fields import StrictBooleanField, StrictCharField


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "email", "display_name", "created_at"]
        read_only_fields = fields


class TokensSerializer(serializers.Serializer):
    """What log-in answers; `refresh` is absent where it went into the cookie."""

    user = UserSerializer()
    access = serializers.CharField()
    refresh = serializers.CharField(required=False)


class RenewedTokensSerializer(serializers.Serializer):
    access = serializers.CharField()
    refresh = serializers.CharField(required=False)


class LoginSerializer(serializers.Serializer):
    email = EmailField()
    password = PasswordField()
    refresh_cookie = StrictBooleanField(default=False)


class RegistrationSerializer(LoginSerializer):
    display_name = DisplayNameField(default="")
    invite = StrictCharField(default=None, allow_null=True, max_length=200, help_text="Where registration is closed.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        refuse_weak_password(data["password"], User(email=data["email"], display_name=data["display_name"]), "password")
        return data


class RegistrationStateSerializer(serializers.Serializer):
    registration = serializers.ChoiceField(["open", "closed"])


class RefreshSerializer(serializers.Serializer):
    refresh = StrictCharField(required=False, max_length=4096)


class ProfileSerializer(serializers.Serializer):
    display_name = DisplayNameField(required=False)


class ProofStateSerializer(serializers.Serializer):
    is_proven = serializers.BooleanField()


class PasswordConfirmationSerializer(serializers.Serializer):
    password = PasswordField()

    def validate_password(self, password: str) -> str:
        return check_password(self.context["user"], password)


class PasswordChangeSerializer(serializers.Serializer):
    current_password = PasswordField()
    new_password = PasswordField()

    def validate_current_password(self, password: str) -> str:
        return check_password(self.context["user"], password)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        refuse_weak_password(data["new_password"], self.context["user"], "new_password")
        return data


class ResetStateSerializer(serializers.Serializer):
    mail = serializers.BooleanField(help_text="Whether this server sends links by email.")


class ResetLinkSerializer(serializers.Serializer):
    email = EmailField()


class PasswordResetSerializer(serializers.Serializer):
    token = StrictCharField(max_length=200, help_text="What follows `#link=` in the link.")
    new_password = PasswordField()
    remove_passkeys = serializers.BooleanField(default=False, help_text="Whether no passkey logs in any more.")


def check_password(user: User, password: str) -> str:
    if not user.check_password(password):
        raise serializers.ValidationError("This is not your password.", code="wrong_password")
    return password


def refuse_weak_password(password: str, user: User, field: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise serializers.ValidationError(
            {field: serializers.as_serializer_error(error)["non_field_errors"]}
        ) from error
