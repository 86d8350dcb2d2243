"""JSON in and out, whatever the Accept; what a client may write, a server must survive."""

import json

from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser


class AlwaysJSON(BaseContentNegotiation):
    def select_parser(self, request, parsers):
        media_type = request.content_type.split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def loads(text: str | bytes):
    """Raises ValueError for whatever is not JSON in UTF-8, and for what nests too deep."""
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    try:
        return json.loads(text, parse_constant=refuse_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


class StrictJSONParser(BaseParser):
    """DRF's own parser follows the request's charset and lets deep nesting raise."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            return loads(stream.read())
        except ValueError as error:
            raise ParseError("The body is not JSON in UTF-8.") from error
