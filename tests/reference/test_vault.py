"""The plain-Python reference of vault, ways back and browsers checks its vectors. tests/js reads the same ones."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.reference import hpke

pytestmark = pytest.mark.once

PUBLISHED = {name: bytes.fromhex(value) for name, value in hpke.PUBLISHED.items() if name != "name"}


def test_hpke_matches_the_published_vectors():
    recipient, ephemeral = (hpke.derive_private_key(PUBLISHED[name]) for name in ("ikm_r", "ikm_e"))
    assert [hpke.point_of(recipient), hpke.point_of(ephemeral)] == [PUBLISHED["pk_r"], PUBLISHED["enc"]]
    secret = hpke.dh(ephemeral, PUBLISHED["pk_r"])
    assert secret == hpke.dh(recipient, PUBLISHED["enc"])
    shared_secret = hpke.extract_and_expand(secret, PUBLISHED["enc"], PUBLISHED["pk_r"])
    assert shared_secret == PUBLISHED["shared_secret"]
    parameters = hpke.Parameters(*(PUBLISHED[name] for name in ("psk", "psk_id", "info")))
    key, nonce = hpke.key_schedule(shared_secret, parameters, hpke.AES_128_GCM)
    assert [key, nonce] == [PUBLISHED["key"], PUBLISHED["base_nonce"]]
    assert AESGCM(key).encrypt(nonce, PUBLISHED["plaintext"], PUBLISHED["aad"]) == PUBLISHED["ciphertext"]
