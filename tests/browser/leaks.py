"""Looks for a text in bytes, also where an encoding hides it from the naked eye."""

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote


def encodings(text: str) -> Iterator[tuple[str, bytes]]:
    for name in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):  # browsers keep what they can as Latin-1
        raw = text.encode(name, errors="ignore")
        yield name, raw
        yield f"{name}, hex", raw.hex().encode()
        yield f"{name}, upper-case hex", raw.hex().upper().encode()
        for offset in range(3):
            yield f"{name}, base64 at {offset}", inner_base64(raw, offset)
            yield f"{name}, base64url at {offset}", inner_base64(raw, offset).translate(bytes.maketrans(b"+/", b"-_"))
    yield "percent-encoded", quote(text).encode()
    yield "JSON", json.dumps(text)[1:-1].encode()


def inner_base64(raw: bytes, offset: int) -> bytes:
    """The base64 of the bytes wherever they stand: without the characters that their neighbours have a part in."""
    encoded = base64.b64encode(b"\0" * offset + raw)
    start = -(-offset * 8 // 6)
    end = (offset + len(raw)) * 8 // 6
    return encoded[start:end]


def find(text: str, haystack: bytes) -> list[str]:
    """The names of the encodings in which the text is there."""
    return [name for name, needle in encodings(text) if needle in haystack]
