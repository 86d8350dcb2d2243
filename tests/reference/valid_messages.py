"""Messages that every implementation must open, as sender and as recipient, with all intermediate values."""

import base64
import hashlib
from dataclasses import dataclass, field, replace

from tests.reference.content import BUCKETS, canonical_json, is_supported, message_type_of, pad, receipt_json
from tests.reference.content2 import spelled
from tests.reference.people import ALICE, BOB, NAMES, fixed, fixed_uuid
from tests.reference.suite1 import Fresh, Header, Person, Sealed, seal

LONGEST_IN_FULL = 2048
SENT_AT = 1_795_392_000_000  # 2026-11-23T00:00:00Z


@dataclass(frozen=True)
class Case:
    name: str
    comment: str
    body: str
    sender: Person = ALICE
    recipient: Person = BOB
    salt_length: int = 32
    members: dict = field(default_factory=dict)
    tag: bytes | None = None  # the franking tag where it is not to be the right one; empty for none

    @property
    def header(self) -> Header:
        return Header(
            self.sender.email, self.recipient.email, self.sender.fingerprint, self.recipient.fingerprint,
            fixed_uuid(f"client_id of {self.name}"), message_type_of(self.draft["type"]),
        )  # fmt: skip

    @property
    def draft(self) -> dict:
        return first_draft(self.sender) | {"body": self.body} | self.members

    def seal(self) -> Sealed:
        fresh = Fresh(fixed(f"salt of {self.name}", self.salt_length), fixed(f"nonce of {self.name}", 12))
        return seal(self.sender, self.recipient.public_key, self.header, self.draft, fresh, self.tag)


def browser_of(somebody: Person) -> str:
    return fixed(f"browser of {NAMES[somebody.email]}", 16).hex()


def first_draft(sender: Person) -> dict:
    return {
        "type": "text", "browser": browser_of(sender), "counter": 1, "previous": None, "received": [],
        "sent_at": SENT_AT, "body": "",
    }  # fmt: skip


def received(label: str, counter: int) -> dict:
    return {
        "browser": fixed(f"browser {label}", 16).hex(), "counter": counter, "hash": fixed(f"hash {label}").hex(),
    }  # fmt: skip


def conversation() -> list[Case]:
    """Messages of Alice, Bob and Alice, each of which names the previous ones."""
    hello = Case(
        "first-message", "A browser's first message to somebody: counter 1, no previous, nothing received.", "Hi"
    )
    hello_hash = hello.seal().message_hash.hex()
    answered = {"received": [{"browser": browser_of(ALICE), "counter": 1, "hash": hello_hash}]}
    answer = Case(
        "answer",
        "The other direction, which has heard the first message.",
        "Hello Alice!",
        BOB,
        ALICE,
        members=answered,
    )
    heard = {"browser": browser_of(BOB), "counter": 1, "hash": answer.seal().message_hash.hex()}
    chained = {"counter": 2, "previous": hello_hash, "received": [heard]}
    return [
        hello,
        answer,
        Case("second-message", "previous is the hash of first-message.", "How are you?", members=chained),
    ]


def texts() -> list[Case]:
    eight = [received(str(number), number + 1) for number in range(8)]
    largest = {"counter": 2**53 - 1, "previous": fixed("hash before the last").hex()}
    return [
        Case("empty-text", "A body may be empty.", ""),
        Case(
            "unicode", "Composed and decomposed letters stay as they are; emoji, right-to-left text, a line separator.",
            "Zoë Zoe\u0308 👩🏽‍💻 שלום \u2028 \ufeff \x7f \U0010ffff",
        ),
        Case(
            "escapes", "Exactly these characters are escaped, the short way where JSON has one.",
            '"\\/\b\f\n\r\t' + "".join(map(chr, range(32))),
        ),
        Case("longest-emoji-text", "4000 code points of four bytes each.", "😀" * 4000),
        Case("longest-escaped-text", "4000 characters, each escaped to six bytes.", "\x01" * 4000),
        Case("salt-of-16-bytes", "The shortest salt that is opened.", "short salt", salt_length=16),
        Case("salt-of-24-bytes", "A salt between the limits.", "salt", salt_length=24),
        Case("eight-received", "The longest list; its order is the sender's.", "eight", members={"received": eight}),
        Case("largest-numbers", "", "z", members={**largest, "sent_at": 8_640_000_000_000_000}),
        Case("time-zero", "A clock at the epoch.", "0", members={"sent_at": 0}),
        Case("unknown-type", "Opens as unsupported, whatever its length.", "🎈" * 4001, members={"type": "poll"}),
        Case("unknown-type-of-bob", "", "", BOB, ALICE, members={"type": "reaction"}),
    ]  # fmt: skip


