"""Ways back in plain Python, and their vectors: docs/protocol.md §15.1."""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from tests.reference import hpke
from tests.reference.people import ALICE, BOB, fixed
from tests.reference.refused import matches, require
from tests.reference.suite1 import hkdf_sha256, lp

KINDS = ("code", "passkey", "browser")
ACCOUNT_ID = "7"


@dataclass(frozen=True)
class Way:
    id: bytes
    psk: bytes
    private_key: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> bytes:
        return hpke.point_of(self.private_key)


def way_of(seed: bytes, email: str) -> Way:
    id_, psk, ikm = (hkdf_sha256(seed, lp(b"VibeChat way", part, email.encode())) for part in (b"id", b"psk", b"key"))
    return Way(id_[:16], psk, hpke.derive_private_key(ikm))


def parameters(way: Way, email: str, account_id: str, generation: int) -> hpke.Parameters:
    parts = (email.encode(), account_id.encode(), generation.to_bytes(4, "big"), way.id)
    return hpke.Parameters(way.psk, way.id, lp(b"VibeChat way box", *parts))


def seal(ephemeral: ec.EllipticCurvePrivateKey, way: Way, account: tuple[str, str, int], vault_key: bytes) -> bytes:
    return b"\x01" + hpke.seal(ephemeral, way.public, parameters(way, *account), vault_key)


def open_box(seed: bytes, box: bytes, email: str, account_id: str, generation: int) -> bytes:
    """The vault key. Raises Refused."""
    require(box[:1] in (b"", b"\x01"), "unknown_suite")
    require(len(box) == 114, "box")
    way = way_of(seed, email)
    return hpke.open_sealed(way.private_key, parameters(way, email, account_id, generation), box[1:])


def ways_hash(ways: list[dict]) -> bytes:
    """`ways` as in the vectors: id, kind and box, the bytes in hexadecimal."""
    ids = [way["id"] for way in ways]
    require(len(ways) <= 40 and len(set(ids)) == len(ids), "ways")
    require(all(matches("[0-9a-f]{32}", way["id"]) and way["kind"] in KINDS for way in ways), "ways")
    parts: list[bytes] = []
    for way in sorted(ways, key=lambda way: way["id"]):
        parts += [bytes.fromhex(way["id"]), way["kind"].encode(), bytes.fromhex(way["box"])]
    return hashlib.sha256(lp(b"VibeChat ways", *parts)).digest()


# The vectors

SEED = fixed("seed of alice's code")
VAULT_KEY = fixed("vault key of generation 1")
EPHEMERAL = hpke.derive_private_key(fixed("ephemeral key of a box"))
ACCOUNT = (ALICE.email, ACCOUNT_ID, 1)
BOX = seal(EPHEMERAL, way_of(SEED, ALICE.email), ACCOUNT, VAULT_KEY)


def way_entry(name: str, seed: bytes, email: str) -> dict:
    way = way_of(seed, email)
    scalar = way.private_key.private_numbers().private_value.to_bytes(32, "big").hex()
    given = {"name": name, "seed": seed.hex(), "email": email}
    return given | {"id": way.id.hex(), "psk": way.psk.hex(), "private_key": scalar, "public": way.public.hex()}


def box_entry(name: str, box: bytes = BOX, seed: bytes = SEED, account: tuple = ACCOUNT, **answer: str) -> dict:
    email, account_id, generation = account
    given = {"name": name, "seed": seed.hex(), "email": email, "account_id": account_id, "generation": generation}
    return given | {"box": box.hex()} | answer


def boxes() -> list[dict]:
    later = (ALICE.email, ACCOUNT_ID, 2)
    second = fixed("vault key of generation 2")
    way = way_of(SEED, ALICE.email)
    return [
        box_entry("first-generation", vault_key=VAULT_KEY.hex()),
        box_entry("second-generation", seal(EPHEMERAL, way, later, second), account=later, vault_key=second.hex()),
    ]


def refused_boxes() -> list[dict]:
    way = way_of(SEED, ALICE.email)
    without_psk = Way(way.id, bytes(32), way.private_key)
    other_id = Way(bytes(16), way.psk, way.private_key)
    off_the_curve = BOX[:65] + bytes([BOX[65] ^ 1]) + BOX[66:]
    wrong = {
        "empty": (b"", "box"),
        "too-short": (BOX[:-1], "box"),
        "too-long": (BOX + b"\0", "box"),
        "of-another-suite": (b"\x02" + BOX[1:], "unknown_suite"),
        "enc-off-the-curve": (off_the_curve, "public_key"),
        "enc-compressed": (BOX[:1] + b"\x02" + BOX[2:], "public_key"),
        "changed": (BOX[:-1] + bytes([BOX[-1] ^ 1]), "decryption"),
        "sealed-without-the-psk": (seal(EPHEMERAL, without_psk, ACCOUNT, VAULT_KEY), "decryption"),
        "sealed-under-another-id": (seal(EPHEMERAL, other_id, ACCOUNT, VAULT_KEY), "decryption"),
        "sealed-for-another-generation": (seal(EPHEMERAL, way, (*ACCOUNT[:2], 2), VAULT_KEY), "decryption"),
        "sealed-for-another-account-id": (seal(EPHEMERAL, way, (ALICE.email, "8", 1), VAULT_KEY), "decryption"),
    }
    return [
        *(box_entry(name, box, reason=reason) for name, (box, reason) in wrong.items()),
        box_entry("another-seed", seed=fixed("another seed"), reason="decryption"),
        box_entry("another-person", account=(BOB.email, ACCOUNT_ID, 1), reason="decryption"),
    ]


def served(*names: str, kind: str = "code") -> list[dict]:
    return [{"id": fixed(f"way {name}", 16).hex(), "kind": kind, "box": fixed(f"box {name}").hex()} for name in names]


def ways_file() -> dict:
    three = served("one") + served("two", kind="passkey") + served("three", kind="browser")
    one = three[0]
    sets = {"none": [], "one": three[:1], "three": three, "in-another-order": three[::-1], "dropped": three[1:]}
    sets |= {"another-kind": [one | {"kind": "browser"}], "another-box": [one | {"box": three[1]["box"]}]}
    refused = {
        "twice": [one, one],
        "capitals": [one | {"id": one["id"][:-1] + "A"}],
        "short-id": [one | {"id": one["id"][:-2]}],
        "unknown-kind": [one | {"kind": "phone"}],
        "forty-one": served(*map(str, range(41))),
    }
    return {
        "comment": "Ways and boxes. The boxes are sealed by the ephemeral key ephemeral_private_key.",
        "ephemeral_private_key": EPHEMERAL.private_numbers().private_value.to_bytes(32, "big").hex(),
        "ways": [way_entry("alice", SEED, ALICE.email), way_entry("bob", SEED, BOB.email)],
        "boxes": boxes(),
        "refused_boxes": refused_boxes(),
        "hashes": [{"name": name, "ways": ways, "hash": ways_hash(ways).hex()} for name, ways in sets.items()],
        "refused_ways": [{"name": name, "ways": ways, "reason": "ways"} for name, ways in refused.items()],
    }
