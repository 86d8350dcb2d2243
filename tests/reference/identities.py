"""Valid and invalid identity statements: identity.json (docs/protocol.md §3.4)."""

from dataclasses import dataclass, field

from tests.reference import ed25519
from tests.reference.identity import head, sign_statement, statement
from tests.reference.people import ALICE, BOB, MALLORY, NAMES, identity_seed
from tests.reference.public_keys import negative
from tests.reference.suite1 import Person, lp

SEED = identity_seed(ALICE)
KEY = ed25519.public_key(SEED)
LARGEST = 2**32 - 1
VERSION, SUITES = 7, [1, 2]
STATEMENT = statement(ALICE.email, ALICE.public_key, VERSION, SUITES)
GOOD = sign_statement(SEED, ALICE.email, ALICE.public_key, VERSION, SUITES)
SIGNATURE = GOOD[-64:]


@dataclass(frozen=True)
class Signed:
    name: str
    comment: str
    person: Person = ALICE
    version: int = 1
    suites: list[int] = field(default_factory=lambda: [1])

    def entry(self) -> dict:
        seed, about = identity_seed(self.person), (self.person.email, self.person.public_key, self.version, self.suites)
        return {
            "name": self.name,
            "comment": self.comment,
            "signer": NAMES[self.person.email],
            "identity_key": ed25519.public_key(seed).hex(),
            "email": self.person.email,
            "public_key": self.person.public_key.hex(),
            "version": self.version,
            "suites": self.suites,
            "statement": statement(*about).hex(),
            "identity_signature": sign_statement(seed, *about).hex(),
        }


def valid_statements() -> list[Signed]:
    return [
        Signed("first", "What a browser of this version signs first."),
        Signed("first-of-bob", "", BOB),
        Signed("first-of-mallory", "", MALLORY),
        Signed("second-version", "", version=2),
        Signed("largest-version", "", version=LARGEST),
        Signed("two-suites", "The statement that the invalid ones are made of.", version=VERSION, suites=SUITES),
        Signed("without-suite-1", "Which suites they are is not the statement's matter.", suites=[3]),
        Signed("largest-suite", "", suites=[1, LARGEST]),
        Signed("sixteen-suites", "The longest list.", suites=list(range(1, 17))),
    ]


@dataclass(frozen=True)
class Refusal:
    """A statement to refuse. Members default to Alice's."""

    name: str
    comment: str
    signed: bytes = GOOD
    identity_key: bytes = KEY
    email: str = ALICE.email
    public_key: bytes = ALICE.public_key

    def entry(self) -> dict:
        return {
            "name": self.name,
            "reason": "identity",
            "comment": self.comment,
            "identity_key": self.identity_key.hex(),
            "email": self.email,
            "public_key": self.public_key.hex(),
            "identity_signature": self.signed.hex(),
        }


def signed_by_hand(message: bytes, prefix: bytes = b"") -> bytes:
    """An `identity_signature` in which Alice has signed these bytes instead of the statement."""
    return head(VERSION, SUITES) + ed25519.sign(SEED, message, prefix)


def about_others() -> list[Refusal]:
    longer, shorter = head(VERSION, [1, 2, 3]), head(VERSION, [1])
    return [
        Refusal("other-email", "Alice's key and identity under another name.", email=MALLORY.email),
        Refusal("other-key", "Another's key under Alice's name.", public_key=BOB.public_key),
        Refusal("negative-key", "(x, -y): a key with the same secrets.", public_key=negative(ALICE.public_key)),
        Refusal("other-identity", "", identity_key=ed25519.public_key(identity_seed(BOB))),
        Refusal("version-raised", "", head(VERSION + 1, SUITES) + SIGNATURE),
        Refusal("version-lowered", "", head(VERSION - 1, SUITES) + SIGNATURE),
        Refusal("suite-added", "", longer + SIGNATURE),
        Refusal("suite-taken-away", "The downgrade.", shorter + SIGNATURE),
        Refusal("suite-changed", "", head(VERSION, [1, 3]) + SIGNATURE),
    ]


def signed_otherwise() -> list[Refusal]:
    parts = (ALICE.email.encode(), ALICE.public_key, VERSION.to_bytes(4, "big"), STATEMENT[-8:])
    label = b"VibeChat identity statement"
    messages = {
        "without-label": lp(*parts),
        "other-label": lp(b"VibeChat suite 1 message", *parts),
        "lengths-not-signed": label + b"".join(parts),
        "fingerprint-signed": lp(label, parts[0], ALICE.fingerprint, *parts[2:]),
        "hash-signed": ed25519.hashlib.sha512(STATEMENT).digest(),
    }
    variant = b"SigEd25519 no Ed25519 collisions" + b"\x00\x00"
    others = [Refusal(name, "", signed_by_hand(message)) for name, message in messages.items()]
    return [*others, Refusal("ed25519ctx", "Another variant of Ed25519.", signed_by_hand(STATEMENT, variant))]


