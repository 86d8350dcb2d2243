"""Signed lists of browsers in plain Python, and their vectors: docs/protocol.md §16."""

from dataclasses import dataclass

from tests.reference import ed25519
from tests.reference.identity import uint32
from tests.reference.people import ALICE, BOB, fixed, identity_seed
from tests.reference.refused import require
from tests.reference.suite1 import lp


@dataclass(frozen=True)
class Browser:
    id: bytes
    signature_key: bytes
    added_at: int
    content_versions: tuple[int, ...] = (1,)

    @property
    def encoded(self) -> bytes:
        return (
            self.id
            + self.signature_key
            + uint32(self.added_at)
            + bytes([len(self.content_versions)])
            + bytes(self.content_versions)
        )


def body_of(version: int, browsers: list[Browser]) -> bytes:
    return uint32(version) + bytes([len(browsers)]) + b"".join(browser.encoded for browser in browsers)


def signed_bytes(email: str, body: bytes) -> bytes:
    return lp(b"VibeChat browsers", email.encode(), body)


def sign(seed: bytes, email: str, body: bytes) -> bytes:
    return body + ed25519.sign(seed, signed_bytes(email, body))


def read(identity_key: bytes, email: str, data: bytes) -> tuple[int, list[Browser]]:
    """Version and browsers. Raises Refused."""
    require(len(data) >= 5, "browsers")
    version, browsers, end = int.from_bytes(data[:4], "big"), [], 5
    for _ in range(data[4]):
        require(len(data) >= end + 53, "browsers")
        start, end = end, end + 53 + data[end + 52]
        entry = data[start:end]
        added_at = int.from_bytes(entry[48:52], "big")
        browsers.append(Browser(entry[:16], entry[16:48], added_at, tuple(entry[53:])))
    require(len(data) == end + 64 and version >= 1 and 1 <= len(browsers) <= 20, "browsers")
    ids, keys = [browser.id for browser in browsers], {browser.signature_key for browser in browsers}
    require(ids == sorted(set(ids)) and len(keys) == len(browsers) and all(map(ed25519.is_key, keys)), "browsers")
    for browser in browsers:
        versions = list(browser.content_versions)
        require(1 <= len(versions) <= 8 and versions == sorted(set(versions)) and versions[0] >= 1, "browsers")
    signed = signed_bytes(email, data[:end])
    require(ed25519.is_key(identity_key) and ed25519.verify(identity_key, signed, data[end:]), "browsers")
    return version, browsers


# The vectors


def browser(number: int, *content_versions: int) -> Browser:
    key = ed25519.public_key(fixed(f"signature key {number}"))
    return Browser(number.to_bytes(16, "big"), key, 1_790_000_000 + number, content_versions or (1,))


SEED = identity_seed(ALICE)
KEY = ed25519.public_key(SEED)
TWO = [browser(1), browser(2, 1, 2)]
BODY = body_of(3, TWO)
GOOD = sign(SEED, ALICE.email, BODY)


def entry(name: str, data: bytes, **more: object) -> dict:
    return {"name": name, "identity_key": KEY.hex(), "email": ALICE.email, "bytes": data.hex()} | more


def valid(name: str, version: int, browsers: list[Browser]) -> dict:
    body = body_of(version, browsers)
    listed = [
        {
            "id": each.id.hex(),
            "signature_key": each.signature_key.hex(),
            "added_at": each.added_at,
            "content_versions": list(each.content_versions),
        }
        for each in browsers
    ]
    signed = {"signed": signed_bytes(ALICE.email, body).hex()} if len(browsers) < 3 else {}
    return entry(name, sign(SEED, ALICE.email, body), version=version, browsers=listed, **signed)


def refused() -> list[dict]:
    small_order = Browser(bytes(16), b"\x01" + bytes(31), 1)
    same_key = Browser((9).to_bytes(16, "big"), TWO[0].signature_key, 1)
    bodies = {
        "version-0": body_of(0, TWO),
        "no-browser": body_of(1, []),
        "twenty-one": body_of(1, [browser(number) for number in range(1, 22)]),
        "descending": body_of(1, TWO[::-1]),
        "an-id-twice": body_of(1, [TWO[0], Browser(TWO[0].id, TWO[1].signature_key, 1)]),
        "a-signature-key-twice": body_of(1, [TWO[0], same_key]),
        "signature-key-of-small-order": body_of(1, [small_order]),
        "no-content-version": body_of(1, [Browser(bytes(16), KEY, 1, ())]),
        "content-version-0": body_of(1, [browser(1, 0)]),
        "content-versions-descending": body_of(1, [browser(1, 2, 1)]),
        "nine-content-versions": body_of(1, [browser(1, *range(1, 10))]),
        "a-byte-more": BODY + b"\0",
        "a-browser-not-counted": BODY[:4] + b"\x01" + BODY[5:],
    }
    added = body_of(3, [*TWO, browser(3)])
    label = b"VibeChat identity statement"
    return [
        *(entry(name, sign(SEED, ALICE.email, body), reason="browsers") for name, body in bodies.items()),
        entry("empty", b"", reason="browsers"),
        entry("cut-off", GOOD[:-1], reason="browsers"),
        entry("without-signature", BODY, reason="browsers"),
        entry("version-raised", uint32(4) + GOOD[4:], reason="browsers"),
        entry("a-browser-added-by-the-server", added + GOOD[-64:], reason="browsers"),
        entry("a-browser-dropped-by-the-server", body_of(3, TWO[:1]) + GOOD[-64:], reason="browsers"),
        entry("another-signature-key", BODY[:21] + KEY + BODY[53:] + GOOD[-64:], reason="browsers"),
        entry("under-another-name", sign(SEED, BOB.email, BODY), reason="browsers"),
        entry("by-another-identity", sign(identity_seed(BOB), ALICE.email, BODY), reason="browsers"),
        entry("without-label", BODY + ed25519.sign(SEED, lp(ALICE.email.encode(), BODY)), reason="browsers"),
        entry("other-label", BODY + ed25519.sign(SEED, lp(label, ALICE.email.encode(), BODY)), reason="browsers"),
    ]


def browsers_file() -> dict:
    return {
        "comment": "bytes is the API's browsers; signed what the identity signs.",
        "lists": [
            valid("one", 1, [browser(1)]),
            valid("two", 3, TWO),
            valid("twenty", 2**32 - 1, [browser(number, *range(1, 9)) for number in range(1, 21)]),
        ],
        "refused": refused(),
    }
