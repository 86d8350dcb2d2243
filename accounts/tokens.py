"""Access and refresh tokens. simplejwt signs and verifies them; the session row decides whether they are still valid.

A refresh token names its session and its generation and has no random part, so concurrent requests with one token get
the same successor. Its times come from the session row and hence from the clock of the database.
"""

import hashlib
from collections import OrderedDict
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.exceptions import TokenError

from accounts.models import Session


class ExpiryWithoutLeeway(simplejwt.Token):
    """Applies SIMPLE_JWT["LEEWAY"] to `iat` and `nbf` only. The library applies it to `exp` as well."""

    def check_exp(self, claim: str = "exp", current_time: datetime | None = None) -> None:
        super().check_exp(claim, current_time)
        if self.payload[claim] <= (current_time or self.current_time).timestamp():
            raise TokenError("The token has expired.")


class AccessToken(ExpiryWithoutLeeway, simplejwt.AccessToken):
    pass


class RefreshToken(ExpiryWithoutLeeway, simplejwt.RefreshToken):  # type: ignore[misc]  # the library's own bases disagree
    pass


MALFORMED_TOKEN = (TokenError, KeyError, TypeError, ValueError)  # ValueError: characters that cannot be encoded

Token = TypeVar("Token", bound=simplejwt.Token)


def read(kind: type[Token], text: str) -> Token:
    """Raises one of MALFORMED_TOKEN."""
    return kind(text)  # type: ignore[arg-type]  # the library's hint is wrong: it takes a str


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
    """The tokens that follow a refresh token, or None if it is not valid or its session is over."""
    try:
        token = read(RefreshToken, refresh)
        session_id, user_id, generation = UUID(str(token["session"])), int(token["user_id"]), token["generation"]
    except MALFORMED_TOKEN:
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


MOST_VERIFIED = 4096
verified: OrderedDict[bytes, Claims] = OrderedDict()  # by digest of the access token, the oldest first


def claims_of_access_token(access: str) -> Claims | None:
    """Check the signature, once for each token, and the expiry, and not the session."""
    digest = hashlib.sha256(access.encode("utf-8", "surrogatepass")).digest()
    claims = verified.get(digest) or verify(access)
    if claims is None or claims.expires_at <= timezone.now():
        return None
    verified[digest] = claims
    if len(verified) > MOST_VERIFIED:
        verified.popitem(last=False)
    return claims


def verify(access: str) -> Claims | None:
    try:
        token = read(AccessToken, access)
        return Claims(UUID(str(token["session"])), int(token["user_id"]), datetime.fromtimestamp(token["exp"], tz=UTC))
    except MALFORMED_TOKEN:
        return None


def session_of_access_token(access: str) -> tuple[Session, datetime] | None:
    """(session, expiry of the token) in one query, or None if the token is not valid or its session is over."""
    claims = claims_of_access_token(access)
    if claims is None:
        return None
    live = Session.objects.live().select_related("user")
    session = live.filter(pk=claims.session_id, user_id=claims.user_id).first()
    return (session, claims.expires_at) if session else None


def session_of_refresh_token(refresh: str) -> Session | None:
    """The session of a refresh token, which may be spent. Use it for log-out only."""
    try:
        token = read(RefreshToken, refresh)
        session_id, user_id = UUID(str(token["session"])), int(token["user_id"])
    except MALFORMED_TOKEN:
        return None
    return Session.objects.filter(pk=session_id, user_id=user_id, revoked_at=None).first()
