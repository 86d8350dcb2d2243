"""Helpers for attacks on the vault: what the server has of it, and what it can make of that."""

import base64
from dataclasses import dataclass, field

from tests.attacks.impostor import Impostor
from tests.attacks.relay import Answer
from tests.reference import browser_list
from tests.reference.vault import Place, vault_hash
from tools.browser.ways import keep_code, settings

NOT_TAKEN = "This browser did not take it, and nothing was changed here. Ask the person who runs this server.”"
GONE = Answer({"code": "no_vault", "detail": "None."}, 404)
RECEIPTS = "Show others when I have read their messages"


def strips(person):
    return person.page.get_by_role("status")


def vault_of(mallory, person) -> dict:
    return mallory.office.act_as(person).get("/vault").raise_for_status().json()


def account_id(mallory, person) -> str:
    return str(mallory.office.act_as(person).get("/auth/me").raise_for_status().json()["id"])


def serve(mallory, person, vault) -> None:
    """The page reads the vault when it connects."""
    mallory.change_answer(person, "GET /vault$", lambda _: vault)
    mallory.cut_socket(person)


def with_code(strangers):
    """Alice and Bob, who have written; and the recovery code that Alice has kept."""
    alice, bob = strangers()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("Before the attack")
    return alice, bob, keep_code(alice)


def write_vault(person) -> None:
    """The person changes a setting, and the page writes it into the vault."""
    box = settings(person).get_by_role("checkbox", name=RECEIPTS)
    box.set_checked(not box.is_checked())
    person.page.keyboard.press("Escape")


def place_of(mallory, person, vault: dict) -> Place:
    ways = [way | {"box": base64.b64decode(way["box"]).hex()} for way in vault["ways"]]
    numbers = (vault["generation"], vault["version"], vault["browser"], bytes.fromhex(vault["previous"]))
    return Place(person.email, account_id(mallory, person), *numbers, ways)


def rehashed(mallory, person, vault: dict) -> dict:
    """Nothing in the hash is secret."""
    hashed = vault_hash(place_of(mallory, person, vault), base64.b64decode(vault["blob"]))
    return vault | {"hash": hashed.hex()}


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def longer_list(mallory, person) -> str:
    """The list of the person's browsers with one more, signed by Mallory."""
    office = mallory.office.act_as(person)
    identity = base64.b64decode(mallory.office.key_of(person)["identity_key"])
    signed = base64.b64decode(office.get("/browsers").raise_for_status().json()["browsers"])
    version, browsers = browser_list.read(identity, person.email, signed)
    impostor = Impostor(person.email)
    added = browser_list.Browser(bytes.fromhex(impostor.browser), impostor.identity_key, browsers[-1].added_at + 1)
    body = browser_list.body_of(version + 1, sorted([*browsers, added], key=lambda browser: browser.id))
    return b64(body + impostor.identity.sign(browser_list.signed_bytes(person.email, body)))


@dataclass
class Branch:
    """A vault that the server keeps for one browser alone."""

    versions: list[dict] = field(default_factory=list)

    def take(self, body: dict) -> Answer:
        self.versions.append(body)
        return Answer({name: body[name] for name in ("version", "hash")} | {"created_at": "2026-11-30T08:00:00Z"})

    def newest(self, served: dict) -> dict:
        return self.versions[-1] if self.versions else served


def keep_apart(mallory, browser) -> Branch:
    """What this browser writes is confirmed, and shown to it alone; it gets nothing that others write."""
    branch = Branch()
    mallory.answer_calls(browser, "PUT /vault$", branch.take)
    mallory.change_answer(browser, "GET /vault$", branch.newest)
    mallory.change_frames(browser, lambda frame: None if frame["type"] == "vault_changed" else frame)
    return branch
