"""Known answers that others have collected: Wycheproof's vectors through our own modules, in a real browser.

They are read from the folder that WYCHEPROOF_DIR names, by default ../shared/wycheproof beside the repository. Each
file's counts are properties in the JUnit report, and are printed with `-rP`. Left out are PEM and JWK, which nothing
here reads; their keys are those of the other two ECDH files.
"""

import json
import os
from pathlib import Path

import pytest

from tests.support.environment import ROOT

pytestmark = pytest.mark.once

DEFAULT = Path("..") / "shared" / "wycheproof"
FOLDER = ROOT / os.environ.get("WYCHEPROOF_DIR", DEFAULT)
SCRIPT = (Path(__file__).parent / "wycheproof.js").read_text(encoding="utf-8")
FILES = {
    "ecdh_secp256r1_test.json": "ECDH P-256, SubjectPublicKeyInfo",
    "ecdh_secp256r1_ecpoint_test.json": "ECDH P-256, points",
    "aes_gcm_test.json": "AES-GCM",
    "hkdf_sha256_test.json": "HKDF-SHA-256",
    "hmac_sha256_test.json": "HMAC-SHA-256",
    "pbkdf2_hmacsha256_test.json": "PBKDF2-HMAC-SHA-256",
    "ed25519_test.json": "Ed25519",
}


def read(name: str) -> dict:
    if not (FOLDER / name).is_file():
        pytest.skip(f"Wycheproof's vectors are not in {os.environ.get('WYCHEPROOF_DIR', DEFAULT)} (WYCHEPROOF_DIR)")
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(browser, site):
    page = browser.new_page()
    page.goto(f"{site.server_of('alice').url}/login")
    yield page
    page.close()


@pytest.fixture(scope="module")
def message() -> dict:
    vectors = json.loads((ROOT / "docs" / "test_vectors" / "valid_messages.json").read_text(encoding="utf-8"))
    return vectors["messages"][0]["message"]


def outcome(page, message, name: str, groups: list) -> dict:
    return page.evaluate(SCRIPT, {"algorithm": FILES[name], "groups": groups, "message": message})


@pytest.mark.parametrize("name", FILES)
def test_our_modules_answer_as_expected(page, message, record_property, name):
    vectors = read(name)
    found = outcome(page, message, name, vectors["testGroups"])
    for word, count in {**found["ran"], **found["leftOut"]}.items():
        record_property(word, count)
    print(f"{FILES[name]}: {found['ran']}, left out: {found['leftOut'] or 'none'}")
    assert found["wrong"] == []
    assert found["ran"]["valid"] > 0
    assert sum(found["ran"].values()) + sum(found["leftOut"].values()) == vectors["numberOfTests"]


def a_valid_one(name: str) -> tuple[dict, dict]:
    """Its group and itself; among those that are run."""
    groups = [group for group in read(name)["testGroups"] if group.get("ivSize", 96) == 96]
    group = next(group for group in groups if FILES[name] != "AES-GCM" or group["keySize"] == 256)
    return group, next(test for test in group["tests"] if test["result"] == "valid")


@pytest.mark.parametrize("name", FILES)
def test_an_answer_that_is_not_expected_is_noticed(page, message, name):
    group, first = a_valid_one(name)
    field = next(field for field in ("shared", "okm", "tag", "dk", "sig") if field in first)
    changed = {**first, field: first[field][:-1] + ("0" if first[field][-1] != "0" else "1")}
    found = outcome(page, message, name, [{**group, "tests": [changed]}])
    assert len(found["wrong"]) == 1


@pytest.mark.parametrize("name", FILES)
def test_a_refusal_that_is_not_expected_is_noticed(page, message, name):
    group, first = a_valid_one(name)
    found = outcome(page, message, name, [{**group, "tests": [{**first, "result": "invalid"}]}])
    assert len(found["wrong"]) == 1
