"""The cookie that holds a browser's refresh token: HttpOnly, SameSite=Strict, and accepted from our own origin only."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from vibechat.core.exceptions import Forbidden

PATH = "/api/auth"


def set_refresh_cookie(response: HttpResponseBase, token: str) -> None:
    response.set_cookie(
        settings.REFRESH_COOKIE,
        token,
        max_age=settings.SESSION_LIFETIME,
        path=PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )


def expire_refresh_cookie(response: HttpResponseBase) -> None:
    response.set_cookie(
        settings.REFRESH_COOKIE, "", max_age=0, path=PATH, secure=settings.HTTPS, httponly=True, samesite="Strict"
    )


def own_origin(request: Request | HttpRequest) -> str:
    """Scheme, host and port under which the browser reaches this server. ALLOWED_HOSTS bounds the hosts."""
    return f"{request.scheme}://{request.get_host()}"


def refresh_cookie(request: Request) -> str | None:
    """The token in the cookie, if any. Raises Forbidden if the request may come from another site's page."""
    refuse_foreign_cookie(request)
    return request.COOKIES.get(settings.REFRESH_COOKIE) or None


def refuse_foreign_cookie(request: Request) -> None:
    """Raises Forbidden if the request has the cookie and may come from another site's page."""
    if not request.COOKIES.get(settings.REFRESH_COOKIE):
        return
    if request.content_type.split(";")[0].strip().lower() != "application/json":
        raise Forbidden("not_json", "Calls with the cookie must be JSON.")
    own = own_origin(request)
    origin, site = request.headers.get("Origin", own), request.headers.get("Sec-Fetch-Site", "same-origin")
    if origin != own or site != "same-origin":
        raise Forbidden("foreign_origin", "Calls with the cookie must come from this server's own pages.")
