"""Ed25519 (RFC 8032 §5.1) in plain Python, as strict as docs/protocol.md §3.4 asks. For tests only: slow and not
constant-time.

A point is (x, y) modulo P. Keys, seeds and signatures are raw bytes.
"""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493  # the order of the base point
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1)

Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    """§5.1.4, in affine coordinates."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def negative(point: Point) -> Point:
    return -point[0] % P, point[1]


def multiply(scalar: int, point: Point) -> Point:
    result = NEUTRAL
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def encode(point: Point) -> bytes:
    """§5.1.2."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point | None:
    """§5.1.3; None if it is not the canonical encoding of a point."""
    whole = int.from_bytes(data, "little")
    y, sign = whole % 2**255, whole >> 255
    if len(data) != 32 or y >= P:
        return None
    x = root((y * y - 1) * pow(D * y * y + 1, -1, P))
    if x is None or (x == 0 and sign):
        return None
    return (x if x & 1 == sign else P - x), y


def root(square: int) -> int | None:
    candidate = pow(square, (P + 3) // 8, P)
    for value in (candidate, candidate * ROOT_OF_MINUS_1 % P):
        if (value * value - square) % P == 0:
            return value
    return None


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def hash_integer(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def secret_scalar(seed: bytes) -> int:
    """§5.1.5: the first half of the seed's hash, pruned."""
    half = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return half & (2**254 - 8) | 2**254


def public_key(seed: bytes) -> bytes:
    return encode(multiply(secret_scalar(seed), BASE))


def sign(seed: bytes, message: bytes, prefix: bytes = b"") -> bytes:
    """§5.1.6; `prefix` is dom2 of the Ed25519 variants, which must be refused."""
    r = hash_integer(prefix, hashlib.sha512(seed).digest()[32:], message) % L
    return sign_with(seed, r, message, prefix)


def sign_with(seed: bytes, r: int, message: bytes, prefix: bytes = b"") -> bytes:
    """Sign with a given r. The holder of the seed can choose any."""
    encoded = encode(multiply(r, BASE))
    k = hash_integer(prefix, encoded, public_key(seed), message) % L
    return encoded + ((r + k * secret_scalar(seed)) % L).to_bytes(32, "little")


def is_key(data: bytes) -> bool:
    """Whether it is the canonical encoding of a point that is not of small order."""
    point = decode(data)
    return point is not None and multiply(8, point) != NEUTRAL


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """§5.1.7 without the factor 8. R is checked like the key."""
    encoded, s = signature[:32], int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or not is_key(key) or not is_key(encoded) or s >= L:
        return False
    k = hash_integer(encoded, key, message) % L
    return encode(add(multiply(s, BASE), negative(multiply(k, decode(key))))) == encoded
