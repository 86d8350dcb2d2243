"""Access and refresh tokens: simplejwt signs and checks them, the session row says whether they still hold.

A refresh token names its session and its number in it, and nothing in it is random: the same spent token has the same
successor, however many ask for it at once. Its times are those of the session row, so they are the database's.
"""

from datetime import UTC, datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.conf import settings
from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.exceptions import TokenError

from accounts.models import Session


class ExpiryWithoutLeeway(simplejwt.Token):
    """SIMPLE_JWT["LEEWAY"] is for `iat` and `nbf`; the library grants it to `exp` as well."""

    def check_exp(self, claim: str = "exp", current_time: datetime | None = None) -> None:
        super().check_exp(claim, current_time)
        if self.payload[claim] <= (current_time or self.current_time).timestamp():
            raise TokenError("The token has expired.")


class AccessToken(ExpiryWithoutLeeway, simplejwt.AccessToken):
    pass


class RefreshToken(ExpiryWithoutLeeway, simplejwt.RefreshToken):  # type: ignore[misc]  # its own bases disagree
    pass


UNREADABLE = (TokenError, KeyError, TypeError, ValueError)  # ValueError: characters that no encoder takes


Token = TypeVar("Token", bound=simplejwt.Token)


def read(kind: type[Token], text: str) -> Token:
    """Raises one of UNREADABLE."""
    return kind(text)  # type: ignore[arg-type]  # the library's hint has forgotten that it takes a text


def access_token(session: Session, generation: int, issued_at: datetime) -> str:
    token = AccessToken()
    token.set_iat(at_time=issued_at)
    token.set_exp(from_time=issued_at, lifetime=settings.ACCESS_TOKEN_LIFETIME)
    return sign(token, session, generation)


def refresh_token(session: Session, generation: int, issued_at: datetime) -> str:
    token = RefreshToken()
    token.set_iat(at_time=issued_at)
    token.set_exp(from_time=issued_at, lifetime=settings.SESSION_LIFETIME)
    token["generation"] = generation
    return sign(token, session, generation)


def sign(token: simplejwt.Token, session: Session, generation: int) -> str:
    token["session"] = str(session.pk)
    token["jti"] = f"{session.pk}.{generation}"
    token["user_id"] = str(session.user_id)
    return str(token)


def first_tokens(session: Session) -> dict:
    return {
        "access": access_token(session, 0, session.created_at),
        "refresh": refresh_token(session, 0, session.created_at),
    }


def renewed_tokens(refresh: str) -> dict | None:
    """The successors of a refresh token, or None where it is not one, or its session is over."""
    try:
        token = read(RefreshToken, refresh)
        session_id, user_id, generation = UUID(str(token["session"])), int(token["user_id"]), token["generation"]
    except UNREADABLE:
        return None
    rotated = Session.rotate(session_id, user_id, generation)
    if rotated is None:
        return None
    session, spent = rotated
    return {
        "access": access_token(session, generation + 1, spent.spent_at),
        "refresh": refresh_token(session, generation + 1, spent.spent_at),
    }


class Claims(NamedTuple):
    session_id: UUID
    user_id: int
    expires_at: datetime


def claims_of_access_token(access: str) -> Claims | None:
    """What a rightly signed token that has not expired says; whether its session still holds is not asked."""
    try:
        token = read(AccessToken, access)
        return Claims(UUID(str(token["session"])), int(token["user_id"]), datetime.fromtimestamp(token["exp"], tz=UTC))
    except UNREADABLE:
        return None


def session_of_access_token(access: str) -> tuple[Session, datetime] | None:
    """The live session that an access token carries, and when the token expires; one query. None where it is over."""
    claims = claims_of_access_token(access)
    if claims is None:
        return None
    live = Session.objects.live().select_related("user")
    session = live.filter(pk=claims.session_id, user_id=claims.user_id).first()
    return (session, claims.expires_at) if session else None


def session_of_refresh_token(refresh: str) -> Session | None:
    """The session of a refresh token, spent or not: enough to log out, and for nothing else."""
    try:
        token = read(RefreshToken, refresh)
        session_id, user_id = UUID(str(token["session"])), int(token["user_id"])
    except UNREADABLE:
        return None
    return Session.objects.filter(pk=session_id, user_id=user_id, revoked_at=None).first()
