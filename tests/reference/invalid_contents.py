"""Messages sealed by the correct keys whose plaintext breaks the rules of the protocol."""

import json

from tests.reference.content import receipt_json
from tests.reference.people import ALICE, BOB, MALLORY
from tests.reference.spoiling import GOOD, Refusal, in_order, of_json, of_padded, spelled, told_as
from tests.reference.valid_messages import received, seen

ENTRY = received("of bob", 3)
DIGITS = "0" * 64


def wrong_padding() -> list[Refusal]:
    padded, length = GOOD.padded, len(GOOD.json)
    plaintexts = {
        "last-padding-byte": padded[:-1] + b"\x01",
        "first-padding-byte": padded[: 4 + length] + b"\x80" + padded[5 + length :],
        "larger-bucket": padded + bytes(1024),
        "length-beyond-the-end": (1021).to_bytes(4, "big") + padded[4:],
        "length-of-4-GiB": b"\xff\xff\xff\xff" + padded[4:],
        "length-one-short": (length - 1).to_bytes(4, "big") + padded[4:],
        "length-little-endian": length.to_bytes(4, "little") + padded[4:],
        "no-length": GOOD.json.ljust(1024, b"\x00"),
    }
    return [Refusal(name, "padding", "", of_padded(plaintext)) for name, plaintext in plaintexts.items()]


def wrong_encoding() -> list[Refusal]:
    spellings = {
        "invalid-utf-8": b"\xff",
        "overlong-utf-8": b"\xc0\xaf",
        "surrogate-in-utf-8": b"\xed\xa0\x80",
        "utf-8-beyond-unicode": b"\xf4\x90\x80\x80",
    }
    return [
        Refusal(name, "encoding", "", of_json(GOOD.json.replace(b"eight", spelling)))
        for name, spelling in spellings.items()
    ]


def wrong_json() -> list[Refusal]:
    whole = GOOD.json
    texts = {
        "nothing": b"",
        "not-json": b"See you at eight",
        "byte-order-mark": b"\xef\xbb\xbf" + whole,
        "json-cut-off": whole[:-1],
        "json-and-more": whole + b"{}",
        "json-in-an-array": b"[" + whole + b"]",
        "json-null": b"null",
        "json-string": b'"See you at eight"',
        "deep-array": b"[" * 5000,
        "raw-line-end": whole.replace(b"eight", b"\neight"),
        "leading-zero": whole.replace(b'"counter":2', b'"counter":02'),
        "infinite-counter": whole.replace(b'"counter":2', b'"counter":Infinity'),
        "comma-at-the-end": whole[:-1] + b",}",
    }
    return [Refusal(name, "json", "", of_json(text)) for name, text in texts.items()]


WRONG_VALUES = [
    ("unknown_version", "v", [3, 0, "1", True, None]),
    ("type", "type", ["Text", "", "x" * 33, 7, None]),
    ("people", "from", [BOB.email, MALLORY.email, "Alice@example.org", 7, None, "\ud800"]),
    ("people", "to", [ALICE.email, MALLORY.email, ""]),
    ("browser", "browser", ["0" * 31, "A" * 32, "0" * 32 + "\n", 7]),
    ("counter", "counter", [0, -1, 1.5, 2**53, "2", True, None]),
    ("previous", "previous", [None, DIGITS[:-1], "A" * 64, "", 7]),
    ("received", "received", [None, {}, [None], [[]], [ENTRY] * 2, [received(str(n), 1) for n in range(9)]]),
    ("received", "received", [[{**ENTRY, "counter": 0}], [{**ENTRY, "browser": "A" * 32}], [{**ENTRY, "hash": None}]]),
    ("sent_at", "sent_at", [-1, 0.5, 8_640_000_000_000_001, "1795392000000", None]),
    ("self_tag", "self_tag", ["", DIGITS[:-2], "A" * 64, None]),
    ("body", "body", ["a" * 4001, "😀" * 4001, "\ud800", "\udc00\ud800", 7, None, ["text"]]),
]


def wrong_members() -> list[Refusal]:
    wrong = [(reason, member, value) for reason, member, values in WRONG_VALUES for value in values]
    first = Refusal("previous-at-counter-1", "previous", "", of_json(spelled(in_order(counter=1))))
    return [first] + [
        Refusal(f"{member}-{number}", reason, described(value), of_json(spelled(in_order(**{member: value}))))
        for number, (reason, member, value) in enumerate(wrong, 1)
    ]


