"""The pages: templates without personal data, the admin's log-in, and the error pages."""

import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template import loader
from django.templatetags.static import static
from django.urls import get_resolver
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.defaults import page_not_found
from django.views.generic import TemplateView

from accounts.known_clients import remember_success, seconds_over_account_limit
from vibechat.core.database_alarm import alarm
from vibechat.core.errors import error_body
from vibechat.core.limits import seconds_over_limit
from vibechat.core.middleware.error_shape import RETRY_AFTER_SECONDS, is_api


class PageView(TemplateView):
    http_method_names = ["get", "head"]


def page(template_name: str) -> Callable[..., HttpResponseBase]:
    return csrf_exempt(PageView.as_view(template_name=template_name))  # pages answer a POST with 405


landing = page("index.html")
register = page("register.html")
login = page("login.html")
forgot = page("forgot.html")
reset = page("reset.html")
chat = page("chat.html")
about_me = page("about_me.html")


def addresses() -> dict[str, str]:
    """{URL: template} of the pages. They contain no data of a person."""
    views = {f"/{route.pattern}": cast(Any, getattr(route, "callback", None)) for route in get_resolver().url_patterns}
    of_pages = {address: view for address, view in views.items() if getattr(view, "view_class", None) is PageView}
    return {address: view.view_initkwargs["template_name"] for address, view in of_pages.items()}


def rendered_pages() -> dict[str, str]:
    """{URL: HTML}"""
    return {address: loader.render_to_string(template) for address, template in addresses().items()}


@csrf_exempt
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers request it for pages without an icon link, such as the admin's."""
    response = HttpResponsePermanentRedirect(static("icon.svg"))
    response["Cache-Control"] = "public, max-age=86400"
    return response


@csrf_exempt
@require_safe
def passkey_endpoints(request: HttpRequest) -> JsonResponse:
    """https://www.w3.org/TR/passkey-endpoints-1/"""
    host = f"{request.scheme}://{request.get_host()}"
    return JsonResponse({"enroll": f"{host}/chat", "manage": f"{host}/chat", "prfUsageDetails": f"{host}/#passkeys"})


def admin_login(request: HttpRequest) -> HttpResponseBase:
    """Wraps the admin's log-in view. Every attempt counts, by IP address and by the account it names."""
    if request.method != "POST":
        return admin.site.login(request)
    limits = settings.RATE_LIMITS["admin_login"]
    counted = (
        seconds_over_account_limit(request, "admin_login")
        if by == "email"
        else seconds_over_limit(request, "admin_login", by)
        for by in limits
    )
    if seconds := next(filter(None, counted), 0):  # narrowest first; counting ends at the first refusal
        return too_many_tries(request, seconds)
    response = admin.site.login(request)
    if request.user.is_authenticated and response.status_code == HTTPStatus.FOUND:
        remember_success(request, request.user, response)
    return response


def too_many_tries(request: HttpRequest, seconds: int) -> HttpResponse:
    minutes = -(-seconds // 60)
    wait = f"{seconds} seconds" if seconds <= 90 else f"{minutes} minutes"
    html = loader.render_to_string("429.html", {"wait": wait, "address": request.path})
    return HttpResponse(html, status=429, headers={"Retry-After": str(seconds)})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if not is_api(request.path):
        return page_not_found(request, exception)
    return JsonResponse(error_body("not_found", "Nothing here."), status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while Django handles an exception. It must not read the request, because reading the form may have
    failed."""
    html = loader.get_template("500.html").render()
    error = sys.exception()
    if isinstance(error, (BadRequest, SuspiciousOperation)):
        return HttpResponse(html, status=400)
    if isinstance(error, (OperationalError, InterfaceError)):
        alarm.note(error)
        return HttpResponse(html, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    return HttpResponse(html, status=500)
