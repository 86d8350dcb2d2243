from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import Session, User
from accounts.tokens import session_of_access_token


def bearer_token(authorization: bytes) -> str | None:
    """The token of an Authorization header; None for another scheme."""
    scheme, _, token = authorization.partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else None


def token_not_valid() -> AuthenticationFailed:
    error = AuthenticationFailed("The access token is not valid, or its session is over.", "token_not_valid")
    error.auth_header = "Bearer"  # type: ignore[attr-defined]  # as REST framework sets it
    return error


class AccountRequest(Request):
    """A request that reached a view for people who are logged in."""

    user: User
    auth: Session


class SessionTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access JWT>`; request.user is its person, request.auth its session."""

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
