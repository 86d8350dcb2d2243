"""The content of a message in plain Python: canonical JSON (docs/protocol.md §5.1 and §5.2) and padding (§6).

content2.py has what version 2 adds.
"""

import json
from collections.abc import Callable

from tests.reference import content2
from tests.reference.refused import Refused, is_integer, matches, require

VERSION = 1
SUPPORTED = {1: ("text", "skip", "receipt"), 2: content2.TYPES}
BUCKETS = (1024, 2048, 4096, 8192, 16384, 32768, 65520)
LATEST_TIME_MS = 8_640_000_000_000_000
LARGEST_COUNTER = 2**53 - 1
MEMBERS = ("v", "type", "from", "to", "browser", "counter", "previous", "received", "sent_at", "self_tag", "body")


def canonical_json(content: dict) -> bytes:
    """§5.2: the members in their order, no white space, nothing escaped but `"`, `\\` and U+0000 to U+001F."""
    ordered = {name: content[name] for name in members_of(content["v"])}
    ordered["received"] = [
        {name: entry[name] for name in ("browser", "counter", "hash")} for entry in ordered["received"]
    ]
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def members_of(version: int) -> tuple[str, ...]:
    if version == 1:
        return MEMBERS
    place = MEMBERS.index("self_tag")
    return MEMBERS[:place] + content2.ADDED + MEMBERS[place:]


def is_supported(content: dict) -> bool:
    return content["type"] in SUPPORTED[content["v"]]


def untagged_json(content: dict) -> bytes:
    return canonical_json({**content, "self_tag": ""})


def read_content(data: bytes) -> dict:
    """Parse and check a content by §5.1 and §5.2, in their order."""
    content = parse_object(data)
    require(is_integer(content.get("v")) and content["v"] in SUPPORTED, "unknown_version")
    check_members(content)
    require(canonical_json(content) == data, "not_canonical")
    return content


def parse_object(data: bytes) -> dict:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("encoding") from None
    try:
        content = json.loads(text, parse_float=number, parse_int=number, parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise Refused("json") from None
    require(isinstance(content, dict), "json")
    return content


def number(text: str) -> int | float:
    """Accept any spelling of a number, as ECMAScript does. The check of the canonical form refuses the others."""
    value = float(text)
    return int(value) if value.is_integer() else value


def no_constant(_text: str) -> None:
    raise ValueError("JSON has no NaN and no Infinity")


def check_members(content: dict) -> None:
    require(matches(r"[a-z][a-z0-9_]{0,31}", content.get("type")), "type")
    require(content["v"] == 1 or content["type"] not in ("skip", "receipt"), "type")
    require(is_text(content.get("from")) and is_text(content.get("to")), "people")
    require(matches(r"[0-9a-f]{32}", content.get("browser")), "browser")
    require(is_counter(content.get("counter")), "counter")
    first = content["counter"] == 1
    previous = content.get("previous", "absent")
    require(previous is None if first else matches(r"[0-9a-f]{64}", previous), "previous")
    require(is_list_of_browsers(content.get("received"), is_named), "received")
    require(content["type"] != "receipt" or content["received"] == [], "received")
    require(is_integer(content.get("sent_at")) and 0 <= content["sent_at"] <= LATEST_TIME_MS, "sent_at")
    if content["v"] == 2:
        content2.check_added_members(content)
    require(matches(r"[0-9a-f]{64}", content.get("self_tag")), "self_tag")
    require(is_text(content.get("body")), "body")
    is_body = is_body_of if content["v"] == 1 else content2.is_body
    require(is_body(content["type"], content["body"]), "body")


def is_body_of(kind: str, body: str) -> bool:
    """§5.1: whether the body fits the type, for the types that version 1 knows."""
    if kind == "text":
        return len(body) <= 4000
    if kind == "skip":
        return matches(r"[0-9a-f]{64}", body)
    return kind != "receipt" or is_receipt_body(body)


def is_receipt_body(body: str) -> bool:
    """§5.6."""
    try:
        receipt = parse_object(body.encode("utf-8"))
    except Refused:
        return False
    return is_receipt(receipt) and receipt_json(receipt) == body


def receipt_json(receipt: dict) -> str:
    head = receipt["head"] and {name: receipt["head"][name] for name in ("counter", "hash")}
    seen = [
        {name: entry[name] for name in ("browser", "from", "delivered", "read", "missing")} for entry in receipt["seen"]
    ]
    return json.dumps({"head": head, "seen": seen}, separators=(",", ":"))


def message_type_of(kind: str) -> str:
    """§4.2."""
    return "receipt" if kind == "receipt" else "text"


def is_text(value: object) -> bool:
    """JSON can escape a lone surrogate, which is not text."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def is_counter(value: object) -> bool:
    return is_integer(value) and 1 <= value <= LARGEST_COUNTER


def is_list_of_browsers(value: object, is_entry: Callable[[dict], bool]) -> bool:
    """At most 8 browsers, all with different ids."""
    if not isinstance(value, list) or len(value) > 8 or not all(isinstance(entry, dict) for entry in value):
        return False
    browsers = [entry.get("browser") for entry in value]
    known = all(matches(r"[0-9a-f]{32}", browser) for browser in browsers)
    return known and len(set(browsers)) == len(browsers) and all(is_entry(entry) for entry in value)


def is_named(value: object) -> bool:
    """A reference to a message of a chain: its counter and hash."""
    return isinstance(value, dict) and is_counter(value.get("counter")) and matches(r"[0-9a-f]{64}", value.get("hash"))


def is_receipt(value: dict) -> bool:
    head = value.get("head", "absent")
    return (head is None or is_named(head)) and is_list_of_browsers(value.get("seen"), is_seen)


def is_seen(entry: dict) -> bool:
    first, delivered, read, missing = (entry.get(name) for name in ("from", "delivered", "read", "missing"))
    if not (is_counter(first) and is_counter(delivered) and is_integer(read) and isinstance(missing, list)):
        return False
    return (
        first <= delivered
        and (read == 0 or first <= read <= delivered)
        and len(missing) <= 64
        and all(is_integer(counter) and first <= counter < delivered for counter in missing)
        and missing == sorted(set(missing))
    )


def bucket_for(length: int) -> int:
    fitting = [bucket for bucket in BUCKETS if bucket >= 4 + length]
    require(bool(fitting), "padding")
    return fitting[0]


def pad(content: bytes) -> bytes:
    return (len(content).to_bytes(4, "big") + content).ljust(bucket_for(len(content)), b"\x00")


def unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:4], "big")
    require(len(padded) == bucket_for(length), "padding")
    require(not any(padded[4 + length :]), "padding")
    return padded[4 : 4 + length]
