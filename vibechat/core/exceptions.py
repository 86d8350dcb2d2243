"""Refusals with a stable code. Models raise them; REST and the socket answer them in the same way."""

from rest_framework import exceptions, status

RETRY_AFTER_SECONDS = 2


class Refusal(exceptions.APIException):
    status_code: int = status.HTTP_400_BAD_REQUEST
    default_code = "invalid"
    facts: dict[str, int] = {}  # additional members of the body

    def __init__(self, code: str | None = None, detail: str | None = None) -> None:
        super().__init__(detail or self.default_detail, code or self.default_code)


class Conflict(Refusal):
    status_code = status.HTTP_409_CONFLICT


class NotFound(Refusal):
    status_code = status.HTTP_404_NOT_FOUND
    default_code = "not_found"
    default_detail = "Nothing here."


class UserNotFound(NotFound):
    default_code = "user_not_found"
    default_detail = "Nobody on this server has that address."


class Forbidden(Refusal):
    status_code = status.HTTP_403_FORBIDDEN
    default_code = "forbidden"


class TooLarge(Refusal):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The body is too large."


class Unavailable(Refusal):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "The database is away. Try again in a moment."
    wait = RETRY_AFTER_SECONDS
