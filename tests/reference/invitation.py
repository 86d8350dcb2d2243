"""Invitations in plain Python, and their vectors: docs/protocol.md §17."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.reference import ed25519
from tests.reference.browser_list import GOOD as LIST
from tests.reference.people import ALICE, BOB, fixed, person
from tests.reference.public_keys import negative
from tests.reference.refused import Refused, matches, require
from tests.reference.suite1 import Person, check_public_key, ecdh, hkdf_sha256, lp, x_coordinate
from tests.reference.ways import ACCOUNT_ID, VAULT_KEY, way_of

LABEL = b"VibeChat invitation"
LENGTHS = {"offer": [32], "answer": [91, 32, 16, 32, None], "reveal": [91, 32], "details": [None], "grant": [None]}
AFTER = {"offer": None, "answer": "offer", "reveal": "answer", "details": "reveal", "grant": "details"}


def hkdf_salted(ikm: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """RFC 5869 with one block of output."""
    return hmac.digest(hmac.digest(salt, ikm, "sha256"), info + b"\x01", "sha256")[:length]


def commitment(public_key: bytes, nonce: bytes) -> bytes:
    return hashlib.sha256(lp(b"VibeChat commit", public_key, nonce)).digest()


def split(data: bytes) -> list[bytes]:
    parts, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        require(at + 4 <= len(data) and end <= len(data), "invitation")
        parts.append(data[at + 4 : end])
        at = end
    return parts


@dataclass
class Side:
    """One of the two browsers. `one_time` has its one-time key."""

    symbols: str
    email: str
    one_time: Person
    nonce: bytes
    account_id: str = ACCOUNT_ID
    messages: dict[str, bytes] = field(default_factory=dict)
    peer: bytes = b""

    @property
    def keys(self) -> tuple[bytes, bytes]:
        """Route and MAC key."""
        both = hkdf_sha256(self.symbols.encode(), lp(LABEL, self.email.encode()), 48)
        return both[:16], both[16:]

    def mac(self, step: str, parts: list[bytes]) -> bytes:
        route, key = self.keys
        return hmac.digest(key, lp(LABEL, step.encode(), route, *parts), "sha256")

    def make(self, step: str, *parts: bytes) -> bytes:
        self.messages[step] = lp(*parts) + self.mac(step, list(parts))
        return self.messages[step]

    def take(self, step: str, message: bytes) -> list[bytes]:
        """The parts. Raises Refused."""
        require(AFTER[step] is None or AFTER[step] in self.messages, "invitation")
        require(self.messages.get(step, message) == message and len(message) >= 32, "invitation")
        parts, lengths = split(message[:-32]), LENGTHS[step]
        require(len(parts) == len(lengths), "invitation")
        require(all(length in (None, len(part)) for part, length in zip(parts, lengths, strict=True)), "invitation")
        require(message[-32:] == self.mac(step, parts), "invitation")
        self.messages[step] = message
        return parts

    def meet(self, public_key: bytes) -> None:
        try:
            check_public_key(public_key)
        except Refused:
            raise Refused("invitation") from None
        require(x_coordinate(public_key) != x_coordinate(self.one_time.public_key), "invitation")
        self.peer = public_key

    def offer(self) -> bytes:
        return self.make("offer", commitment(self.one_time.public_key, self.nonce))

    def answer(self, offer: bytes, browser: bytes, signature_key: bytes, name: str) -> bytes:
        self.take("offer", offer)
        return self.make("answer", self.one_time.public_key, self.nonce, browser, signature_key, name.encode())

    def reveal(self, answer: bytes) -> bytes:
        public_key, _, _, signature_key, name = self.take("answer", answer)
        require(ed25519.is_key(signature_key) and 1 <= len(name) <= 100, "invitation")
        try:
            name.decode()
        except UnicodeDecodeError:
            raise Refused("invitation") from None
        self.meet(public_key)
        return self.make("reveal", self.one_time.public_key, self.nonce)

    def take_reveal(self, reveal: bytes) -> None:
        public_key, nonce = self.take("reveal", reveal)
        require(self.messages["offer"][4:36] == commitment(public_key, nonce), "invitation")
        self.meet(public_key)

    def agreed(self) -> tuple[bytes, bytes]:
        """Shared secret and transcript."""
        through = [self.messages[step] for step in ("offer", "answer", "reveal")]
        transcript = hashlib.sha256(lp(LABEL, self.email.encode(), self.account_id.encode(), *through)).digest()
        return ecdh(self.one_time.private_key, self.peer), transcript

    def digits(self) -> str:
        number = int.from_bytes(hkdf_salted(*self.agreed(), b"VibeChat digits", 4), "big")
        return f"{number % 1_000_000:06}"

    def sealing(self, step: str) -> tuple[AESGCM, bytes]:
        key = hkdf_salted(*self.agreed(), f"VibeChat {step}".encode())
        return AESGCM(key), lp(LABEL, step.encode(), self.keys[0])

    def seal(self, step: str, nonce: bytes, value: bytes) -> bytes:
        cipher, aad = self.sealing(step)
        return self.make(step, nonce + cipher.encrypt(nonce, value, aad))

    def open(self, step: str, message: bytes) -> dict:
        [sealed] = self.take(step, message)
        require(len(sealed) >= 28, "invitation")
        cipher, aad = self.sealing(step)
        try:
            value = json.loads(cipher.decrypt(sealed[:12], sealed[12:], aad).decode())
        except (InvalidTag, ValueError):
            raise Refused("invitation") from None
        require(isinstance(value, dict) and FORMS[step](value), "invitation")
        return value


def is_base64(value: object, length: int | None = None) -> bool:
    try:
        data = base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except ValueError:
        return False
    return data is not None and base64.b64encode(data).decode() == value and length in (None, len(data))


def is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 2**32


FORMS = {
    "details": lambda value: (
        matches("[0-9a-f]{32}", value.get("id"))
        and is_base64(value.get("public"), 65)
        and is_base64(value.get("psk"), 32)
    ),
    "grant": lambda value: (
        is_base64(value.get("vault_key"), 32)
        and is_number(value.get("generation"))
        and is_number(value.get("version"))
        and matches("[0-9a-f]{64}", value.get("hash"))
        and is_base64(value.get("list"))
    ),
}

# The vectors

SYMBOLS = "7XK2MQ9RBD4T"
OLD, NEW, OTHER = person("the browser that is in", ""), person("the new browser", ""), person("somebody between", "")
BROWSER, NAME = fixed("id of the new browser", 16), "Firefox on Linux"
SIGNATURE_KEY = ed25519.public_key(fixed("signature key of the new browser"))
WAY = way_of(fixed("seed of the new browser"), ALICE.email)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def spell(value: dict) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


DETAILS = {"id": WAY.id.hex(), "public": b64(WAY.public), "psk": b64(WAY.psk)}
GRANT = {
    "vault_key": b64(VAULT_KEY),
    "generation": 1,
    "version": 9,
    "hash": fixed("vault hash").hex(),
    "list": b64(LIST),
}


def sides(until: str = "grant") -> tuple[Side, Side]:
    """Both sides after all steps up to this one."""
    old = Side(SYMBOLS, ALICE.email, OLD, fixed("nonce of the old one"))
    new = Side(SYMBOLS, ALICE.email, NEW, fixed("nonce of the new one"))
    steps = {
        "offer": old.offer,
        "answer": lambda: new.answer(old.messages["offer"], BROWSER, SIGNATURE_KEY, NAME),
        "reveal": lambda: old.reveal(new.messages["answer"]),
        "details": lambda: (
            new.take_reveal(old.messages["reveal"]),
            new.seal("details", fixed("nonce of the details", 12), spell(DETAILS)),
        ),
        "grant": lambda: (
            old.open("details", new.messages["details"]),
            old.seal("grant", fixed("nonce of the grant", 12), spell(GRANT)),
        ),
    }
    for step, run in steps.items():
        run()
        if step == until:
            break
    return old, new


def run_entry() -> dict:
    old, new = sides()
    messages = {**new.messages, **old.messages}
    shared, transcript = old.agreed()
    route, mac_key = old.keys
    return {
        "name": "alice",
        "symbols": SYMBOLS,
        "email": ALICE.email,
        "account_id": ACCOUNT_ID,
        "route": route.hex(),
        "mac_key": mac_key.hex(),
        "old": one_time(old),
        "new": one_time(new),
        "browser": {"id": BROWSER.hex(), "signature_key": SIGNATURE_KEY.hex(), "name": NAME},
        "messages": {step: messages[step].hex() for step in LENGTHS},
        "shared": shared.hex(),
        "transcript": transcript.hex(),
        "digits": old.digits(),
        "details": DETAILS,
        "grant": GRANT,
    }


def one_time(side: Side) -> dict:
    public_key = side.one_time.public_key.hex()
    return {"pkcs8": side.one_time.pkcs8.hex(), "public_key": public_key, "nonce": side.nonce.hex()}


def answered(**parts: bytes) -> bytes:
    """An answer with other parts, under the right MAC."""
    _, new = sides("offer")
    good = {"key": NEW.public_key, "nonce": new.nonce, "id": BROWSER, "signature_key": SIGNATURE_KEY}
    return new.make("answer", *(good | {"name": NAME.encode()} | parts).values())


def revealed(public_key: bytes, nonce: bytes) -> bytes:
    old, _ = sides("answer")
    return old.make("reveal", public_key, nonce)


def sealed(step: str, value: bytes, under: str | None = None) -> bytes:
    """A details or grant with another value, or sealed as another step."""
    old, new = sides("details")
    side = new if step == "details" else old
    cipher, aad = side.sealing(under or step)
    nonce = fixed("nonce of the details", 12)
    return side.make(step, nonce + cipher.encrypt(nonce, value, aad))


def flipped(data: bytes, index: int) -> bytes:
    changed = bytearray(data)
    changed[index] ^= 1
    return bytes(changed)


def refused() -> list[dict]:
    old, new = sides()
    good = {**new.messages, **old.messages}
    other_symbols = Side("7XK2MQ9RBD4V", ALICE.email, OLD, old.nonce).offer()
    other_person = Side(SYMBOLS, BOB.email, OLD, old.nonce).offer()
    longer = GRANT | {"hash": GRANT["hash"] + "00"}
    cases = [
        ("offer-empty", "offer", b""),
        ("offer-changed", "offer", flipped(good["offer"], 8)),
        ("offer-of-another-secret", "offer", other_symbols),
        ("offer-for-another-person", "offer", other_person),
        ("offer-cut-off", "offer", good["offer"][:-1]),
        ("reveal-as-offer", "offer", good["reveal"]),
        ("answer-changed", "answer", flipped(good["answer"], 100)),
        ("answer-another-key-by-the-server", "answer", good["answer"].replace(NEW.public_key, OTHER.public_key)),
        (
            "answer-without-a-part",
            "answer",
            sides("offer")[1].make("answer", NEW.public_key, new.nonce, BROWSER, bytes(32)),
        ),
        ("answer-key-off-the-curve", "answer", answered(key=flipped(NEW.public_key, 90))),
        ("answer-with-ones-own-key", "answer", answered(key=OLD.public_key)),
        ("answer-with-ones-own-key-negated", "answer", answered(key=negative(OLD.public_key))),
        ("answer-with-a-short-id", "answer", answered(id=BROWSER[:-1])),
        ("answer-signature-key-of-small-order", "answer", answered(signature_key=b"\x01" + bytes(31))),
        ("answer-without-a-name", "answer", answered(name=b"")),
        ("answer-with-a-long-name", "answer", answered(name=b"x" * 101)),
        ("answer-name-not-utf-8", "answer", answered(name=b"\xff")),
        ("reveal-of-another-key", "reveal", revealed(OTHER.public_key, old.nonce)),
        ("reveal-of-another-nonce", "reveal", revealed(OLD.public_key, bytes(32))),
        ("reveal-changed", "reveal", flipped(good["reveal"], 100)),
        ("details-changed", "details", flipped(good["details"], 20)),
        ("details-sealed-as-a-grant", "details", sealed("details", spell(DETAILS), "grant")),
        ("details-no-json", "details", sealed("details", b"{")),
        ("details-null", "details", sealed("details", b"null")),
        ("details-id-in-a-list", "details", sealed("details", spell(DETAILS | {"id": [DETAILS["id"]]}))),
        ("details-short-psk", "details", sealed("details", spell(DETAILS | {"psk": b64(bytes(31))}))),
        ("details-short-public", "details", sealed("details", spell(DETAILS | {"public": b64(bytes(64))}))),
        ("details-too-short", "details", sides("reveal")[1].make("details", bytes(27))),
        ("grant-changed", "grant", flipped(good["grant"], 20)),
        ("grant-details-sent-back", "grant", good["details"]),
        ("grant-without-list", "grant", sealed("grant", spell({**GRANT, "list": None}))),
        ("grant-generation-0", "grant", sealed("grant", spell(GRANT | {"generation": 0}))),
        ("grant-version-1.5", "grant", sealed("grant", spell(GRANT | {"version": 1.5}))),
        ("grant-long-hash", "grant", sealed("grant", spell(longer))),
        ("grant-short-vault-key", "grant", sealed("grant", spell(GRANT | {"vault_key": b64(bytes(16))}))),
    ]
    return [{"name": name, "step": step, "message": data.hex(), "reason": "invitation"} for name, step, data in cases]


def take(step: str, message: bytes) -> None:
    """What the reader of this step does with a message. Raises Refused."""
    before = AFTER[step] or ""
    old, new = sides(before) if before else (Side(SYMBOLS, ALICE.email, OLD, b""), Side(SYMBOLS, ALICE.email, NEW, b""))
    if step == "offer":
        new.answer(message, BROWSER, SIGNATURE_KEY, NAME)
    elif step == "answer":
        old.reveal(message)
    elif step == "reveal":
        new.take_reveal(message)
    else:
        (old if step == "details" else new).open(step, message)


def invitations_file() -> dict:
    return {
        "comment": "One invitation with all that follows from it. Refused messages come in place of its own.",
        "runs": [run_entry()],
        "refused": refused(),
    }
