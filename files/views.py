import asyncio
import base64
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.db import connection
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from accounts.authentication import AccountRequest
from accounts.lookup import person_with
from files import storage
from files.models import File
from files.serializers import FileSerializer, NewFileSerializer, PartsSerializer
from vibechat.core.exceptions import NotFound
from vibechat.core.limits import LimitedViewSet, limit

DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)")  # RFC 9530
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")  # one range; several are answered with the whole file
CONTENT_DIGEST = OpenApiParameter(
    "Content-Digest",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="sha-256=:<base64>: of the body (RFC 9530).",
)
RANGE_HEADER = OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range of bytes.")
BYTES = {"application/octet-stream": OpenApiTypes.BINARY}
NO_BODY = OpenApiResponse(description="No body.")
Piece = tuple[str, int, int]  # of an object: name, start, end


class BytesParser(BaseParser):
    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return {"stream": stream}


class FileViewSet(LimitedViewSet):
    limits = {
        "create": [limit("file_create", by="account")],
        "put_part": [limit("file_part", by="account")],
        "content": [limit("file_read", by="account")],
    }

    def get_parsers(self) -> list[BaseParser]:
        request: Any = self.request  # None while the API's document is generated
        action = request and self.action_map.get(request.method.lower())
        return [BytesParser()] if action == "put_part" else super().get_parsers()

    @extend_schema(request=NewFileSerializer, responses={201: FileSerializer})
    def create(self, request: AccountRequest) -> Response:
        serializer = NewFileSerializer(data=request.data, context={"own_email": request.user.email})
        serializer.is_valid(raise_exception=True)
        recipient = person_with(serializer.validated_data["recipient_email"], "recipient_email")
        file = File.objects.begin(request.user, recipient, serializer.validated_data["size"])
        return Response(FileSerializer(file).data, status.HTTP_201_CREATED)

    @extend_schema(parameters=[CONTENT_DIGEST], request=BYTES, responses={204: NO_BODY})
    def put_part(self, request: AccountRequest, id: str, number: int | None) -> Response:
        file = own_pending(request, id)
        if number is None or number >= file.part_count:
            raise NotFound()
        found = DIGEST.search(request.headers.get("Content-Digest", ""))
        if not found:
            raise ValidationError({"content_digest": ["Send the header Content-Digest with sha-256."]}, code="required")
        file.store(number, base64.b64decode(found[1]), dict(request.data).get("stream"))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=PartsSerializer)
    def parts(self, request: AccountRequest, id: str) -> Response:
        """Which parts are there: to go on with an upload, and to check each part by itself."""
        return Response(PartsSerializer(visible(request, id)).data)

    @extend_schema(request=None, responses=FileSerializer)
    def complete(self, request: AccountRequest, id: str) -> Response:
        file = own_pending(request, id)
        file.complete()
        return Response(FileSerializer(file).data)

    @extend_schema(responses={204: NO_BODY})
    def destroy(self, request: AccountRequest, id: str) -> Response:
        """Give up an upload."""
        own_pending(request, id).give_up()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(parameters=[RANGE_HEADER], responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def content(self, request: AccountRequest, id: str) -> HttpResponseBase:
        file = visible(request, id)
        if file.completed_at is None:
            raise NotFound()
        wanted = range_of(request.headers.get("Range", ""), file.size)
        if wanted is None:
            refused = {"code": "range_not_satisfiable", "detail": "There is no such range."}
            headers = {"Content-Range": f"bytes */{file.size}"}
            return Response(refused, status.HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
        start, end = wanted
        pieces = list(file.pieces(start, end))
        if not connection.in_atomic_block:
            connection.close()  # the answer may take as long as its reader is slow
        is_part = "Range" in request.headers and (start, end) != (0, file.size)
        answer = StreamingHttpResponse(
            streamed(pieces), status=206 if is_part else 200, content_type="application/octet-stream"
        )
        answer.headers["Content-Length"] = str(end - start)
        answer.headers["Accept-Ranges"] = "bytes"
        answer.headers["ETag"] = f'"{file.pk}"'
        answer.headers["Content-Disposition"] = "attachment"
        if is_part:
            answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        return answer


def visible(request: AccountRequest, file_id: str) -> File:
    file = File.objects.visible_to(request.user, file_id)
    if file is None:
        raise NotFound()
    return file


def own_pending(request: AccountRequest, file_id: str) -> File:
    file = visible(request, file_id)
    if file.owner_id != request.user.pk:
        raise NotFound()
    return file


def range_of(header: str, size: int) -> tuple[int, int] | None:
    """(start, end): of the whole file if the header is not understood. None if the file has no such bytes."""
    found = RANGE.fullmatch(header.strip())
    if not found or not any(found.groups()):
        return 0, size
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < int(first):
            return 0, size
    return (start, end) if start < end else None


def streamed(pieces: list[Piece]) -> AsyncIterator[bytes]:
    """Raises StorageAway at once if the first bytes cannot be read."""
    chunks = (chunk for piece in pieces for chunk in storage.read(*piece))
    first = next(chunks, b"")

    async def stream() -> AsyncIterator[bytes]:
        chunk = first
        while chunk:
            yield chunk
            chunk = await asyncio.to_thread(next_of, chunks)

    return stream()


def next_of(chunks: Iterator[bytes]) -> bytes:
    return next(chunks, b"")
