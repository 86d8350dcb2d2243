import contextlib

from django.conf import settings
from django.db import connection
from django.utils.functional import SimpleLazyObject
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.authentication import AccountRequest, SessionTokenAuthentication
from accounts.cookies import (
    expire_refresh_cookie,
    own_origin,
    refresh_cookie,
    refuse_foreign_cookie,
    set_refresh_cookie,
)
from accounts.invites import Invite
from accounts.known_clients import (
    AccountLoginLimit,
    AccountResetLimit,
    expire_known_cookie,
    remember_success,
    set_known_cookie,
)
from accounts.models import Session, User
from accounts.passwords import hash_password, matches_hash
from accounts.reset_links import reset_mail, user_of
from accounts.serializers import (
    LoginSerializer,
    PasswordChangeSerializer,
    PasswordConfirmationSerializer,
    PasswordResetSerializer,
    ProfileSerializer,
    ProofStateSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    RegistrationStateSerializer,
    RenewedTokensSerializer,
    ResetLinkSerializer,
    ResetStateSerializer,
    TokensSerializer,
    UserSerializer,
    refuse_weak_password,
)
from accounts.tokens import first_tokens, renewed_tokens, session_of_refresh_token
from vibechat.core.exceptions import Conflict, Forbidden
from vibechat.core.limits import LimitedViewSet, limit
from vibechat.core.logs import security_event
from vibechat.core.mail import send_later

NO_BODY = OpenApiResponse(description="No body.")
# A log-in with an unknown address hashes as well, so that it takes as long as one with a wrong password.
DUMMY_PASSWORD_HASH = SimpleLazyObject(lambda: hash_password("no account has this hash"))


class AuthViewSet(LimitedViewSet):
    """Registration, log-in, refresh and log-out."""

    authentication_classes = []
    permission_classes = [AllowAny]
    limits = {
        "register": [limit("register", by="address")],
        "login": [limit("login", by="email+address"), limit("login", by="address"), AccountLoginLimit],
        "refresh": [limit("refresh", by="address")],
    }

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"  # else a failed log-in is 403, because authentication_classes is empty

    @extend_schema(request=RegistrationSerializer, responses={201: TokensSerializer}, auth=[])
    def register(self, request: Request) -> Response:
        refuse_foreign_cookie(request)
        invite_id = self.invite_of(request)
        data = validated_data_of(RegistrationSerializer, request)
        wants_cookie, _ = data.pop("refresh_cookie"), data.pop("invite")
        user = User.objects.create_user(**data, invite_id=invite_id)
        security_event("registration", user=user.pk, **({"invite": invite_id} if invite_id else {}))
        return log_in_response(request, user, wants_cookie, status.HTTP_201_CREATED)

    def invite_of(self, request: Request) -> int | None:
        """Call it before the body is validated, or a closed server would reveal which addresses have accounts."""
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
        refuse_foreign_cookie(request)
        data = validated_data_of(LoginSerializer, request)
        user = User.objects.filter(email=data["email"]).first()
        release_connection()
        is_correct = matches_hash(data["password"], user.password if user else str(DUMMY_PASSWORD_HASH))
        if not (user and is_correct and user.is_active):
            security_event("login_refused", request=request)
            raise AuthenticationFailed("The address or the password is not right.", "wrong_credentials")
        security_event("login", user=user.pk)
        return log_in_response(request, user, data["refresh_cookie"], status.HTTP_200_OK)

    @extend_schema(request=RefreshSerializer, responses=RenewedTokensSerializer, auth=[])
    def refresh(self, request: Request) -> Response:
        cookie = refresh_cookie(request)
        in_body = validated_data_of(RefreshSerializer, request).get("refresh")
        token = in_body or cookie
        if not token:
            raise NotAuthenticated("There is no refresh token in the body and no cookie.")
        tokens = renewed_tokens(token)
        if tokens is None:
            security_event("refresh_refused", request=request)
            raise AuthenticationFailed("This session is over. Log in again.", "session_over")
        return add_tokens(Response(tokens), tokens, into_cookie=not in_body)

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
        """Tabs share the cookie, so another account may have logged in since."""
        cookie = request.COOKIES.get(settings.REFRESH_COOKIE)
        return bool(cookie and session_of_refresh_token(cookie))

    def session_of(self, request: Request) -> Session | None:
        """The session of a valid access token, else of the cookie."""
        if get_authorization_header(request):
            with contextlib.suppress(AuthenticationFailed):
                if found := SessionTokenAuthentication().authenticate(request):
                    return found[1]
        cookie = refresh_cookie(request)
        return session_of_refresh_token(cookie) if cookie else None


