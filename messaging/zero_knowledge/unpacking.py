"""Decodes nested encodings in bytes: gzip and zlib streams anywhere, raw deflate at the start, base64 and hex."""

import base64
import re
import zlib
from collections.abc import Iterator

STEP_BYTES = 512
MOST_BYTES = 4 * 1024 * 1024  # decompressed from one stream
GZIP = 16 + zlib.MAX_WBITS
ZLIB = zlib.MAX_WBITS
RAW_DEFLATE = -zlib.MAX_WBITS
STREAMS = (
    ("gzip", GZIP, re.compile(rb"\x1f\x8b\x08")),
    ("zlib", ZLIB, re.compile(rb"\x78[\x01\x5e\x9c\xda]")),
)
BASE64 = (
    re.compile(rb"[A-Za-z0-9+/_-]{16,}"),
    re.compile(
        rb"(?<=[A-Za-z0-9+/_-])H4sI[A-Za-z0-9+/_-]{12,}"
    ),  # base64 of gzip, directly after other base64 characters
)
HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")
STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")


def unpacked(haystack: bytes, values: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Yields (encoding, decoded contents). `haystack`: all values joined. Raw deflate has no magic number, so it is
    only found at the start of a value."""
    for name, window_bits, magic in STREAMS:
        yield name, [inflate(haystack, found.start(), window_bits) for found in magic.finditer(haystack)]
    yield "deflate", [inflate(value, 0, RAW_DEFLATE) for value in values]
    yield "base64", [from_base64(found[0]) for pattern in BASE64 for found in pattern.finditer(haystack)]
    yield "hex", [bytes.fromhex(found[0].decode()) for found in HEX.finditer(haystack)]


def inflate(raw: bytes, start: int, window_bits: int) -> bytes:
    """Decompresses until the stream ends, is truncated or is invalid."""
    inflater, view, content = zlib.decompressobj(window_bits), memoryview(raw), bytearray()
    for position in range(start, len(raw), STEP_BYTES):
        try:
            content += inflater.decompress(view[position : position + STEP_BYTES])
        except zlib.error:
            break
        if inflater.eof or len(content) > MOST_BYTES:
            break
    return bytes(content)


def from_base64(text: bytes) -> bytes:
    whole = len(text) - (1 if len(text) % 4 == 1 else 0)
    padded = text[:whole].translate(STANDARD_ALPHABET) + b"=" * (-whole % 4)
    return base64.b64decode(padded)
