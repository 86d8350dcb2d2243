"""What a chat shows, by the rules of docs/protocol.md §5.9, and the vectors of these rules."""

import json

from tests.reference.content2 import files, profile, spelled
from tests.reference.people import fixed

DAY_MS = 86_400_000
SENT_AT = 1_795_392_000_000
Content = dict


def chat_state(contents: list[Content]) -> dict:
    """The state of each message by its hash, written down rule by rule."""
    by_hash = {content["hash"]: content for content in contents}
    told = list(by_hash.values())
    return {
        "messages": {one["hash"]: state_of(one, told) for one in told if is_original(one)},
        "timer_seconds": (newest(told, lambda one: one["type"] == "timer") or {"seconds": 0})["seconds"],
        "profiles": {
            person: newest(told, lambda one, by=person: one["type"] == "profile" and one["by"] == by)
            for person in ("alice", "bob")
        },
    }


def is_original(content: Content) -> bool:
    return content["type"] in ("text", "file") and content["replaces"] is None


def state_of(original: Content, told: list[Content]) -> dict:
    def is_change(one: Content) -> bool:
        return one["replaces"] == original["hash"] and one["by"] == original["by"]

    if any(is_change(one) and one["type"] == "nothing" for one in told):
        return {"deleted": True, "versions": [], "reactions": []}
    edits = [
        one
        for one in told
        if is_change(one) and one["type"] == original["type"] and one["sent_at"] - original["sent_at"] <= DAY_MS
    ]
    versions = [original["hash"], *(one["hash"] for one in in_time(edits))]
    found = []
    for person in ("alice", "bob"):
        mine = [one for one in told if one["by"] == person and is_on(one, original["hash"])]
        if mine and json.loads(in_time(mine)[-1]["body"])["emoji"] != "":
            found.append(in_time(mine)[-1])
    reactions = [
        {
            "by": one["by"],
            "emoji": json.loads(one["body"])["emoji"],
            "of_earlier": json.loads(one["body"])["saw"] != versions[-1],
        }
        for one in in_time(found)
    ]
    return {"deleted": False, "versions": versions, "reactions": reactions}


def is_on(content: Content, name: str) -> bool:
    return content["type"] == "reaction" and json.loads(content["body"])["on"] == name


def newest(told: list[Content], counts) -> dict | None:
    counting = in_time([one for one in told if counts(one)])
    return json.loads(counting[-1]["body"]) if counting else None


def in_time(contents: list[Content]) -> list[Content]:
    return sorted(contents, key=lambda one: (one["sent_at"], one["hash"]))


# The vectors


def told(
    label: str, kind: str = "text", *, by: str = "alice", at: int = 0, replaces: str | None = None, body=""
) -> Content:
    """Named by a hash that is fixed for the label; `replaces` is another one's label."""
    text = body if isinstance(body, str) else spelled(body)
    return {
        "hash": name_of(label), "by": by, "type": kind, "sent_at": SENT_AT + at,
        "replaces": replaces and name_of(replaces), "body": text or label if kind == "text" else text,
    }  # fmt: skip


def name_of(label: str) -> str:
    return fixed(f"hash of {label}").hex()


def reacted(label: str, on: str, emoji: str, *, saw: str = "", by: str = "bob", at: int = 1) -> Content:
    return told(label, "reaction", by=by, at=at, body={"on": name_of(on), "saw": name_of(saw or on), "emoji": emoji})


def deleted(label: str, what: str, *, by: str = "alice", at: int = 1) -> Content:
    return told(label, "nothing", by=by, at=at, replaces=what, body={"browser": "0" * 32, "counter": 1})


def picture(label: str, *, replaces: str | None = None, at: int = 0) -> Content:
    entry = {
        "id": "0" * 32, "key": "0" * 64, "size": 1, "hash": "0" * 64, "name": "a.png", "type": "image/png", "width": 1,
        "height": 1, "duration": 0, "waveform": "", "thumbnail": None, "preview": None,
    }  # fmt: skip
    return told(label, "file", at=at, replaces=replaces, body=files({"caption": label, "files": [entry]}))


