"""Contents of version 2 that break its rules (docs/protocol.md §5.7 and §5.8), sealed by the correct keys."""

import json

from tests.reference.content2 import spelled as body_of
from tests.reference.invalid_contents import described
from tests.reference.people import fixed
from tests.reference.spoiling import Refusal, of_json, spelled, told_as
from tests.reference.valid_messages import base64_of, file_entry, sealed_file, second

GOOD = json.loads(second("base of the refused ones", "", "See you at eight").seal().json)
HASH = fixed("a message").hex()
REACTION = {"on": HASH, "saw": HASH, "emoji": "👍"}
NOTHING = {"browser": "0" * 32, "counter": 1}
PROFILE = {"name": "Alice", "picture": None}
FILE = file_entry("file", thumbnail=base64_of(b"webp"), preview=sealed_file("its preview", 1))
MANY = [file_entry(str(number)) for number in range(21)]
FILES = {"caption": "", "files": [FILE]}

WRONG_VALUES = [
    ("type", "type", ["skip", "receipt", "Text"]),
    ("content_salt", "salt", ["0" * 31, "A" * 32, "0" * 32 + "\n", None, 7]),
    ("reply", "reply", ["", HASH[:-1], HASH.upper(), 7, [HASH]]),
    ("replaces", "replaces", ["", HASH[:-1], HASH.upper(), 7, [HASH]]),
    ("expires", "expires", [0, -1, 1.5, 31_536_001, "60", True]),
    ("else", "else", [None, "a" * 201, "\ud800", 7]),
    ("self_tag", "self_tag", ["", None]),
    ("body", "body", ["a" * 4001, None, {"text": "Hi"}]),
]
WRONG_BODIES = {
    "reaction": [
        *({**REACTION, "on": value} for value in (None, "", HASH.upper())),
        *({**REACTION, "saw": value} for value in (None, "", HASH.upper())),
        *({**REACTION, "emoji": value} for value in (None, "👍" * 21, "\ud83d", 7)),
        *({name: value for name, value in REACTION.items() if name != absent} for absent in REACTION),
        {**REACTION, "by": "bob"}, dict(reversed(REACTION.items())), [REACTION], None,
    ],
    "nothing": [
        *({**NOTHING, "browser": value} for value in (None, "0" * 31, "A" * 32)),
        *({**NOTHING, "counter": value} for value in (None, 0, 2**53, "1", 1.5)), {}, None,
    ],
    "timer": [*({"seconds": value} for value in (None, -1, 31_536_001, "0", 0.5, True)), {}, [], 0],
    "profile": [
        *({**PROFILE, "name": value} for value in (None, "a" * 101, 7)),
        *(
            {**PROFILE, "picture": {"type": "image/png", "data": data}}
            for data in ("", "AA", "AB==", None, base64_of(bytes(32769)))
        ),
        *({**PROFILE, "picture": {"type": kind, "data": "AA=="}} for kind in ("image/svg+xml", "IMAGE/PNG", None)),
        {"name": "Alice"}, {"picture": None}, {**PROFILE, "picture": "AA=="},
    ],
    "file": [
        *({**FILES, "caption": value} for value in (None, "a" * 4001)),
        *({**FILES, "files": value} for value in (None, [], [FILE, FILE], [None], MANY)),
        *({**FILES, "files": [{**FILE, name: value}]} for name, values in {
            "id": [None, "0" * 31, "A" * 32, FILE["preview"]["id"]],
            "key": [None, "0" * 63, "A" * 64],
            "size": [None, -1, 2**53, "1"],
            "hash": [None, "0" * 63],
            "name": [None, "", "a" * 256],
            "type": [None, "", "image", "Image/png", "image/png; a=b", "text/html\n"],
            "width": [None, -1, 65536], "height": [None, -1, 65536], "duration": [None, -1, 86_400_001],
            "waveform": [None, "0", "AA", "00" * 65],
            "thumbnail": ["A", base64_of(bytes(4097))],
            "preview": [{}, {**FILE["preview"], "key": ""}, FILE["id"]],
        }.items() for value in values),
        *({**FILES, "files": [{key: value for key, value in FILE.items() if key != absent}]} for absent in FILE),
        {**FILES, "files": [file_entry(str(n), thumbnail=base64_of(bytes(4096))) for n in range(7)]},
        {"caption": "", "files": [dict(reversed(FILE.items()))]},
    ],
}  # fmt: skip


