from typing import Any

from accounts.display_names import MAX_LENGTH, clean_display_name
from accounts.emails import normalise_email
from vibechat.core.fields import StrictCharField


class EmailField(StrictCharField):
    """Takes any spelling of an address and returns its normal form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return normalise_email(super().to_internal_value(data))


class DisplayNameField(StrictCharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_LENGTH, allow_blank=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return clean_display_name(super().to_internal_value(data))


class PasswordField(StrictCharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1024, trim_whitespace=False, write_only=True, **kwargs)