def seen(label: str, first: int, delivered: int, read: int = 0, missing: tuple[int, ...] = ()) -> dict:
    return {
        "browser": fixed(f"browser {label}", 16).hex(), "from": first, "delivered": delivered, "read": read,
        "missing": list(missing),
    }  # fmt: skip


def receipt(name: str, comment: str, head: dict | None, *entries: dict, **members) -> Case:
    body = receipt_json({"head": head, "seen": entries})
    return Case(name, comment, body, members={"type": "receipt", **members})


def skips() -> list[Case]:
    taken_back = Case("taken back", "", "No, wait").seal().message_hash.hex()
    first = Case("skip", "A browser's first message was taken back.", taken_back, members={"type": "skip"})
    after = {"counter": 2, "previous": taken_back}
    last = {"type": "skip", "counter": 2**53 - 1, "previous": fixed("hash before the last").hex()}
    return [
        first,
        Case("text-after-skip", "previous is the body of skip, not its hash.", "Hi", members=after),
        Case("skip-of-the-last-counter", "", fixed("hash of the last").hex(), members=last),
    ]


def receipts() -> list[Case]:
    head = {"counter": 3, "hash": fixed("hash of the head").hex()}
    first = receipt("receipt", "Nothing sent yet, and nothing read.", None, seen("of bob", 1, 1))
    second = {"counter": 2, "previous": first.seal().message_hash.hex()}
    return [
        first,
        receipt("second-receipt", "previous is the hash of receipt.", head, seen("of bob", 1, 5, 4, (2, 3)), **second),
        receipt("receipt-of-nothing", "", None),
        receipt("receipt-without-end", "", head, seen("late", 2**53 - 1, 2**53 - 1, 2**53 - 1)),
        receipt("receipt-of-gaps", "64 are missing, the first of all among them.", head,
                seen("of bob", 1, 129, 129, tuple(range(1, 128, 2)))),
        receipt("receipt-for-eight", "The longest list.", head,
                *(seen(str(number), 1, 99, 1, tuple(range(2, 66))) for number in range(8))),
    ]  # fmt: skip


def second(name: str, comment: str, body: object, **members) -> Case:
    """A content of version 2. A body that is no text is spelled as JSON."""
    added = {
        "v": 2, "salt": fixed(f"content salt of {name}", 16).hex(), "reply": None, "replaces": None, "expires": None,
        "else": "",
    }  # fmt: skip
    return Case(name, comment, body if isinstance(body, str) else spelled(body), members=added | members)


def sealed_file(label: str, size: int) -> dict:
    return {"id": fixed(f"id {label}", 16).hex(), "key": fixed(f"key {label}").hex(), "size": size,
            "hash": fixed(f"hash of file {label}").hex()}  # fmt: skip


def file_entry(label: str, **members) -> dict:
    entry = {
        **sealed_file(label, 1), "name": f"{label}.bin", "type": "application/octet-stream", "width": 0, "height": 0,
        "duration": 0, "waveform": "", "thumbnail": None, "preview": None,
    }  # fmt: skip
    return entry | members


def second_version() -> list[Case]:
    """Contents of version 2, of each type."""
    hello = second("version-2", "A text in a chat that has moved to version 2.", "Hi")
    name = hello.seal().message_hash.hex()
    chained = {"counter": 2, "previous": name}
    picture = file_entry(
        "Zoë", type="image/webp", size=123_456, width=4000, height=3000, thumbnail=base64_of(b"\x00" * 4096),
        preview=sealed_file("preview", 2**53 - 1),
    )  # fmt: skip
    voice = file_entry("voice", type="audio/ogg", duration=86_400_000, waveform="00ff" * 32)
    reaction = {"on": name, "saw": name, "emoji": "👍🏽"}
    nineteen = [file_entry(str(number)) for number in range(19)]
    small = {"type": "image/png", "data": base64_of(b"\x89PNG")}
    large = {"type": "image/jpeg", "data": base64_of(b"\xff" * 32768)}
    return [
        hello,
        second("reply", "It answers another message, which need not be here.", "Yes", reply=name, **chained),
        second("edit", "replaces names the first version.", "Hello", replaces=name, **chained),
        second("expiring", "An hour.", "Soon gone", expires=3600),
        second("expiring-after-a-year", "The longest time.", "", expires=31_536_000),
        second("reaction", "", reaction, type="reaction", **chained),
        second("reaction-taken-back", "", reaction | {"emoji": ""}, type="reaction", expires=1),
        second("deletion", "", {"browser": browser_of(ALICE), "counter": 1}, type="nothing", replaces=name, **chained),
        second("timer", "Four weeks.", {"seconds": 2_419_200}, type="timer", **{"else": "é" * 200}),
        second("timer-off", "", {"seconds": 0}, type="timer"),
        second("profile", "", {"name": "Alice 👩🏽‍💻", "picture": small}, type="profile"),
        second("profile-with-large-picture", "", {"name": "é" * 100, "picture": large}, type="profile"),
        second("profile-of-nothing", "", {"name": "", "picture": None}, type="profile"),
        second("file", "", {"caption": "Look", "files": [picture]}, type="file", reply=name, **{"else": "A picture"}),
        second("file-of-many", "", {"caption": "", "files": [voice, *nineteen]}, type="file"),
        second("caption-edited", "", {"caption": "Look here", "files": [picture]}, type="file", replaces=name),
        second("unknown-type-2", "else says what it is.", "{", type="poll", **{"else": "A poll"}),
        second("unknown-type-2-that-replaces", "", "", type="poll", replaces=name, expires=1),
        replace(second("version-2-without-tag", "As from a client that knows no franking.", "Hi"), tag=b""),
        second("receipt-word-as-body", "A text is text, whatever it looks like.", '{"seconds":0}'),
    ]  # fmt: skip


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def bucket_edges() -> list[Case]:
    """The longest JSON for each bucket. For the small buckets also one byte more, which needs the next bucket."""
    return [case for bucket in BUCKETS for case in edge(bucket)]


