"""Uploads for tests: bytes stand for a sealed file."""

import base64
import hashlib
import os
from pathlib import Path

from django.conf import settings

from files.models import PART_BYTES
from tests.support.whole_server import ask


def digest_header(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def begin(person, other, size):
    """The response."""
    return person.post("/api/files", {"recipient_email": other.email, "size": size})


def put_part(person, file_id, number, data, digest=None, content_type="application/octet-stream"):
    """The response. `digest` is the header; empty for none."""
    headers = {"Content-Digest": digest_header(data) if digest is None else digest}
    path = f"/api/files/{file_id}/parts/{number}"
    return person.client.put(path, data, content_type=content_type, headers=headers if digest != "" else {})


def upload(person, other, data=None) -> str:
    """The id of a complete file."""
    data = os.urandom(2000) if data is None else data
    file_id = begin(person, other, len(data)).json()["id"]
    for number, start in enumerate(range(0, len(data), PART_BYTES)):
        answer = put_part(person, file_id, number, data[start : start + PART_BYTES])
        assert answer.status_code == 204, answer.content
    answer = person.post(f"/api/files/{file_id}/complete")
    assert answer.status_code == 200, answer.content
    return file_id


def fetch(person, file_id, byte_range=None):
    """The answer of the whole application."""
    headers = [("Range", byte_range)] if byte_range else []
    return ask("GET", f"/api/files/{file_id}", token=person.tokens["access"], headers=headers)


def on_disk() -> list[str]:
    """The objects of all files, by what the file system has."""
    folder = Path(settings.STORAGES["files"]["OPTIONS"]["location"])
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []
