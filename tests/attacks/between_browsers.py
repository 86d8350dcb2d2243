"""Mallory with the code of an invitation, between the two browsers of a person (docs/protocol.md §17)."""

import base64
import json
import secrets

from tests.attacks.impostor import Impostor
from tests.attacks.vaults import b64
from tests.reference.invitation import Side
from tests.reference.ways import way_of


def side(symbols: str, email: str, account_id: str) -> Side:
    return Side(symbols, email, Impostor(email), secrets.token_bytes(32), account_id)


class Between:
    """Answers each browser in place of the other. Each message is the same whenever it is asked for."""

    def __init__(self, code: str, email: str, account_id: str) -> None:
        symbols = code.replace("-", "")
        self.to_old, self.to_new = (side(symbols, email, account_id) for _ in range(2))
        self.browser = Impostor(email)
        self.nonce = secrets.token_bytes(12)
        way = way_of(secrets.token_bytes(32), email)
        self.way = json.dumps({"id": way.id.hex(), "public": b64(way.public), "psk": b64(way.psk)}).encode()

    def for_old(self, state: dict) -> dict:
        given = {name: base64.b64decode(text) for name, text in state.items() if name != "expires_at"}
        made = {}
        if "answer" in given:
            named = (bytes.fromhex(self.browser.browser), self.browser.identity_key, "Chromium on Linux")
            made["answer"] = b64(self.to_old.answer(given["offer"], *named))
        if "details" in given:
            self.to_old.take_reveal(given["reveal"])
            made["details"] = b64(self.to_old.seal("details", self.nonce, self.way))
        return state | made

    def for_new(self, state: dict) -> dict:
        answered = {"offer": b64(self.to_new.offer())}
        if "reveal" in state:
            answered |= {"reveal": b64(self.to_new.reveal(base64.b64decode(state["answer"])))}
        return state | answered
