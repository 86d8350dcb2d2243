"""Two people chat in Chromium, through nginx and two server processes."""

import base64
import hashlib
import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import expect, sync_playwright

from tests.deployment.nginx import HOST
from tools.browser.person import Person
from tools.provision import Unavailable
from tools.provision.chromium import ARGUMENTS, find_chromium
from tools.provision.node import install_modules


@pytest.fixture
def browser(deployment):
    """A browser that resolves the public name to our nginx and trusts its certificate only."""
    try:
        install_modules()
        chromium = find_chromium()
    except Unavailable as error:
        pytest.skip(str(error))
    arguments = [
        *ARGUMENTS,
        f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{deployment.nginx.port}",
        f"--ignore-certificate-errors-spki-list={public_key_hash(deployment.nginx)}",
    ]
    with sync_playwright() as playwright:
        environment = {**os.environ, **chromium.environment}
        browser = playwright.chromium.launch(executable_path=chromium.program, args=arguments, env=environment)
        expect.set_options(timeout=20_000)
        yield browser
        browser.close()


def public_key_hash(nginx) -> str:
    certificate = x509.load_pem_x509_certificate((nginx.folder / "fullchain.pem").read_bytes())
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


def test_two_people_chat(browser):
    alice, bob = (Person(name, f"https://{HOST}", browser.new_context).register_by_hand() for name in ("alice", "bob"))
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("Through nginx?")
    bob.open_chat(alice)
    bob.expect_message("Through nginx?")
    bob.send("Through nginx.")
    alice.expect_message("Through nginx.")
    assert alice.complaints + bob.complaints == []
