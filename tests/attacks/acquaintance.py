"""Helpers that make people meet and set the keys that the server hands out for them."""

import base64
import hashlib

from tests.attacks.relay import Answer

STALE = {"code": "stale_key", "detail": "A key that this was made with is not the present one."}


def meet(person, other):
    """Add the other person and send a message, so that the key of the other person is pinned."""
    person.add(other)
    person.send("Hello", "Sent")
    return other


def name_key(mallory, reader, owner: str, key: dict, refuses_others: bool = False) -> None:
    """From here on the server hands out this key for the owner, by email and by fingerprint."""
    mallory.change_answer(reader, f"GET /keys/email/{owner}", lambda _: Answer(key))
    mallory.change_answer(reader, f"GET /keys/fingerprint/{key['fingerprint']}", lambda _: Answer(key))
    if refuses_others:
        mallory.refuse_sending(reader, STALE, unless=lambda sent: is_for_another(sent, owner, key))


def is_for_another(envelope: dict, owner: str, key: dict) -> bool:
    return envelope["recipient_email"] != owner or envelope["recipient_fingerprint"] == key["fingerprint"]


def malformed(key: dict) -> list[dict]:
    """Key objects with a point off the curve, a compressed point, 65 bare bytes and a point on another curve, each with
    the matching fingerprint; then with invalid base64, a wrong fingerprint, an identity key of invalid base64, and no
    key.
    """
    der = base64.b64decode(key["public_key"])
    forms = [der[:-1] + bytes([der[-1] ^ 1]), der[:26] + b"\x02" + der[27:59], der[26:], der[:10] + b"\x22" + der[11:]]
    spoilt = [{"public_key": "not base64"}, {"fingerprint": "0" * 64}, {"identity_key": "not base64"}]
    return [*(key | encoded(form) for form in forms), *(key | members for members in spoilt), {}]


def encoded(form: bytes) -> dict:
    return {"public_key": base64.b64encode(form).decode(), "fingerprint": hashlib.sha256(form).hexdigest()}


def strip(person):
    return person.page.get_by_role("status").filter(has_text="keys changed")