def with_members(**members) -> dict:
    return GOOD | members


def refusal(name: str, reason: str, comment: str, content: dict) -> Refusal:
    return Refusal(f"second-{name}", reason, comment, of_json(spelled(content)))


def wrong_values() -> list[Refusal]:
    return [
        refusal(f"{member}-{number}", reason, described(value), with_members(**{member: value}))
        for reason, member, values in WRONG_VALUES
        for number, value in enumerate(values, 1)
    ]


def wrong_bodies() -> list[Refusal]:
    replacing = {"nothing": HASH}
    return [
        refusal(
            f"{kind}-{number}", "body", described(body),
            with_members(type=kind, body=body_with_surrogates(body), replaces=replacing.get(kind)),
        )
        for kind, bodies in WRONG_BODIES.items()
        for number, body in enumerate(bodies, 1)
    ]  # fmt: skip


def body_with_surrogates(body: object) -> str:
    """A lone surrogate is escaped in the body, so that the body itself is text."""
    return spelled(body).decode()


def wrong_together() -> list[Refusal]:
    """Members that are in form, and not for this type, or not with each other."""
    reaction, timer = body_of(REACTION), body_of({"seconds": 0})
    profile, nothing = body_of(PROFILE), body_of(NOTHING)
    return [
        refusal("reply-and-replaces", "replaces", "", with_members(reply=HASH, replaces=HASH)),
        refusal("reaction-replies", "reply", "", with_members(type="reaction", body=reaction, reply=HASH)),
        refusal("reaction-replaces", "replaces", "", with_members(type="reaction", body=reaction, replaces=HASH)),
        refusal("nothing-replaces-nothing", "replaces", "", with_members(type="nothing", body=nothing)),
        refusal("nothing-replies", "reply", "", with_members(type="nothing", body=nothing, reply=HASH)),
        refusal(
            "nothing-expires", "expires", "", with_members(type="nothing", body=nothing, replaces=HASH, expires=60)
        ),
        refusal("timer-replaces", "replaces", "", with_members(type="timer", body=timer, replaces=HASH)),
        refusal("timer-expires", "expires", "", with_members(type="timer", body=timer, expires=60)),
        refusal("profile-replies", "reply", "", with_members(type="profile", body=profile, reply=HASH)),
        refusal("profile-expires", "expires", "", with_members(type="profile", body=profile, expires=60)),
    ]


def missing_members() -> list[Refusal]:
    reasons = {"salt": "content_salt", "reply": "reply", "replaces": "replaces", "expires": "expires", "else": "else"}
    return [
        refusal(f"no-{absent}", reason, "", {name: value for name, value in GOOD.items() if name != absent})
        for absent, reason in reasons.items()
    ]


def other_spellings() -> list[Refusal]:
    """The canonical form has the added members in one place, and version 1 has none of them."""
    reaction = body_of(REACTION)
    first = {**GOOD, "v": 1}
    return [
        refusal("other-order", "not_canonical", "", dict(reversed(GOOD.items()))),
        refusal("extra-member", "not_canonical", "", {**GOOD, "mentions": []}),
        refusal("members-in-version-1", "not_canonical", "", first),
        refusal("space-in-body", "body", "", with_members(type="reaction", body=reaction.replace(":", ": "))),
        refusal("number-in-body", "body", "", with_members(type="timer", body='{"seconds":1.0}')),
        refusal("member-twice-in-body", "body", "", with_members(type="timer", body='{"seconds":1,"seconds":1}')),
        refusal("escape-in-body", "body", "", with_members(type="timer", body='{"\\u0073econds":1}')),
        refusal("body-cut-off", "body", "", with_members(type="timer", body='{"seconds":1')),
        Refusal("second-told-as-its-type", "type", "", told_as("reaction", spelled(
            with_members(type="reaction", body=reaction)))),
        Refusal("second-told-as-receipt", "type", "", told_as("receipt", spelled(GOOD))),
    ]  # fmt: skip
