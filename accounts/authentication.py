from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Session, User
from accounts.tokens import session_of_access_token


def bearer_token(authorization: bytes) -> str | None:
    """The token in an Authorization header, or None if its scheme is not Bearer."""
    scheme, _, token = authorization.partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else None


def token_not_valid() -> AuthenticationFailed:
    error = AuthenticationFailed("The access token is not valid, or its session is over.", "token_not_valid")
    error.auth_header = "Bearer"  # type: ignore[attr-defined]  # REST framework sets it the same way
    return error


class AccountRequest(Request):
    """The type of an authenticated request, for annotations."""

    user: User
    auth: Session


class SessionTokenAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer <access JWT>`. Sets request.user to the account and request.auth to the session."""

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        token = bearer_token(get_authorization_header(request))
        if token is None:
            return None
        found = session_of_access_token(token)
        if found is None:
            raise token_not_valid()
        session, _expires_at = found
        return session.user, session
