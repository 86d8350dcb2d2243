"""Messages with a franking tag that is not that of their content (docs/protocol.md §5.12)."""

import hashlib
import hmac
from dataclasses import replace

from tests.reference.people import ALICE, BOB
from tests.reference.spoiling import Refusal, b64, flipped
from tests.reference.suite1 import franking_tag, lp
from tests.reference.valid_messages import Case, second

CASE = second("base of the wrong tags", "", "See you at eight")
GOOD = CASE.seal()
TAG = GOOD.header.tag
LABEL = b"VibeChat suite 1 franking"


def wrong_form() -> list[Refusal]:
    values = [
        "",
        b64(TAG[:31]),
        b64(TAG + b"\x00"),
        b64(TAG).rstrip("="),
        b64(TAG) + "\n",
        TAG.hex(),
        7,
        True,
        [b64(TAG)],
    ]
    return [
        Refusal(f"tag-{number}", "tag", "Out of form.", GOOD.message | {"tag": value})
        for number, value in enumerate(values, 1)
    ]


def changed_on_the_way() -> list[Refusal]:
    untagged = Case("base of the added tags", "", "Hi").seal().message
    messages = {
        "tag-bit": GOOD.message | {"tag": b64(flipped(TAG, 0))},
        "tag-taken-away": {name: value for name, value in GOOD.message.items() if name != "tag"},
        "tag-null": GOOD.message | {"tag": None},
        "tag-added": untagged | {"tag": b64(TAG)},
    }
    return [Refusal(name, "decryption", "The server has done it.", message) for name, message in messages.items()]


def of_another_content() -> list[Refusal]:
    """What a changed client can send: the tag is in the additional data, and commits to something else."""
    salt = bytes.fromhex(GOOD.content["salt"])
    tags = {
        "tag-of-zeros": bytes(32),
        "tag-bit-sealed": flipped(TAG, 31),
        "tag-of-another-text": franking_tag({**GOOD.content, "body": "Thank you"}),
        "tag-by-another-salt": hmac.digest(bytes(16), lp(LABEL, GOOD.untagged_json), "sha256"),
        "tag-without-label": hmac.digest(salt, GOOD.untagged_json, "sha256"),
        "tag-of-the-whole-json": hmac.digest(salt, lp(LABEL, GOOD.json), "sha256"),
        "tag-without-salt": hashlib.sha256(lp(LABEL, GOOD.untagged_json)).digest(),
    }
    refusals = [
        Refusal(name, "tag", "It commits to another content.", replace(CASE, tag=tag).seal().message)
        for name, tag in tags.items()
    ]
    first = replace(Case("tag-in-version-1", "", "Hi"), tag=TAG).seal().message
    own = replace(second("own-with-wrong-tag", "", "Hi"), tag=TAG, sender=BOB, recipient=ALICE).seal().message
    return [
        *refusals,
        Refusal("tag-in-version-1", "tag", "A content without salt has none.", first),
        Refusal("own-with-wrong-tag", "tag", "Also where it is one's own.", own),
    ]
