"""One valid message from Alice to Bob, and the ways to spoil it that the invalid vectors share."""

import base64
import json
from dataclasses import dataclass, replace

from tests.reference.content import pad
from tests.reference.people import ALICE, BOB, PEOPLE, fixed
from tests.reference.suite1 import Header, Person, additional_data, encrypt, message_object
from tests.reference.valid_messages import Case, received

GOOD = Case(
    "base of the invalid messages",
    "",
    "See you at eight",
    members={"counter": 2, "previous": fixed("hash of the first").hex(), "received": [received("of bob", 3)]},
).seal()


@dataclass(frozen=True)
class Refusal:
    """An invalid message. By default Bob reads it in his chat with Alice."""

    name: str
    reason: str
    comment: str
    message: object
    reader: Person = BOB
    peer_email: str = ALICE.email
    peer_public_key: bytes = ALICE.public_key

    def entry(self) -> dict:
        key_of = next(name for name, person in PEOPLE.items() if person.fingerprint == self.reader.fingerprint)
        return {
            "name": self.name,
            "reason": self.reason,
            "comment": self.comment,
            "reader": key_of,
            "reader_email": self.reader.email,
            "peer_email": self.peer_email,
            "peer_public_key": self.peer_public_key.hex(),
            "message": self.message,
        }


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def flipped(data: bytes, index: int) -> bytes:
    changed = bytearray(data)
    changed[index] ^= 1
    return bytes(changed)


def changed(**members) -> dict:
    """The valid message with other members."""
    return GOOD.message | members


def without(member: str) -> dict:
    """The valid message without one member."""
    return {name: value for name, value in GOOD.message.items() if name != member}


def encrypted(header: Header, key: bytes, aad: bytes, padded: bytes) -> dict:
    """The message object for any plaintext, key and additional data."""
    return message_object(header, GOOD.fresh, encrypt(key, GOOD.fresh.nonce, aad, padded))


def of_padded(padded: bytes) -> dict:
    """The valid message with another padded plaintext, sealed by the correct key."""
    return encrypted(GOOD.header, GOOD.message_key, GOOD.aad, padded)


def of_json(data: bytes) -> dict:
    """The valid message with other JSON, or with text that is not JSON."""
    return of_padded(pad(data))


def told_as(message_type: str, data: bytes) -> dict:
    """The valid message with other JSON, and another message_type in the message object."""
    header = replace(GOOD.header, message_type=message_type)
    return encrypted(header, GOOD.message_key, additional_data(header), pad(data))


def in_order(**members) -> dict:
    """The valid content with other members, in canonical order."""
    return {name: members.get(name, GOOD.content[name]) for name in json.loads(GOOD.json)} | members


def spelled(value: object) -> bytes:
    """JSON as JSON.stringify writes it. A lone surrogate is escaped, because UTF-8 cannot encode it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text).encode()
