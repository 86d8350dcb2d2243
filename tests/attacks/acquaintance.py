"""People meet, and the server says which keys they have."""

from tests.attacks.wire import Answer

STALE = {"code": "stale_key", "detail": "A key that this was made with is not the present one."}


def meet(person, other):
    """The person has added the other, and has written: the other's key is pinned from here on."""
    person.add(other)
    person.send("Hello", "Sent")
    return other


def name_key(mallory, reader, owner: str, key: dict, refuses_others: bool = False) -> None:
    """Whenever that person's browser asks for the owner's key, by name or by fingerprint, it gets this one."""
    mallory.change_answer(reader, f"GET /keys/email/{owner}", lambda _: Answer(key))
    mallory.change_answer(reader, f"GET /keys/fingerprint/{key['fingerprint']}", lambda _: Answer(key))
    if refuses_others:
        mallory.refuse_sending(reader, STALE, unless=lambda sent: is_for_another(sent, owner, key))


def is_for_another(envelope: dict, owner: str, key: dict) -> bool:
    return envelope["recipient_email"] != owner or envelope["recipient_fingerprint"] == key["fingerprint"]


def strip(person):
    return person.page.get_by_role("status").filter(has_text="keys changed")
