"""Safety numbers of both people, and the result of each code that they read: docs/protocol.md §3.5."""

from tests.reference import ed25519
from tests.reference.identity import Party, code, digits, identity_hash, identity_hashes, read_code, safety_number
from tests.reference.people import ALICE, BOB, MALLORY, NAMES, fixed, identity_seed
from tests.reference.suite1 import Person


def party(somebody: Person, identity_key: bytes | None = None) -> Party:
    return Party(somebody.email, identity_key or ed25519.public_key(identity_seed(somebody)))


A, B, M = party(ALICE), party(BOB), party(MALLORY)
# Keys of a man in the middle in their names.
FALSE_A, FALSE_B = (party(somebody, ed25519.public_key(fixed("identity in between"))) for somebody in (ALICE, BOB))


def identities() -> list[tuple[str, Party]]:
    return [*((NAMES[each.email], each) for each in (A, B, M)), ("false-alice", FALSE_A), ("false-bob", FALSE_B)]


def identity_entry(name: str, each: Party) -> dict:
    first, last = identity_hashes(each.identity_key, each.email.encode())
    return {
        "name": name,
        "email": each.email,
        "identity_key": each.identity_key.hex(),
        "first_input": (bytes(2) + each.identity_key + each.email.encode() + each.identity_key).hex(),
        "first_hash": first.hex(),
        "last_hash": last.hex(),
        "digits": digits(last),
    }


def number_entry(own: str, peer: str) -> dict:
    known = dict(identities())
    return {
        "name": f"{own}-and-{peer}",
        "own": own,
        "peer": peer,
        "digits": safety_number(identity_hash(known[own]), identity_hash(known[peer])),
        "code": code(known[own], known[peer]),
    }


def codes() -> list[tuple[str, str, str]]:
    """The codes that Alice reads in her chat with Bob."""
    good = code(B, A)
    prefix, data = good[:11], good[11:]
    return [
        ("bob's", "", good),
        ("bob's-of-another-alice", "Somebody has given Bob another key as hers.", code(B, FALSE_A)),
        ("another-bob's", "Somebody has given her another key as his.", code(FALSE_B, A)),
        ("own", "Her own screen.", code(A, B)),
        ("bob's-for-mallory", "", code(B, M)),
        ("mallory's", "", code(M, A)),
        ("last-bit", "The last bit that counts.", good[:-1] + ("g" if good[-1] != "g" else "w")),
        ("stray-bit", "A bit that no byte needs.", good[:-1] + chr(ord(good[-1]) + 1)),
        ("version-2", "", "VIBECHAT:2:" + data),
        ("lower-case-prefix", "", "vibechat:1:" + data),
        ("no-prefix", "", data),
        ("cut", "", good[:-1]),
        ("longer", "", good + "A"),
        ("padded", "", good + "=="),
        ("line-end", "", good + "\n"),
        ("standard-base64", "", prefix + "+" + data[1:]),
        ("empty", "", ""),
        ("address", "", "https://example.org/" + good),
    ]


def safety_numbers_file() -> dict:
    pairs = [("alice", "bob"), ("bob", "alice"), ("alice", "mallory"), ("mallory", "bob"), ("false-alice", "bob")]
    return {
        "comment": "first_hash and last_hash are those of the 1st and the 5200th round. alice reads each of the codes "
        "in the chat with bob.",
        "identities": [identity_entry(name, each) for name, each in identities()],
        "numbers": [number_entry(own, peer) for own, peer in pairs],
        "codes": [
            {"name": name, "comment": comment, "text": text, "answer": read_code(text, A, B)}
            for name, comment, text in codes()
        ],
    }
