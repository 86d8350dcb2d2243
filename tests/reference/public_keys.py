"""Valid and invalid encodings of public keys."""

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.reference.people import ALICE, PEOPLE
from tests.reference.suite1 import SPKI_PREFIX, P, fingerprint

B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def spki(x: int, y: int) -> bytes:
    return SPKI_PREFIX + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def coordinates(public_key: bytes) -> tuple[int, int]:
    return int.from_bytes(public_key[27:59], "big"), int.from_bytes(public_key[59:], "big")


def negative(public_key: bytes) -> bytes:
    """(x, -y): another key with the same ECDH secrets."""
    x, y = coordinates(public_key)
    return spki(x, P - y)


def compressed(public_key: bytes) -> bytes:
    x, y = coordinates(public_key)
    return (
        bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
        + bytes([2 + y % 2])
        + x.to_bytes(32, "big")
    )


def point_with_small_x() -> bytes:
    """A point on P-256 with x below 2^256 - p, so that x + p also fits into 32 bytes."""
    x = 0
    while pow(x**3 - 3 * x + B, (P - 1) // 2, P) != 1:
        x += 1
    return spki(x, pow(x**3 - 3 * x + B, (P + 1) // 4, P))


def of_curve(curve: ec.EllipticCurve) -> bytes:
    key = ec.derive_private_key(7, curve).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def valid_keys() -> list[tuple[str, bytes]]:
    own = [(f"key-of-{name}", somebody.public_key) for name, somebody in PEOPLE.items()]
    return [*own, ("negative-of-alice", negative(ALICE.public_key)), ("small-x", point_with_small_x())]


def invalid_keys() -> list[tuple[str, str, bytes]]:
    good = ALICE.public_key
    x, y = coordinates(good)
    small_x, small_y = coordinates(point_with_small_x())
    montgomery = x25519.X25519PublicKey.from_public_bytes(bytes([9] + [0] * 31))
    return [
        ("empty", "No bytes at all.", b""),
        ("compressed", "The same point, compressed (59 bytes).", compressed(good)),
        ("compressed-and-filled", "A compressed point, filled up to 91 bytes.", compressed(good) + bytes(32)),
        ("hybrid-even", "Point mark 0x06 instead of 0x04.", good[:26] + b"\x06" + good[27:]),
        ("hybrid-odd", "Point mark 0x07 instead of 0x04.", good[:26] + b"\x07" + good[27:]),
        ("raw-point", "The point without SubjectPublicKeyInfo (65 bytes).", good[26:]),
        ("off-curve", "y + 1: no point on P-256.", spki(x, y + 1)),
        ("x-twice", "(x, x): a point of another curve.", spki(x, x)),
        ("zero-point", "(0, 0).", spki(0, 0)),
        ("x-plus-p", "The point of small-x, its x not reduced modulo p.", spki(small_x + P, small_y)),
        ("y-is-p", "A coordinate that is p.", spki(x, P)),
        ("all-ones", "Both coordinates 2^256 - 1.", spki(2**256 - 1, 2**256 - 1)),
        ("infinity", "The point at infinity.", bytes.fromhex("301930" + good[3:23].hex() + "03020000")),
        ("short", "The last byte is missing.", good[:-1]),
        ("long", "A byte after the end.", good + b"\x00"),
        ("zero-before-y", "The same numbers; y has a byte 0 before it.", good[:59] + b"\x00" + good[59:]),
        ("unused-bits", "The bit string says that one bit is unused.", good[:25] + b"\x01" + good[26:]),
        ("long-form-length", "The outer length in two bytes: not DER.", b"\x30\x81\x59" + good[2:]),
        ("ecdh-identifier", "id-ecDH for id-ecPublicKey.", good[:6] + bytes.fromhex("052b8104010c") + good[13:]),
        ("no-parameters", "No curve named.", bytes.fromhex("304f300906072a8648ce3d0201034200") + good[26:]),
        ("secp256k1", "Another curve of the same size.", of_curve(ec.SECP256K1())),
        ("p-384", "Another curve.", of_curve(ec.SECP384R1())),
        ("p-521", "Another curve.", of_curve(ec.SECP521R1())),
        ("x25519", "Another algorithm.", montgomery.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
        ("renamed-curve", "A point of secp256k1 as one of P-256.", SPKI_PREFIX + of_curve(ec.SECP256K1())[-64:]),
    ]  # fmt: skip


def public_keys_file() -> dict:
    valid = [
        {"name": name, "public_key": key.hex(), "fingerprint": fingerprint(key).hex()} for name, key in valid_keys()
    ]
    invalid = [
        {"name": name, "comment": comment, "public_key": key.hex(), "reason": "public_key"}
        for name, comment, key in invalid_keys()
    ]
    same = [["key-of-alice", "key-of-alice"], ["key-of-alice", "negative-of-alice"]]
    different = [["key-of-alice", "key-of-bob"], ["negative-of-alice", "small-x"]]
    return {"valid": valid, "invalid": invalid, "same_key": same, "different_keys": different}