def huge_numbers() -> list[Refusal]:
    """Valid JSON with numbers that are too large for the member."""
    spellings = {"counter-of-5000-digits": b"9" * 5000, "counter-beyond-doubles": b"1e999"}
    return [
        Refusal(name, "counter", "", of_json(GOOD.json.replace(b'"counter":2', b'"counter":' + spelling)))
        for name, spelling in spellings.items()
    ]


def described(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:40]}... ({len(text)} characters)"


def missing_members() -> list[Refusal]:
    reasons = {"v": "unknown_version", "from": "people", "to": "people"}
    content = json.loads(GOOD.json)
    return [
        Refusal(f"no-{absent}", reasons.get(absent, absent), "", of_json(spelled(rest)))
        for absent in content
        for rest in [{name: value for name, value in content.items() if name != absent}]
    ]


def other_spellings() -> list[Refusal]:
    whole, content = GOOD.json, json.loads(GOOD.json)
    texts = {
        "space": whole.replace(b'"counter":2', b'"counter": 2'),
        "line-end-after": whole + b"\n",
        "other-order": spelled(dict(reversed(content.items()))),
        "extra-member": spelled({**content, "edited": True}),
        "prototype-member": whole[:-1] + b',"__proto__":{"v":1}}',
        "extra-member-in-received": spelled(in_order(received=[{**ENTRY, "seen": 1}])),
        "received-in-other-order": spelled(in_order(received=[dict(reversed(ENTRY.items()))])),
        "duplicate-member": whole[:-1] + b',"body":"See you at eight"}',
        "duplicate-version": b'{"v":1,' + whole[1:],
        "duplicate-other-body": whole.replace(b'"body":', b'"body":"See you at nine","body":'),
        "escaped-name": whole.replace(b'"body"', b'"b\\u006fdy"'),
        "escaped-letter": whole.replace(b"eight", b"\\u0065ight"),
        "counter-with-fraction": whole.replace(b'"counter":2', b'"counter":2.0'),
        "counter-with-exponent": whole.replace(b'"counter":2', b'"counter":2e0'),
        "version-with-fraction": whole.replace(b'"v":1', b'"v":1.0'),
        "minus-zero": spelled(in_order(sent_at=0)).replace(b'"sent_at":0', b'"sent_at":-0'),
        **other_escapes(),
    }
    return [Refusal(name, "not_canonical", "", of_json(text)) for name, text in texts.items()]


def other_escapes() -> dict[str, bytes]:
    canonical = spelled(in_order(body="/\x1f\n é 😀"))
    return {
        "escaped-slash": canonical.replace(b"/", b"\\/"),
        "upper-case-escape": canonical.replace(b"\\u001f", b"\\u001F"),
        "long-escape": canonical.replace(b"\\n", b"\\u000a"),
        "escaped-umlaut": canonical.replace("é".encode(), b"\\u00e9"),
        "escaped-emoji": canonical.replace("😀".encode(), b"\\ud83d\\ude00"),
    }


def told_otherwise() -> list[Refusal]:
    """message_type is authenticated, but it is not the one that the content's type requires."""
    receipt = {"type": "receipt", "received": [], "body": receipt_json(RECEIPT)}
    told = {
        "receipt-told-as-text": ("text", receipt),
        "text-told-as-receipt": ("receipt", {}),
        "skip-told-as-receipt": ("receipt", {"type": "skip", "body": DIGITS}),
        "skip-told-as-skip": ("skip", {"type": "skip", "body": DIGITS}),
        "unknown-type-told-as-receipt": ("receipt", {"type": "poll"}),
        "unknown-type-told-as-itself": ("poll", {"type": "poll"}),
        "text-told-as-note": ("note-2_b", {}),
    }
    return [
        Refusal(name, "type", "", told_as(message_type, spelled(in_order(**members))))
        for name, (message_type, members) in told.items()
    ]


