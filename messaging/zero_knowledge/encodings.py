"""Searches bytes for a text in many encodings, also within compressed data, base64 and hex."""

import base64
import functools
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from messaging.zero_knowledge.unpacking import unpacked

LAYERS = 3  # nested encodings that are decoded
FORMS = (
    "utf-8, latin-1 and utf-16 of both byte orders, each plain, in hex of both cases, and in base64 and base64url at "
    "the three alignments; percent-encoding; JSON escapes; all of these also inside gzip, zlib and deflate streams, "
    "base64 and hex"
)


def encodings(text: str) -> Iterator[tuple[str, bytes]]:
    for name in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):  # browsers store strings as Latin-1 if possible
        raw = text.encode(name, errors="ignore")
        yield name, raw
        yield f"{name}, hex", raw.hex().encode()
        yield f"{name}, upper-case hex", raw.hex().upper().encode()
        for offset in range(3):
            yield f"{name}, base64 at {offset}", inner_base64(raw, offset)
            yield f"{name}, base64url at {offset}", inner_base64(raw, offset).translate(bytes.maketrans(b"+/", b"-_"))
    yield "percent-encoded", quote(text).encode()
    yield "percent-encoded throughout", escaped(text.encode(), "%{:02X}")
    yield "percent-encoded throughout in lower case", escaped(text.encode(), "%{:02x}")
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "JSON escapes", escaped(utf16_units(text), "\\u{:04x}")
    yield "upper-case JSON escapes", escaped(utf16_units(text), "\\u{:04X}")


def inner_base64(raw: bytes, offset: int) -> bytes:
    """The base64 of the bytes at this offset, without the characters that also encode neighbouring bytes."""
    encoded = base64.b64encode(b"\0" * offset + raw)
    start = -(-offset * 8 // 6)
    end = (offset + len(raw)) * 8 // 6
    return encoded[start:end]


def escaped(numbers: Iterable[int], form: str) -> bytes:
    return "".join(form.format(number) for number in numbers).encode()


def utf16_units(text: str) -> Iterator[int]:
    raw = text.encode("utf-16-be")
    return (int.from_bytes(raw[start : start + 2], "big") for start in range(0, len(raw), 2))


@functools.cache
def needles(text: str) -> dict[bytes, str]:
    """{encoded text: name}. Where several encodings give the same bytes, the first name counts."""
    forms: dict[bytes, str] = {}
    for name, needle in encodings(text):
        forms.setdefault(needle, name)
    return forms


def find(text: str, haystack: bytes) -> list[str]:
    """The names of the encodings in which the text is found, including nested ones."""
    return find_in_any(text, [haystack])


def find_in_any(text: str, values: list[bytes]) -> list[str]:
    """Like `find`, in many values at about the cost of one."""
    return [name for _, name in find_each([text], values)]


def find_each(texts: Iterable[str], values: list[bytes], layers: int = LAYERS) -> list[tuple[str, str]]:
    """(text, encoding) of each text that is found. Nested encodings are decoded once for all texts."""
    haystack = b"\0".join(filter(None, values))
    if not haystack:
        return []
    found = [(text, name) for text in texts for needle, name in needles(text).items() if needle in haystack]
    if layers == 0:
        return found
    for packing, contents in unpacked(haystack, values):
        found += [(text, f"{name}, in {packing}") for text, name in find_each(texts, contents, layers - 1)]
    return found