def edge(bucket: int) -> list[Case]:
    kind = "text" if bucket <= 4096 else "bulk"  # the body of a text has at most 4000 characters
    whole = {"v": 1, "from": ALICE.email, "to": BOB.email, "self_tag": "0" * 64, **first_draft(ALICE), "type": kind}
    room = bucket - 4 - len(canonical_json(whole))
    fits = Case(f"fills-{bucket}", f"No padding byte: 4 + JSON = {bucket}.", "a" * room, members={"type": kind})
    over = Case(f"exceeds-{bucket}", "One byte more takes the next bucket.", "a" * (room + 1), members={"type": kind})
    return [fits, over] if kind == "text" else [fits]


def cases() -> list[Case]:
    return conversation() + texts() + skips() + receipts() + bucket_edges() + second_version()


def valid_file() -> dict:
    return {
        "comment": "Byte strings are hexadecimal. One longer than 2048 bytes is given by its SHA-256 in <name>_sha256.",
        "messages": [entry(case, case.seal()) for case in cases()],
    }


def entry(case: Case, sealed: Sealed) -> dict:
    return {
        "name": case.name,
        "comment": case.comment,
        "sender": NAMES[case.sender.email],
        "recipient": NAMES[case.recipient.email],
        "supported": is_supported(sealed.content),
        "content": sealed.content,
        **hexadecimal("salt", sealed.fresh.salt),
        **hexadecimal("nonce", sealed.fresh.nonce),
        **hexadecimal("shared_secret", sealed.shared_secret),
        **hexadecimal("pbkdf2_salt", sealed.pbkdf2_salt),
        **hexadecimal("message_key", sealed.message_key),
        "tag": sealed.header.tag.hex(),
        **hexadecimal("aad", sealed.aad),
        **hexadecimal("untagged_json", sealed.untagged_json),
        **hexadecimal("hash", sealed.message_hash),
        **hexadecimal("self_secret", sealed.self_secret),
        **hexadecimal("self_key", sealed.self_key),
        **hexadecimal("self_tag_input", sealed.self_tag_input),
        **hexadecimal("self_tag", sealed.self_tag),
        **hexadecimal("json", sealed.json),
        "bucket": len(sealed.padded),
        **hexadecimal("padded", sealed.padded),
        **hexadecimal("ciphertext", sealed.ciphertext),
        "message": sealed.message,
    }


def hexadecimal(name: str, data: bytes) -> dict:
    if len(data) > LONGEST_IN_FULL:
        return {f"{name}_sha256": hashlib.sha256(data).hexdigest()}
    return {name: data.hex()}


def padding_file() -> dict:
    lengths = sorted({0, 1, *(bucket - 4 + step for bucket in BUCKETS for step in (-1, 0, 1))})
    return {
        "comment": "The content is that many bytes 0x61; what exceeds the largest bucket is refused.",
        "paddings": [padding_entry(length) for length in lengths],
    }


def padding_entry(length: int) -> dict:
    if 4 + length > BUCKETS[-1]:
        return {"content_length": length, "bucket": None, "padded_sha256": None}
    padded = pad(b"a" * length)
    digest = hashlib.sha256(padded).hexdigest()
    return {"content_length": length, "bucket": len(padded), "padded_sha256": digest}
