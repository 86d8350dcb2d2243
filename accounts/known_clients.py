"""Clients that have logged in to an account lately: browsers, known by a cookie, and networks, known by a row.

The limit by account alone does not apply to known clients. Otherwise anybody could lock a person out by guessing
passwords. The limits by network address still apply.
"""

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac
from django_ratelimit.core import get_usage
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.emails import normalise_email
from accounts.models import LoginNetwork, User
from vibechat.core.limits import RateLimit, by_address, seconds_over_limit, submitted_email


def remember_success(request: Request | HttpRequest, user: User, response: HttpResponseBase | None = None) -> None:
    """Remember the network after a correct password, and set the cookie if there is a `response`."""
    if network := network_of(request, user):
        LoginNetwork.objects.remember(user, network)
    if response is not None:
        set_known_cookie(response, user)


def seconds_over_account_limit(request: Request | HttpRequest, group: str) -> int:
    """Like seconds_over_limit by email, but 0 for a known browser or network."""
    seconds = seconds_over_limit(request, group, "email")
    return 0 if seconds and is_known(request) else seconds


class AccountLoginLimit(RateLimit):
    group, by = "login", "email"

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.seconds = seconds_over_account_limit(request, self.group)
        return self.seconds == 0


class AccountResetLimit(AccountLoginLimit):
    group = "reset_link"


def is_known(request: Request | HttpRequest) -> bool:
    try:
        user = User.objects.filter(email=normalise_email(submitted_email(request))).first()
    except ValidationError:
        return False
    return user is not None and (is_known_network(request, user) or has_known_cookie(request, user))


# --- networks --------------------------------------------------------------------------------------------------------


def network_of(request: Request | HttpRequest, user: User) -> str | None:
    """A keyed hash of the account and its address group. Without SECRET_KEY the table reveals no addresses."""
    group = by_address(request)
    if group == "unknown":
        return None
    return salted_hmac("vibechat.login-network", f"{user.pk} {group}", algorithm="sha256").hexdigest()


def is_known_network(request: Request | HttpRequest, user: User) -> bool:
    network = network_of(request, user)
    return network is not None and LoginNetwork.objects.recent().filter(user=user, network=network).exists()


# --- browsers --------------------------------------------------------------------------------------------------------


def signer(user: User) -> TimestampSigner:
    """The salt binds a cookie to one account and its present password."""
    return TimestampSigner(salt=f"vibechat.known-browser {user.pk} {user.password}")


def cookie_name(user: User) -> str:
    """Each account has a cookie of its own, because people share browsers."""
    return f"{settings.KNOWN_BROWSER_COOKIE}_{user.pk}"


def set_known_cookie(response: HttpResponseBase, user: User) -> None:
    response.set_cookie(
        cookie_name(user),
        signer(user).sign(secrets.token_urlsafe(16)),
        max_age=settings.KNOWN_FOR,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )


def expire_known_cookie(response: HttpResponseBase, user: User) -> None:
    response.set_cookie(cookie_name(user), "", max_age=0, secure=settings.HTTPS, httponly=True, samesite="Strict")


def has_known_cookie(request: Request | HttpRequest, user: User) -> bool:
    """Also counts the attempt against the limit of the cookie, so that a stolen cookie allows few guesses."""
    try:
        name = signer(user).unsign(request.COOKIES.get(cookie_name(user), ""), max_age=settings.KNOWN_FOR)
    except BadSignature:
        return False
    rate = settings.RATE_LIMITS["known_browser"]["cookie"]
    usage = get_usage(request, "known_browser", key=lambda *_: name, rate=rate, increment=True)
    return usage is None or not usage["should_limit"]
