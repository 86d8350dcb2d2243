"""Version 2 of the content in plain Python: its members (docs/protocol.md §5.7) and the bodies of its types (§5.8)."""

import base64
import json

from tests.reference.refused import Refused, is_integer, matches, require

ADDED = ("salt", "reply", "replaces", "expires", "else")
TYPES = ("text", "reaction", "file", "nothing", "timer", "profile")
YEAR = 31_536_000
HASH = r"[0-9a-f]{64}"
ID = r"[0-9a-f]{32}"
MEDIA_WORD = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}"


def check_added_members(content: dict) -> None:
    """§5.7, in the order of its table."""
    kind, reply, replaces, expires = (content.get(name, "absent") for name in ("type", "reply", "replaces", "expires"))
    answering = kind in ("text", "file") or kind not in TYPES
    require(matches(ID, content.get("salt")), "content_salt")
    require(reply is None or (answering and matches(HASH, reply)), "reply")
    if kind == "nothing":
        require(matches(HASH, replaces), "replaces")
    else:
        require(replaces is None or (answering and matches(HASH, replaces)), "replaces")
    require(reply is None or replaces is None, "replaces")
    expiring = kind not in ("nothing", "timer", "profile")
    require(expires is None or (expiring and is_integer(expires) and 1 <= expires <= YEAR), "expires")
    require(is_text(content.get("else"), 200), "else")


def is_body(kind: str, body: str) -> bool:
    """§5.8, for the types that version 2 knows."""
    if kind == "text":
        return is_text(body, 4000)
    if kind not in TYPES:
        return True
    try:
        value = json.loads(body, parse_float=number, parse_int=number, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return False
    ordered = {"reaction": reaction, "file": files, "nothing": nothing, "timer": timer, "profile": profile}[kind]
    try:
        return spelled(ordered(value)) == body
    except Refused:
        return False


def spelled(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def reaction(value: object) -> dict:
    on, saw, emoji = members(value, "on", "saw", "emoji")
    require(matches(HASH, on) and matches(HASH, saw) and is_text(emoji, 20), "body")
    return {"on": on, "saw": saw, "emoji": emoji}


def nothing(value: object) -> dict:
    browser, counter = members(value, "browser", "counter")
    require(matches(ID, browser) and is_integer(counter) and 1 <= counter < 2**53, "body")
    return {"browser": browser, "counter": counter}


def timer(value: object) -> dict:
    (seconds,) = members(value, "seconds")
    require(up_to(seconds, YEAR), "body")
    return {"seconds": seconds}


def profile(value: object) -> dict:
    name, picture = members(value, "name", "picture")
    require(is_text(name, 100), "body")
    if picture is not None:
        kind, data = members(picture, "type", "data")
        require(kind in ("image/jpeg", "image/png", "image/webp") and 1 <= length_of(data) <= 32768, "body")
        picture = {"type": kind, "data": data}
    return {"name": name, "picture": picture}


def files(value: object) -> dict:
    caption, listed = members(value, "caption", "files")
    require(is_text(caption, 4000) and isinstance(listed, list) and 1 <= len(listed) <= 20, "body")
    ordered = [one_file(entry) for entry in listed]
    ids = [part["id"] for entry in ordered for part in (entry, entry["preview"]) if part]
    require(len(set(ids)) == len(ids), "body")
    require(sum(length_of(entry["thumbnail"]) for entry in ordered if entry["thumbnail"] is not None) <= 24576, "body")
    return {"caption": caption, "files": ordered}


def one_file(value: object) -> dict:
    name, kind, waveform, thumbnail, preview = members(value, "name", "type", "waveform", "thumbnail", "preview")
    width, height, duration = members(value, "width", "height", "duration")
    require(is_text(name, 255) and name != "" and matches(f"{MEDIA_WORD}/{MEDIA_WORD}", kind), "body")
    require(up_to(width, 65535) and up_to(height, 65535) and up_to(duration, 86_400_000), "body")
    require(matches(r"([0-9a-f]{2}){0,64}", waveform), "body")
    require(thumbnail is None or length_of(thumbnail) <= 4096, "body")
    return {
        **sealed_file(value), "name": name, "type": kind, "width": width, "height": height, "duration": duration,
        "waveform": waveform, "thumbnail": thumbnail, "preview": None if preview is None else sealed_file(preview),
    }  # fmt: skip


def sealed_file(value: object) -> dict:
    identifier, key, size, digest = members(value, "id", "key", "size", "hash")
    require(matches(ID, identifier) and matches(HASH, key) and matches(HASH, digest), "body")
    require(up_to(size, 2**53 - 1), "body")
    return {"id": identifier, "key": key, "size": size, "hash": digest}


def members(value: object, *names: str) -> list:
    require(isinstance(value, dict) and all(name in value for name in names), "body")
    return [value[name] for name in names]


def length_of(value: object) -> int:
    """How many bytes canonical base64 stands for."""
    require(isinstance(value, str), "body")
    try:
        data = base64.b64decode(value, validate=True)
    except ValueError:
        raise Refused("body") from None
    require(base64.b64encode(data).decode() == value, "body")
    return len(data)


def up_to(value: object, limit: int) -> bool:
    return is_integer(value) and 0 <= value <= limit


def is_text(value: object, limit: int) -> bool:
    surrogates = isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value)
    return isinstance(value, str) and not surrogates and len(value) <= limit


def number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def no_constant(_text: str) -> None:
    raise ValueError("JSON has no NaN and no Infinity")