def wrong_skips() -> list[Refusal]:
    bodies = ["", "Hi", DIGITS[:-1], "A" * 64, DIGITS + "\n", f'"{DIGITS}"']
    return [
        Refusal(f"skip-{number}", "body", described(body), of_json(spelled(in_order(type="skip", body=body))))
        for number, body in enumerate(bodies, 1)
    ]


HEAD = {"counter": 3, "hash": DIGITS}
SEEN = seen("of bob", 2, 9, 5, (3, 4))
RECEIPT = {"head": HEAD, "seen": [SEEN]}
WRONG_HEADS = [0, "", [], {}, {**HEAD, "counter": 0}, {**HEAD, "hash": "A" * 64}, {**HEAD, "counter": "3"}]
WRONG_SEEN = [
    ("browser", ["0" * 31, "A" * 32, None]),
    ("from", [0, 10, "2", 2**53, None]),
    ("delivered", [0, 4, 1, 2**53, 9.5, None]),
    ("read", [1, 10, -1, "5", True, None]),
    ("missing", [None, {}, [1], [9], [10], [4, 3], [3, 3], ["3"], [3.5], [None], [[3]]]),
]


def wrong_receipts() -> list[Refusal]:
    """Receipts with invalid values."""
    lists = [None, {}, [None], [[]], [SEEN, SEEN], [seen(str(number), 1, 1) for number in range(9)]]
    lists += [[{**SEEN, member: value}] for member, values in WRONG_SEEN for value in values]
    lists += [[seen("of bob", 1, 200, 0, tuple(range(2, 67)))]]
    lists += [[{name: value for name, value in SEEN.items() if name != absent}] for absent in SEEN]
    receipts = [{**RECEIPT, "head": head} for head in WRONG_HEADS]
    receipts += [{**RECEIPT, "seen": value} for value in lists]
    receipts += [{"seen": []}, {"head": None}, [RECEIPT], None, 7, "receipt"]
    bodies = [spelled(receipt).decode() for receipt in receipts]
    return [refused_receipt(f"receipt-{number}", described(body), body) for number, body in enumerate(bodies, 1)]


def misspelled_receipts() -> list[Refusal]:
    whole = receipt_json(RECEIPT)
    bodies = {
        "empty": "",
        "no-json": "{",
        "space": whole.replace(":3", ": 3"),
        "line-end-after": whole + "\n",
        "other-order": spelled(dict(reversed(RECEIPT.items()))).decode(),
        "head-in-other-order": spelled({**RECEIPT, "head": dict(reversed(HEAD.items()))}).decode(),
        "seen-in-other-order": spelled({**RECEIPT, "seen": [dict(reversed(SEEN.items()))]}).decode(),
        "extra-member": spelled({**RECEIPT, "typing": True}).decode(),
        "extra-member-in-head": spelled({**RECEIPT, "head": {**HEAD, "browser": "0" * 32}}).decode(),
        "extra-member-in-seen": spelled({**RECEIPT, "seen": [{**SEEN, "at": 1}]}).decode(),
        "member-twice": whole[:-1] + ',"seen":[]}',
        "number-with-fraction": whole.replace('"counter":3', '"counter":3.0'),
        "minus-zero": whole.replace('"read":5', '"read":-0'),
        "escaped-name": whole.replace("head", "h\\u0065ad"),
        "deep": "[" * 5000,
    }
    return [refused_receipt(f"receipt-{name}", "", body) for name, body in bodies.items()]


def receipts_out_of_place() -> list[Refusal]:
    """Receipts with invalid other members."""
    body = receipt_json(RECEIPT)
    members = {"type": "receipt", "body": body, "received": []}
    first = {**members, "counter": 1}
    return [
        Refusal("receipt-with-received", "received", "", receipt_told(members | {"received": [ENTRY]})),
        Refusal("receipt-previous-at-counter-1", "previous", "", receipt_told(first)),
        Refusal("receipt-without-previous", "previous", "", receipt_told(members | {"previous": None})),
        Refusal("receipt-of-counter-0", "counter", "", receipt_told(members | {"counter": 0})),
    ]


def refused_receipt(name: str, comment: str, body: str) -> Refusal:
    return Refusal(name, "body", comment, receipt_told({"type": "receipt", "received": [], "body": body}))


def receipt_told(members: dict) -> dict:
    return told_as("receipt", spelled(in_order(**members)))