def wrong_forms() -> list[Refusal]:
    forms = {
        "version-0": (0, [1]),
        "no-suites": (1, []),
        "seventeen-suites": (1, list(range(1, 18))),
        "suite-0": (1, [0, 1]),
        "suite-twice": (1, [1, 1]),
        "suites-descending": (1, [2, 1]),
    }
    rightly_signed = [
        Refusal(name, "Rightly signed.", sign_statement(SEED, ALICE.email, ALICE.public_key, *form))
        for name, form in forms.items()
    ]
    return [
        *rightly_signed,
        Refusal("empty", "", b""),
        Refusal("head-alone", "", GOOD[:-64]),
        Refusal("signature-alone", "", SIGNATURE),
        Refusal("last-byte-missing", "", GOOD[:-1]),
        Refusal("byte-more", "", GOOD + b"\x00"),
        Refusal("more-suites-said-than-there", "", GOOD[:4] + b"\x03" + GOOD[5:]),
        Refusal("fewer-suites-said-than-there", "", GOOD[:4] + b"\x01" + GOOD[5:]),
    ]


def wrong_signatures() -> list[Refusal]:
    encoded, s = SIGNATURE[:32], int.from_bytes(SIGNATURE[32:], "little")
    signatures = {
        "first-bit": (flipped(SIGNATURE, 0), ""),
        "last-bit-of-r": (flipped(SIGNATURE, 31, 0x80), ""),
        "first-bit-of-s": (flipped(SIGNATURE, 32), ""),
        "zeros": (bytes(64), ""),
        "halves-exchanged": (SIGNATURE[32:] + encoded, ""),
        "s-plus-l": (encoded + (s + ed25519.L).to_bytes(32, "little"), "The same signature once more: malleability."),
        "largest-s": (encoded + b"\xff" * 32, ""),
        "r-of-small-order": (ed25519.sign_with(SEED, 0, STATEMENT), "Made with r = 0, which gives away the key."),
    }
    return [
        Refusal(f"signature-{name}", comment, GOOD[:-64] + signature)
        for name, (signature, comment) in signatures.items()
    ]


def flipped(data: bytes, index: int, bits: int = 1) -> bytes:
    return data[:index] + bytes([data[index] ^ bits]) + data[index + 1 :]


def forged_for_small_order() -> list[Refusal]:
    """Signatures for keys of small order, under which anybody can forge."""
    return [
        Refusal(f"forged-for-{name}", comment, head(VERSION, SUITES) + forged(key), key)
        for name, comment, key in small_orders() + [("neutral-not-canonical", "y = p + 1.", spell(ed25519.P + 1))]
    ]


def forged(key: bytes) -> bytes:
    """R = [S]B, which verifies if the hash is a multiple of the key's order: one in eight."""
    for s in range(1, 1000):
        encoded = ed25519.encode(ed25519.multiply(s, ed25519.BASE))
        if ed25519.hash_integer(encoded, key, STATEMENT) % ed25519.L % 8 == 0:
            return encoded + s.to_bytes(32, "little")
    raise AssertionError("one in eight should have done")


def small_orders() -> list[tuple[str, str, bytes]]:
    """The eight points of small order, and the two non-canonical encodings with the other sign."""
    point = eighth()
    points = [ed25519.multiply(number, point) for number in range(8)]
    canonical = [
        (f"small-order-{number}", "A point whose order divides 8.", ed25519.encode(each))
        for number, each in enumerate(points)
    ]
    signs = [("neutral-with-sign", 1), ("order-2-with-sign", ed25519.P - 1)]
    return canonical + [(name, "x is 0 and has a sign.", spell(y, 1)) for name, y in signs]


def eighth() -> ed25519.Point:
    """A point of order 8: the product of a suitable point and the order of the base point."""
    for y in range(2, 100):
        found = ed25519.decode(spell(y))
        rest = ed25519.multiply(ed25519.L, found) if found else ed25519.NEUTRAL
        if ed25519.multiply(4, rest) != ed25519.NEUTRAL:
            return rest
    raise AssertionError("half of all points should have done")


def spell(y: int, sign: int = 0) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


def no_points() -> list[Refusal]:
    y = next(y for y in range(2, 100) if ed25519.decode(spell(y)) is None)
    return [Refusal("key-off-the-curve", "In form, and no point: nothing is signed by it.", identity_key=spell(y))]


def invalid_keys() -> list[tuple[str, str, bytes]]:
    p = ed25519.P
    return [
        ("empty", "", b""),
        ("short", "", KEY[:-1]),
        ("long", "", KEY + b"\x00"),
        ("hexadecimal", "", KEY.hex().encode()),
        ("public-key", "The other key.", ALICE.public_key),
        *small_orders(),
        ("y-is-p", "0, not reduced.", spell(p)),
        ("y-is-p-with-sign", "", spell(p, 1)),
        ("y-is-p-plus-1", "The neutral element, not reduced.", spell(p + 1)),
        ("y-is-p-plus-3", "A point of large order, not reduced.", spell(p + 3)),
        ("all-ones", "", b"\xff" * 32),
    ]


def identity_file() -> dict:
    groups = (about_others, signed_otherwise, wrong_forms, wrong_signatures, forged_for_small_order, no_points)
    keys = [
        {"name": name, "reason": "identity", "comment": comment, "identity_key": key.hex()}
        for name, comment, key in invalid_keys()
    ]
    return {
        "comment": "identity_key and identity_signature are the bytes of the API's two members; statement is what is "
        "signed.",
        "valid_statements": [signed.entry() for signed in valid_statements()],
        "invalid_statements": [refusal.entry() for group in groups for refusal in group()],
        "invalid_keys": keys,
    }
