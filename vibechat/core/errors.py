"""The format of all errors: {"code", "detail"}, with 400 also {"fields": {name: [{"code", "detail"}]}}."""

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from vibechat.core.database_alarm import alarm
from vibechat.core.exceptions import Forbidden, NotFound, Unavailable
from vibechat.core.logs import log_event


def error_body(code: str, detail: str, fields: dict | None = None) -> dict:
    body = {"code": code, "detail": detail}
    return body if fields is None else {**body, "fields": fields}


# Details never repeat input, which may be a person's content.
SENTENCES = {
    exceptions.ParseError: "The body is not JSON in UTF-8.",
    exceptions.UnsupportedMediaType: "The body must be application/json.",
    exceptions.MethodNotAllowed: "This address does not take that method.",
    exceptions.Throttled: "Too many requests. Wait a moment.",
}
CODES = {
    exceptions.ParseError: "invalid_json",
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.Throttled: "rate_limited",
}


def as_api_exception(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return Forbidden(detail="This is not allowed.")
    if isinstance(error, (DatabaseError, InterfaceError)):
        return database_refusal(error)
    return error if isinstance(error, exceptions.APIException) else None


def database_refusal(error: Exception) -> Unavailable:
    """The database is unavailable, or a row was deleted between read and write; a repeat finds out which."""
    log_event("database_error", logging.WARNING, error)
    alarm.note(error)
    return Unavailable()


def describe(error: exceptions.APIException) -> dict:
    """The body of an error, the same for REST and the socket."""
    if isinstance(error, exceptions.ValidationError):
        return error_body("invalid", "Something in the request is not right.", field_errors(error.detail))
    code = CODES.get(type(error), getattr(error.detail, "code", error.default_code))
    fields: dict | None = {} if error.status_code == status.HTTP_400_BAD_REQUEST else None
    return error_body(code, SENTENCES.get(type(error), str(error.detail)), fields) | getattr(error, "facts", {})


def field_errors(detail: Any) -> dict:
    if not isinstance(detail, dict):
        detail = {"non_field_errors": detail}
    return {str(name): list(flatten(errors)) for name, errors in detail.items()}


def flatten(errors: Any) -> Iterator[dict[str, str]]:
    """Serializers nest errors by list index or child field; the API lists them by top-level field."""
    if isinstance(errors, dict):
        errors = errors.values()
    elif not isinstance(errors, list):
        errors = [errors]
    for error in errors:
        if isinstance(error, (dict, list)):
            yield from flatten(error)
        else:
            yield {"code": getattr(error, "code", "invalid"), "detail": str(error)}


def exception_handler(raised: Exception, context: Any) -> Response | None:
    error = as_api_exception(raised)
    if error is None:
        return None
    set_rollback()
    return Response(describe(error), status=error.status_code, headers=headers_of(error))


def headers_of(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, int(-(-wait // 1))))
    return headers
