"""Opens reports with the operators' private key, on any machine (docs/protocol.md §5.13). It needs no database."""

import base64
import hashlib
import hmac
import json
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from messaging.reports.stamps import lp, stamp

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
LABEL = b"VibeChat report"


class Unreadable(Exception):
    """It was sealed for another key or other people, or it is no report."""


class Reported(NamedTuple):
    verdict: str  # proven, unproven (it has no stamp), false
    created_at: str  # the server's time where it is proven
    content: dict[str, Any]


class Opened(NamedTuple):
    reason: str
    messages: list[Reported]


def open_report(
    private_key: ec.EllipticCurvePrivateKey, recipient_key: bytes, reporter: str, reported: str, sealed: bytes
) -> Opened:
    """`recipient_key`: the reporter's, of stamps.py. Raises Unreadable."""
    info = lp([LABEL, reporter.encode(), reported.encode()])
    try:
        padded = SUITE.decrypt(sealed, private_key, info=info)
        label, reason, *messages = parts_of(padded[4 : 4 + int.from_bytes(padded[:4], "big")])
        if label != LABEL + b" 1":
            raise Unreadable()
        return Opened(reason.decode(), [judged(recipient_key, reporter, reported, parts_of(each)) for each in messages])
    except (InvalidTag, ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unreadable() from error


def judged(recipient_key: bytes, reporter: str, reported: str, parts: list[bytes]) -> Reported:
    """The tag is computed from the content, so a stamp that fits proves the content too."""
    number, created_at, given, untagged = parts
    content = json.loads(untagged)
    if not isinstance(content, dict):
        raise ValueError("no content")
    if not given:
        return Reported("unproven", created_at.decode(), content)
    tag = franking_tag(content, untagged)
    expected = stamp(recipient_key, int(number), tag, reported, reporter, created_at.decode())
    is_between = (content["from"], content["to"]) == (reported, reporter)
    is_proven = bool(tag) and is_between and hmac.compare_digest(expected, given)
    return Reported("proven" if is_proven else "false", created_at.decode(), content)


def franking_tag(content: dict[str, Any], untagged: bytes) -> bytes:
    """Empty where the content has no salt of 16 bytes."""
    salt = bytes.fromhex(str(content.get("salt") or ""))
    return hmac.digest(salt, lp([b"VibeChat suite 1 franking", untagged]), "sha256") if len(salt) == 16 else b""


def key_number(public_key: bytes) -> str:
    """By which people compare a report key, as the page shows it."""
    digits = hashlib.sha256(public_key).hexdigest()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, 32, 4))


def parts_of(prefixed: bytes) -> list[bytes]:
    """Splits the result of LP. Raises ValueError."""
    parts = []
    while prefixed:
        end = 4 + int.from_bytes(prefixed[:4], "big")
        if len(prefixed) < end:
            raise ValueError("cut short")
        parts.append(prefixed[4:end])
        prefixed = prefixed[end:]
    return parts


def export_json(reports: Any, recipient_key: Any) -> str:
    """What `open_reports --file` reads. It holds the recipient keys of the reporters, and no other key."""
    rows = [
        {
            "id": report.pk,
            "reporter": report.reporter.email,
            "reported": report.reported_email,
            "created_at": report.created_at.isoformat(),
            "key": report.key,
            "recipient_key": base64.b64encode(recipient_key(report.reporter.email)).decode(),
            "sealed": base64.b64encode(report.sealed).decode(),
        }
        for report in reports
    ]
    return json.dumps(rows, indent=1)
