"""Stamps and reports, and their vectors: docs/protocol.md §5.12 and §5.13. HPKE is that of hpke.py, in base mode."""

import base64
import hashlib
import hmac

from tests.reference import hpke
from tests.reference.people import ALICE, BOB, fixed
from tests.reference.suite1 import lp
from tests.reference.valid_messages import Case, second

STAMP_KEY = fixed("stamp key")
REPORT_KEY = hpke.derive_private_key(fixed("report key"))
EPHEMERAL = hpke.derive_private_key(fixed("ephemeral key of the report"))
TIME = "2026-11-23T00:00:00.123456Z"


def recipient_key(stamp_key: bytes, email: str) -> bytes:
    return hmac.digest(stamp_key, lp(b"VibeChat stamp key", email.encode()), "sha256")


def stamp(stamp_key: bytes, number: int, tag: bytes, sender: str, recipient: str, created_at: str) -> bytes:
    parts = (str(number).encode(), tag, sender.encode(), recipient.encode(), created_at.encode())
    return hmac.digest(recipient_key(stamp_key, recipient), lp(b"VibeChat stamp", *parts), "sha256")


def key_number(point: bytes) -> str:
    digits = hashlib.sha256(point).digest()[:16].hex()
    return " ".join(digits[start : start + 4] for start in range(0, 32, 4))


def pad(report: bytes) -> bytes:
    padded = len(report).to_bytes(4, "big") + report
    return padded + bytes(-len(padded) % 4096)


def seal(reporter: str, reported: str, report: bytes) -> bytes:
    info = lp(b"VibeChat report", reporter.encode(), reported.encode())
    return hpke.seal(EPHEMERAL, hpke.point_of(REPORT_KEY), hpke.Parameters(b"", b"", info, hpke.MODE_BASE), pad(report))


def reported(number: int, case: Case) -> tuple[dict, bytes]:
    sealed = case.seal()
    is_stamped = bool(sealed.header.tag)
    found = stamp(STAMP_KEY, number, sealed.header.tag, case.sender.email, case.recipient.email, TIME)
    parts = (str(number), TIME, found) if is_stamped else ("0", "", b"")
    entry = {
        "content": sealed.content,
        "tag": sealed.header.tag.hex(),
        "stamp": {"id": number, "created_at": TIME, "stamp": base64.b64encode(found).decode()} if is_stamped else None,
    }
    return entry, lp(parts[0].encode(), parts[1].encode(), parts[2], sealed.untagged_json)


def reports_file() -> dict:
    cases = [second("reported", "", "I will find you"), Case("reported without a tag", "", "You will see")]
    entries, messages = zip(*(reported(number, case) for number, case in enumerate(cases, 7)), strict=True)
    reason = "He threatens me. ☹"
    report = lp(b"VibeChat report 1", reason.encode(), *messages)
    return {
        "comment": "Bob reports messages of Alice. The private keys are scalars.",
        "stamp_key": STAMP_KEY.hex(),
        "recipient_key": recipient_key(STAMP_KEY, BOB.email).hex(),
        "report_key": hpke.point_of(REPORT_KEY).hex(),
        "report_key_number": key_number(hpke.point_of(REPORT_KEY)),
        "private_key": f"{REPORT_KEY.private_numbers().private_value:064x}",
        "ephemeral_key": f"{EPHEMERAL.private_numbers().private_value:064x}",
        "ephemeral_public_key": hpke.point_of(EPHEMERAL).hex(),
        "reporter": BOB.email,
        "reported": ALICE.email,
        "reason": reason,
        "messages": list(entries),
        "report": report.hex(),
        "sealed": seal(BOB.email, ALICE.email, report).hex(),
    }
