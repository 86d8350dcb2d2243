"""The content of archive segments in plain Python, and its vectors: docs/protocol.md §14.8."""

from typing import Any

from tests.reference.people import BOB, fixed
from tests.reference.refused import matches, require

SAFE = 2**53 - 1
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
EMAIL = r"[!-@\[-~]{3,255}"
BROWSER = r"[0-9a-f]{32}"
HASH = r"[0-9a-f]{64}"


def read_content(content: Any) -> list[dict]:
    """The messages, each once. Raises Refused."""
    require(isinstance(content, dict), "stream")
    version = content.get("v")
    require(not (is_number(version, 1) and version != 1), "unknown_version")
    require(version == 1 and is_number(version, 1), "stream")
    messages = content.get("messages")
    require(isinstance(messages, list) and all(is_message(one) for one in messages), "stream")
    return merge([messages])


def merge(segments: list[list[dict]]) -> list[dict]:
    """All messages of several segments, each once, in the order of their ids."""
    by_name = {name_of(message): message for segment in segments for message in segment}
    return sorted(by_name.values(), key=lambda message: message["id"])


def without(messages: list[dict], cleared: dict[str, Any]) -> list[dict]:
    """What stays of a segment after a chat was cleared."""

    def is_gone(message: dict) -> bool:
        content = message["content"]
        named = [content[member] for member in ("browser", "counter", "hash")]
        return message["peer"] == cleared["peer"] and (message["id"] <= cleared["through"] or named in cleared["named"])

    return [message for message in messages if not is_gone(message)]


def name_of(message: dict) -> tuple:
    content = message["content"]
    return (message["peer"], message["mine"], content["browser"], content["counter"], content["hash"])


def is_message(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and is_id(value.get("id"))
        and all(is_number(value.get(name), 0) for name in ("at", "delivered_at", "read_at"))
        and all(isinstance(value.get(name), bool) for name in ("mine", "seen"))
        and isinstance(value.get("nonce", 0), str | None)
        and isinstance(value.get("marks"), list)
        and is_text(value.get("peer"), EMAIL)
        and (value.get("client_id") is None or is_text(value["client_id"], UUID))
        and is_content(value.get("content"))
    )


def is_content(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("type"), str)
        and isinstance(value.get("body"), str)
        and is_named(value)
        and (value.get("previous", 0) is None or is_text(value.get("previous"), HASH))
        and isinstance(value.get("received"), list)
        and all(isinstance(one, dict) and is_named(one) for one in value["received"])
        and is_number(value.get("sent_at"), 0)
    )


def is_named(value: dict) -> bool:
    return (
        is_text(value.get("browser"), BROWSER)
        and is_number(value.get("counter"), 1)
        and is_text(value.get("hash"), HASH)
    )


