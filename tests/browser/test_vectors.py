"""The protocol's vectors in a real browser, whose Web Crypto is another than Node's."""

import json
from pathlib import Path

import pytest

from tests.support.environment import ROOT

pytestmark = pytest.mark.once

FOLDER = ROOT / "docs" / "test_vectors"


def read(name: str) -> dict:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def test_the_served_code_opens_and_refuses_as_the_vectors_say(browser, site):
    vectors = {
        "people": read("people.json")["people"],
        "keys": read("public_keys.json"),
        "valid": read("valid_messages.json")["messages"],
        "invalid": read("invalid_messages.json")["messages"],
        "identity": read("identity.json"),
        "numbers": read("safety_numbers.json"),
    }
    script = (Path(__file__).parent / "vectors.js").read_text(encoding="utf-8")
    page = browser.new_page()
    page.goto(f"{site.server_of('alice').url}/login")
    assert page.evaluate(script, vectors) == []
    page.close()


def test_the_served_code_opens_and_refuses_vaults_as_the_vectors_say(browser, site):
    vectors = {
        "codes": read("recovery_codes.json")["codes"],
        "hpke": read("hpke.json")["rfc9180"][0],
        "invitations": read("invitations.json")["runs"],
        "lists": read("browsers.json"),
        "streams": read("streams.json"),
        "vault": read("vault.json"),
        "ways": read("ways.json"),
    }
    script = (Path(__file__).parent / "vault-vectors.js").read_text(encoding="utf-8")
    page = browser.new_page()
    page.goto(f"{site.server_of('alice').url}/login")
    assert page.evaluate(script, vectors) == []
    page.close()