def named(name: str, by: str, at: int) -> Content:
    return told(f"profile {name}", "profile", by=by, at=at, body=profile({"name": name, "picture": None}))


def cases() -> dict[str, list[Content]]:
    hello, edit = told("hello"), told("edit", at=5, replaces="hello")
    same = [told(label, at=7, replaces="hello") for label in ("first of two", "second of two")]
    return {
        "a text alone": [hello],
        "an edit": [hello, edit],
        "the later edit counts, whichever comes first": [told("later", at=9, replaces="hello"), edit, hello],
        "of two edits at one time, the greater hash counts": [hello, *same],
        "an edit that is dated before its original still counts": [hello, told("early", at=-5, replaces="hello")],
        "an edit after exactly 24 hours": [hello, told("just", at=DAY_MS, replaces="hello")],
        "an edit after more than 24 hours does not count": [hello, told("late", at=DAY_MS + 1, replaces="hello")],
        "an edit of the other person does not count": [hello, told("forged", by="bob", at=5, replaces="hello")],
        "an edit of an edit does not count": [hello, edit, told("chain", at=6, replaces="edit")],
        "an edit of another type does not count": [hello, picture("swap", replaces="hello", at=5)],
        "a caption is edited": [picture("picture"), picture("caption", replaces="picture", at=5)],
        "an orphan waits unshown": [edit, reacted("like", "hello", "👍"), deleted("gone", "other")],
        "a deletion": [hello, deleted("gone", "hello")],
        "a deletion beats a later edit": [hello, deleted("gone", "hello"), told("after", at=99, replaces="hello")],
        "a deletion is not bound to 24 hours": [hello, deleted("gone", "hello", at=99 * DAY_MS)],
        "a deletion that comes first": [deleted("gone", "hello"), hello],
        "a deletion of the other person does not count": [hello, deleted("gone", "hello", by="bob")],
        "a deletion of an edit does not count": [hello, edit, deleted("gone", "edit", at=9)],
        "a deletion takes reactions with it": [hello, reacted("like", "hello", "👍"), deleted("gone", "hello")],
        "a reaction of each person": [hello, reacted("like", "hello", "👍"), reacted("own", "hello", "👍", by="alice")],
        "the later reaction counts": [hello, reacted("two", "hello", "🎉", at=2), reacted("one", "hello", "👍")],
        "a reaction that was taken back": [hello, reacted("one", "hello", "👍"), reacted("two", "hello", "", at=2)],
        "a reaction to an earlier version": [hello, edit, reacted("like", "hello", "👍")],
        "a reaction to the version that is shown": [hello, edit, reacted("like", "hello", "👍", saw="edit")],
        "a reaction that names an edit is an orphan": [hello, edit, reacted("like", "edit", "👍")],
        "a reaction to a reaction is an orphan": [hello, reacted("like", "hello", "👍"), reacted("two", "like", "👍")],
        "a reaction cannot be replaced": [hello, reacted("like", "hello", "👍"), deleted("gone", "like", by="bob")],
        "everything twice": [hello, edit, reacted("like", "hello", "👍")] * 2,
        "the later timer counts, whoever set it": [
            told("day", "timer", by="bob", at=2, body={"seconds": 86400}),
            told("hour", "timer", at=1, body={"seconds": 3600}),
        ],
        "each person's later profile counts": [
            named("Al", "alice", 2),
            named("Alice", "alice", 1),
            named("Bob", "bob", 3),
        ],
        "an unknown type changes nothing": [hello, told("poll", "poll", at=5, replaces="hello")],
    }


def conversations_file() -> dict:
    return {
        "comment": "Contents in the order in which they come, and what the chat shows of them (docs/protocol.md §5.9).",
        "conversations": [
            {"name": name, "contents": contents, "state": chat_state(contents)} for name, contents in cases().items()
        ],
    }