def is_id(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= SAFE


def is_number(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= SAFE


def is_text(value: Any, pattern: str) -> bool:
    return isinstance(value, str) and matches(pattern, value)


# The vectors

BROWSER_OF_BOB = fixed("browser of bob", 16).hex()


def message(counter: int, **changes: Any) -> dict:
    content = {
        "type": "text",
        "body": f"Message {counter}",
        "browser": BROWSER_OF_BOB,
        "counter": counter,
        "previous": fixed(f"message {counter - 1} of bob").hex() if counter > 1 else None,
        "received": [],
        "sent_at": 1_793_491_200_000 + counter,
        "hash": fixed(f"message {counter} of bob").hex(),
        **changes.pop("content", {}),
    }
    return {
        "id": 100 + counter,
        "client_id": f"00000000-0000-4000-8000-{counter:012d}",
        "peer": BOB.email,
        "mine": False,
        "at": 1_793_491_200_500 + counter,
        "delivered_at": 1_793_491_201_000,
        "read_at": 0,
        "seen": True,
        "nonce": "AAAAAAAAAAAAAAAA",
        "marks": [],
        **changes,
        "content": content,
    }


def contents() -> list[dict]:
    own = message(2, mine=True, nonce=None, seen=False, marks=["taken_back"])
    newer = message(3, content={"type": "from-2031", "reply_to": "x"}, tag="y")
    return [
        {"name": "empty", "content": {"v": 1, "messages": []}},
        {"name": "theirs", "content": {"v": 1, "messages": [message(1)]}},
        {"name": "own", "content": {"v": 1, "messages": [own]}},
        {"name": "moved-aside", "content": {"v": 1, "messages": [message(1, id=100.9375)]}},
        {"name": "without-client-id", "content": {"v": 1, "messages": [message(1, client_id=None)]}},
        {"name": "unknown-members-stay", "content": {"v": 1, "messages": [newer]}},
    ]


def refused_contents() -> list[dict]:
    wrong: dict[str, dict] = {
        "id-zero": {"id": 0}, "id-text": {"id": "1"}, "id-too-large": {"id": 2**53}, "client-id": {"client_id": "x"},
        "peer": {"peer": "BOB@example.org"}, "mine": {"mine": 1}, "at": {"at": -1}, "delivered": {"delivered_at": None},
        "read": {"read_at": 1.5}, "seen": {"seen": None}, "nonce": {"nonce": 5}, "marks": {"marks": None},
    }  # fmt: skip
    inner: dict[str, dict] = {
        "type": {"type": 1}, "body": {"body": None}, "browser": {"browser": "x"}, "counter": {"counter": 0},
        "previous": {"previous": "x"}, "received": {"received": {}}, "received-entry": {"received": [{}]},
        "sent-at": {"sent_at": -1}, "hash": {"hash": "x"},
    }  # fmt: skip
    damaged: list[tuple[str, Any]] = [
        ("null", None),
        ("list", []),
        ("no-version", {"messages": []}),
        ("version-zero", {"v": 0, "messages": []}),
        ("version-text", {"v": "1", "messages": []}),
        ("no-messages", {"v": 1}),
        ("messages-object", {"v": 1, "messages": {}}),
        ("message-null", {"v": 1, "messages": [None]}),
        ("one-of-two", {"v": 1, "messages": [message(1), {}]}),
        *[(f"message-{name}", {"v": 1, "messages": [message(1, **change)]}) for name, change in wrong.items()],
        *[(f"content-{name}", {"v": 1, "messages": [message(1, content=change)]}) for name, change in inner.items()],
    ]
    newer = {"name": "version-2", "reason": "unknown_version", "content": {"v": 2, "messages": 7}}
    return [
        newer,
        *[{"name": name, "reason": "stream", "content": content} for name, content in damaged],
    ]


def merges() -> list[dict]:
    again = message(2, id=900, nonce="BBBBBBBBBBBBBBBB")
    other = message(2, content={"hash": fixed("another message 2 of bob").hex()})
    cases = [
        ("two-browsers", [[message(1), message(2)], [message(2), message(3)]]),
        ("under-another-id", [[message(1), message(2)], [again]]),
        ("a-conflict-stays", [[message(2)], [{**other, "id": 103}]]),
        ("of-the-other-direction", [[message(1)], [message(1, mine=True, id=200)]]),
    ]
    return [{"name": name, "segments": segments, "count": len(merge(segments))} for name, segments in cases]


def clearings() -> list[dict]:
    first = message(1)["content"]
    segment = [message(1), message(2), message(3), message(4, peer="carol@example.org", id=50)]
    named = [[first[member] for member in ("browser", "counter", "hash")]]
    cases = [
        ("by-name", {"peer": BOB.email, "through": 0, "named": named}),
        ("by-id", {"peer": BOB.email, "through": 102, "named": []}),
    ]
    return [
        {"name": name, "segment": segment, "cleared": cleared, "left": [one["id"] for one in without(segment, cleared)]}
        for name, cleared in cases
    ]


def archive_file() -> dict:
    return {
        "comment": "Opened contents of archive segments. `left`: the ids of the messages that stay.",
        "contents": contents(),
        "refused_contents": refused_contents(),
        "merges": merges(),
        "clearings": clearings(),
    }