class ResetViewSet(LimitedViewSet):
    """A new password for who has forgotten the old one."""

    authentication_classes = []
    permission_classes = [AllowAny]
    limits = {
        "reset_link": [limit("reset_link", by="email+address"), limit("reset_link", by="address"), AccountResetLimit],
        "reset_password": [limit("reset_password", by="address")],
    }

    @extend_schema(responses=ResetStateSerializer, auth=[])
    def reset_state(self, request: Request) -> Response:
        return Response({"mail": settings.MAIL})

    @extend_schema(request=ResetLinkSerializer, responses={204: NO_BODY}, auth=[])
    def reset_link(self, request: Request) -> Response:
        """Does the same work for an unknown address, so that neither the response nor its time tells of an account."""
        refuse_foreign_cookie(request)
        email = validated_data_of(ResetLinkSerializer, request)["email"]
        if not settings.MAIL:
            raise Conflict("mail_off", "This server sends no email. The person who runs it can make a link.")
        user = User.objects.active().filter(email=email).first()
        send_later(reset_mail(user or User(email=email), own_origin(request)), is_sent=user is not None)
        security_event("reset_link_requested", request=request, user=user and user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=PasswordResetSerializer, responses={204: NO_BODY}, auth=[])
    def reset_password(self, request: Request) -> Response:
        refuse_foreign_cookie(request)
        data = validated_data_of(PasswordResetSerializer, request)
        user = user_of(data["token"])
        if user is not None:
            refuse_weak_password(data["new_password"], user, "new_password")
            release_connection()
        removes = data["remove_passkeys"]
        if user is None or not user.reset_password(data["new_password"], remove_passkeys=removes):
            security_event("password_reset_refused", request=request)
            raise Forbidden("reset_link_over", "This link has been used, or holds no longer.")
        security_event("password_reset", user=user.pk, passkeys_removed=removes)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeViewSet(LimitedViewSet):
    limits = {
        "destroy": [limit("confirm", by="account")],
        "password": [limit("confirm", by="account")],
        "proof": [limit("proof", by="account")],
    }

    @extend_schema(responses=UserSerializer)
    def retrieve(self, request: AccountRequest) -> Response:
        return Response(UserSerializer(request.user).data)

    @extend_schema(request=ProfileSerializer, responses=UserSerializer)
    def partial_update(self, request: AccountRequest) -> Response:
        data = validated_data_of(ProfileSerializer, request)
        request.user.display_name = data.get("display_name", request.user.display_name)
        request.user.save(update_fields=["display_name", "updated_at"])
        return Response(UserSerializer(request.user).data)

    @extend_schema(request=PasswordConfirmationSerializer, responses={204: NO_BODY})
    def destroy(self, request: AccountRequest) -> Response:
        validated_data_of(PasswordConfirmationSerializer, request)
        security_event("account_deleted", user=request.user.pk)
        response = Response(status=status.HTTP_204_NO_CONTENT)
        expire_refresh_cookie(response)
        expire_known_cookie(response, request.user)
        request.user.delete()
        return response

    @extend_schema(request=PasswordChangeSerializer, responses={204: NO_BODY})
    def password(self, request: AccountRequest) -> Response:
        data = validated_data_of(PasswordChangeSerializer, request)
        request.user.change_password(data["new_password"], keep=request.auth)
        security_event("password_changed", user=request.user.pk)
        response = Response(status=status.HTTP_204_NO_CONTENT)
        if request.COOKIES.get(settings.REFRESH_COOKIE):  # a browser: its old cookie was bound to the old password
            set_known_cookie(response, request.user)
        return response

    @extend_schema(responses=ProofStateSerializer)
    def check_proof(self, request: AccountRequest) -> Response:
        """So that a change of several steps can ask for the password before the first."""
        return Response({"is_proven": request.auth.is_proven()})

    @extend_schema(request=PasswordConfirmationSerializer, responses={204: NO_BODY})
    def proof(self, request: AccountRequest) -> Response:
        """For PROOF_LIFETIME the session may then change ways back, browsers and passkeys."""
        try:
            validated_data_of(PasswordConfirmationSerializer, request)
        except ValidationError:
            security_event("proof_refused", user=request.user.pk)
            raise
        request.auth.prove()
        return Response(status=status.HTTP_204_NO_CONTENT)


def release_connection() -> None:
    """Return the connection to the pool before the slow hashing of a password."""
    if not connection.in_atomic_block:
        connection.close()


def validated_data_of(serializer_class: type[Serializer], request: Request) -> dict:
    serializer = serializer_class(data=request.data, context={"user": request.user})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def log_in_response(request: Request, user: User, wants_cookie: bool, status_code: int) -> Response:
    tokens = first_tokens(Session.objects.begin(user))
    response = Response({"user": UserSerializer(user).data, **tokens}, status=status_code)
    remember_success(request, user, response if wants_cookie else None)
    return add_tokens(response, tokens, into_cookie=wants_cookie)


def add_tokens(response: Response, tokens: dict[str, str], into_cookie: bool) -> Response:
    if into_cookie:
        set_refresh_cookie(response, tokens["refresh"])
        del response.data["refresh"]
    return response
