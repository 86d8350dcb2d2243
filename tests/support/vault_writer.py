"""A browser's side of the vault, in Python: it signs lists of browsers, and writes of vaults with random bytes."""

import base64
import hashlib
import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conftest import new_spki

ZEROS = bytes(32)
LEAST_BLOB = 53 + 4096 + 16


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def lp(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4) + part for part in parts)


def raw_public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def way(kind: str = "code") -> dict:
    return {"id": secrets.token_hex(16), "kind": kind, "box": b64(secrets.token_bytes(114))}


class Browser:
    """A browser of a person: an id and a signature key."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(16)
        self.key = Ed25519PrivateKey.generate()

    def entry(self) -> bytes:
        return bytes.fromhex(self.id) + raw_public(self.key) + (1_790_000_000).to_bytes(4) + bytes([2, 1, 2])


def signed_list(identity: Ed25519PrivateKey, email: str, version: int, browsers: list[Browser]) -> str:
    entries = sorted(browser.entry() for browser in browsers)
    body = version.to_bytes(4) + bytes([len(entries)]) + b"".join(entries)
    return b64(body + identity.sign(lp(b"VibeChat browsers", email.encode(), body)))


class Writer:
    """A person (conftest.Person) with an identity at the server, who writes vaults by one or more browsers."""

    def __init__(self, person, size: int = LEAST_BLOB, public_key: str | None = None) -> None:
        self.person, self.size = person, size
        self.identity = Ed25519PrivateKey.generate()
        self.browser = Browser()
        self.browsers = [self.browser]
        self.ways = [way()]
        self.upload_identity(public_key)

    def upload_identity(self, public_key: str | None = None) -> None:
        body = {"public_key": public_key or b64(new_spki()), "identity_key": b64(raw_public(self.identity))}
        assert self.person.post("/api/keys/upload", body).status_code in (200, 201)

    def list(self, version: int = 1, browsers: "list[Browser] | None" = None) -> str:
        chosen = self.browsers if browsers is None else browsers
        return signed_list(self.identity, self.person.email, version, chosen)

    def body(self, version=1, generation=1, previous=ZEROS, ways=None, by=None, blob=None, **more) -> dict:
        by, ways = by or self.browser, sorted(self.ways if ways is None else ways, key=lambda way: way["id"])
        head = b"\1" + generation.to_bytes(4) + version.to_bytes(4)
        blob = head + secrets.token_bytes(self.size - len(head)) if blob is None else blob
        account = (self.person.email.encode(), str(self.person.user.pk).encode())
        boxes = [(bytes.fromhex(w["id"]), w["kind"].encode(), base64.b64decode(w["box"])) for w in ways]
        ways_hash = hashlib.sha256(lp(b"VibeChat ways", *(part for box in boxes for part in box))).digest()
        parts = (blob, ways_hash, by.id.encode(), previous)
        hashed = hashlib.sha256(lp(b"VibeChat vault hash", *account, *parts)).digest()
        signature = by.key.sign(lp(b"VibeChat vault write", *account, version.to_bytes(4), hashed))
        return {
            "version": version,
            "generation": generation,
            "blob": b64(blob),
            "hash": hashed.hex(),
            "previous": previous.hex(),
            "browser": by.id,
            "signature": b64(signature),
            "ways": ways,
        } | more

    def after(self, body: dict, **more) -> dict:
        """A body that follows another one."""
        given = {"version": body["version"] + 1, "generation": body["generation"], "ways": body["ways"]}
        return self.body(**given | {"previous": bytes.fromhex(body["hash"])} | more)

    def put(self, body: dict):
        return self.person.put("/api/vault", body)

    def first(self, **more) -> dict:
        """Write the first version, with the list of browsers; returns its body."""
        body = self.body(browsers=self.list(), **more)
        answer = self.put(body)
        assert answer.status_code == 201, answer.json()
        return body

    def next(self, body: dict, **more) -> dict:
        following = self.after(body, **more)
        answer = self.put(following)
        assert answer.status_code == 200, answer.json()
        return following

    # --- streams ---

    def segment_body(self, number, hashes=(), revision=1, kind="archive", of=None, by=None, blob=None) -> tuple:
        """(path, body, hashes after the write) of a segment that is appended to `hashes` or replaces one of them."""
        of, by = of or self.browser, by or self.browser
        step = 65_536 if kind == "archive" else 1024
        blob = b"\1" + secrets.token_bytes(39 + step) if blob is None else blob
        account = (self.person.email.encode(), str(self.person.user.pk).encode())
        place = (*account, of.id.encode(), kind.encode())
        hashed = hashlib.sha256(lp(b"VibeChat segment", *place, number.to_bytes(4), blob)).digest()
        after = [*hashes[: number - 1], hashed, *hashes[number:]]
        head = ZEROS
        for one in after:
            head = hashlib.sha256(lp(b"VibeChat stream head", head, one)).digest()
        signed = lp(b"VibeChat stream", *place, len(after).to_bytes(4), revision.to_bytes(4), head)
        body = {"blob": b64(blob), "by": by.id, "revision": revision, "signature": b64(by.key.sign(signed))}
        return f"/api/streams/{of.id}/{kind}/{number}", body, after

    def segment(self, number=1, hashes=(), **more) -> list:
        """Write a segment; returns the hashes after it."""
        path, body, after = self.segment_body(number, hashes, **more)
        answer = self.person.put(path, body)
        assert answer.status_code in (200, 201), answer.json()
        return after
