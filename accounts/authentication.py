from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts.tokens import session_of_access_token


class SessionTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access JWT>`; request.user is its person, request.auth its session."""

    def authenticate_header(self, request):
        return "Bearer"

    def authenticate(self, request):
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        found = session_of_access_token(token.strip().decode("latin-1"))
        if found is None:
            raise AuthenticationFailed("The access token is not valid, or its session is over.", "token_not_valid")
        session, _expires_at = found
        return session.user, session
