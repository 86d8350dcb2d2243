import contextlib

from django.conf import settings
from django.db import connection
from django.utils.functional import SimpleLazyObject
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.authentication import AccountRequest, SessionTokenAuthentication
from accounts.cookies import expire_refresh_cookie, refresh_cookie, set_refresh_cookie
from accounts.invites import Invite
from accounts.known_clients import AccountLoginLimit, remember_success, set_known_cookie
from accounts.models import Session, User
from accounts.passwords import encode, fits
from accounts.serializers import (
    LoginSerializer,
    PasswordChangeSerializer,
    PasswordConfirmationSerializer,
    ProfileSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    RegistrationStateSerializer,
    RenewedTokensSerializer,
    TokensSerializer,
    UserSerializer,
)
from accounts.tokens import first_tokens, renewed_tokens, session_of_refresh_token
from vibechat.core.exceptions import Forbidden
from vibechat.core.limits import LimitedViewSet, limit
from vibechat.core.logs import security_event

NO_BODY = OpenApiResponse(description="No body.")
# An unknown address costs a log-in as much time as a wrong password.
NOBODYS_PASSWORD = SimpleLazyObject(lambda: encode("nobody's password"))


class AuthViewSet(LimitedViewSet):
    """The ways in and out: registration, log-in, refresh, log-out."""

    authentication_classes = []
    permission_classes = [AllowAny]
    limits = {
        "register": [limit("register", by="address")],
        "login": [limit("login", by="email+address"), limit("login", by="address"), AccountLoginLimit],
        "refresh": [limit("refresh", by="address")],
    }

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"  # a failed log-in is a 401, though nothing here authenticates a request by itself

    @extend_schema(request=RegistrationSerializer, responses={201: TokensSerializer}, auth=[])
    def register(self, request: Request) -> Response:
        invite_id = self.invite_of(request)
        data = valid(RegistrationSerializer, request)
        wants_cookie, _ = data.pop("refresh_cookie"), data.pop("invite")
        user = User.objects.create_user(**data, invite_id=invite_id)
        security_event("registration", user=user.pk, **({"invite": invite_id} if invite_id else {}))
        return signed_in(request, user, wants_cookie, status.HTTP_201_CREATED)

    def invite_of(self, request: Request) -> int | None:
        """Asked before all else: on a closed server a stranger learns nothing about addresses."""
        try:
            return Invite.objects.require(request.data.get("invite") if isinstance(request.data, dict) else None)
        except Forbidden:
            security_event("registration_refused", request=request)
            raise

    @extend_schema(responses=RegistrationStateSerializer, auth=[])
    def registration(self, request: Request) -> Response:
        return Response({"registration": settings.REGISTRATION})

    @extend_schema(request=LoginSerializer, responses=TokensSerializer, auth=[])
    def login(self, request: Request) -> Response:
        data = valid(LoginSerializer, request)
        user = User.objects.filter(email=data["email"]).first()
        release_connection()
        known = fits(data["password"], user.password if user else str(NOBODYS_PASSWORD))
        if not (user and known and user.is_active):
            security_event("login_refused", request=request)
            raise AuthenticationFailed("The address or the password is not right.", "wrong_credentials")
        security_event("login", user=user.pk)
        return signed_in(request, user, data["refresh_cookie"], status.HTTP_200_OK)

    @extend_schema(request=RefreshSerializer, responses=RenewedTokensSerializer, auth=[])
    def refresh(self, request: Request) -> Response:
        cookie = refresh_cookie(request)
        in_body = valid(RefreshSerializer, request).get("refresh")
        token = in_body or cookie
        if not token:
            raise NotAuthenticated("There is no refresh token in the body and no cookie.")
        tokens = renewed_tokens(token)
        if tokens is None:
            security_event("refresh_refused", request=request)
            raise AuthenticationFailed("This session is over. Log in again.", "session_over")
        return with_tokens(Response(tokens), tokens, into_cookie=not in_body)

    @extend_schema(request=None, responses={204: NO_BODY})
    def logout(self, request: Request) -> Response:
        session = self.session_of(request)
        if session is None:
            raise NotAuthenticated()
        session.end()
        security_event("logout", user=session.user_id)
        response = Response(status=status.HTTP_204_NO_CONTENT)
        if not self.is_cookie_of_another(request):
            expire_refresh_cookie(response)
        return response

    def is_cookie_of_another(self, request: Request) -> bool:
        """All tabs share it: in another one somebody else may have logged in since."""
        cookie = request.COOKIES.get(settings.REFRESH_COOKIE)
        return bool(cookie and session_of_refresh_token(cookie))

    def session_of(self, request: Request) -> Session | None:
        """By the access token where there is one that holds, else by the cookie."""
        if get_authorization_header(request):
            with contextlib.suppress(AuthenticationFailed):
                if found := SessionTokenAuthentication().authenticate(request):
                    return found[1]
        cookie = refresh_cookie(request)
        return session_of_refresh_token(cookie) if cookie else None


class MeViewSet(LimitedViewSet):
    limits = {
        "destroy": [limit("confirm", by="account")],
        "password": [limit("confirm", by="account")],
    }

    @extend_schema(responses=UserSerializer)
    def retrieve(self, request: AccountRequest) -> Response:
        return Response(UserSerializer(request.user).data)

    @extend_schema(request=ProfileSerializer, responses=UserSerializer)
    def partial_update(self, request: AccountRequest) -> Response:
        data = valid(ProfileSerializer, request)
        request.user.display_name = data.get("display_name", request.user.display_name)
        request.user.save(update_fields=["display_name", "updated_at"])
        return Response(UserSerializer(request.user).data)

    @extend_schema(request=PasswordConfirmationSerializer, responses={204: NO_BODY})
    def destroy(self, request: AccountRequest) -> Response:
        valid(PasswordConfirmationSerializer, request)
        security_event("account_deleted", user=request.user.pk)
        request.user.delete()
        response = Response(status=status.HTTP_204_NO_CONTENT)
        expire_refresh_cookie(response)
        return response

    @extend_schema(request=PasswordChangeSerializer, responses={204: NO_BODY})
    def password(self, request: AccountRequest) -> Response:
        data = valid(PasswordChangeSerializer, request)
        request.user.change_password(data["new_password"], keep=request.auth)
        security_event("password_changed", user=request.user.pk)
        response = Response(status=status.HTTP_204_NO_CONTENT)
        if request.COOKIES.get(settings.REFRESH_COOKIE):  # a browser, whose cookie was bound to the password of before
            set_known_cookie(response, request.user)
        return response


def release_connection() -> None:
    """Hashing a password takes long: meanwhile the connection serves others."""
    if not connection.in_atomic_block:
        connection.close()


def valid(serializer_class: type[Serializer], request: Request) -> dict:
    serializer = serializer_class(data=request.data, context={"user": request.user})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def signed_in(request: Request, user: User, wants_cookie: bool, status_code: int) -> Response:
    tokens = first_tokens(Session.objects.begin(user))
    response = Response({"user": UserSerializer(user).data, **tokens}, status=status_code)
    remember_success(request, user, response if wants_cookie else None)
    return with_tokens(response, tokens, into_cookie=wants_cookie)


def with_tokens(response: Response, tokens: dict[str, str], into_cookie: bool) -> Response:
    if into_cookie:
        set_refresh_cookie(response, tokens["refresh"])
        del response.data["refresh"]
    return response
