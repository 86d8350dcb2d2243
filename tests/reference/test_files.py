"""The plain-Python reference of files checks its vectors, answers that others have published, and `cryptography`'s own
implementation of the same specification. tests/js reads the same vectors."""

import hashlib
import json
import zlib

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor

from tests.reference import files
from tests.reference.generate_vectors import FOLDER
from tests.reference.refused import Refused

pytestmark = pytest.mark.once

VECTORS = json.loads((FOLDER / "files.json").read_text(encoding="utf-8"))
# C2SP/wycheproof, testvectors_v1/c2sp_chunked_encryption_aes_256_gcm_test.json: tests 1 and 2; ct is zlib.
KEY = b"YELLOW SUBMARINE YELLOW SUBMARIN"
PUBLISHED = [
    (
        (
            "78da004800b7ff43a2e39431cbae0389d3fc86adf46f7c3a24de88d9311617e53f3164cc1d5dc738a66b97f0bf786565c31799c2f463d5"
            "0a7e10046011dc6fc3c939e3a5db7affb6191551669554fb010000ffff4bc124df"
        ),
        0,
        (
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a"
            "81a538327af927da3e"
        ),
    ),
    (
        (
            "78da004f00b0ffa1a1b56f6db58cd1ede0c5c9db62aef20d3f96a6c594bb9252bb38122de91236502b42a1d7fcab820ffa292940d2f86a"
            "dd212cfa42c38df19d3cc9139ee61a5990d3db57433514229beea49a8a72bd010000ffffdb4f2a44"
        ),
        7,
        (
            "e85f32a85f1d4f7c9b2d36d20eca8435d81253e7075e9dea069eb1b6da48daf92ef1797367b520d8a46c4f72cecb85b1daff8887fcb417"
            "21d39943d1952fc180"
        ),
    ),
]


def named(vectors: list[dict]) -> dict:
    return {"argvalues": vectors, "ids": [vector["name"] for vector in vectors]}


@pytest.mark.parametrize(("compressed", "length", "sha512"), PUBLISHED)
def test_published_answers_hold(compressed, length, sha512):
    sealed = zlib.decompressobj().decompress(bytes.fromhex(compressed))
    message = files.open_message(KEY, b"", sealed)
    assert (len(message), hashlib.sha512(message).hexdigest()) == (length, sha512)
    assert files.seal_message(KEY, sealed[:24], b"", message) == sealed


@pytest.mark.parametrize("length", [0, 1, files.CHUNK - 1, files.CHUNK, files.CHUNK + 1, 300 * files.CHUNK + 5])
def test_another_implementation_agrees_in_both_directions(length):
    message, context = files.content_of(length), files.context("file")
    theirs = Cobblestone256Decryptor(files.KEY, context)
    ours = files.seal_message(files.KEY, files.SALT, context, message)
    assert theirs.update(ours) + theirs.finalize() == message
    sealer = Cobblestone256Encryptor(files.KEY, context)
    assert files.open_message(files.KEY, context, sealer.update(message) + sealer.finalize()) == message


@pytest.mark.parametrize("vector", **named(VECTORS["files"]))
def test_file_opens_as_the_vectors_say(vector):
    key, salt, content = bytes.fromhex(vector["key"]), bytes.fromhex(vector["salt"]), files.content_of(vector["size"])
    sealed = files.seal(key, salt, vector["purpose"], content)
    assert files.open_file(key, vector["purpose"], vector["size"], vector["hash"], sealed) == content
    assert len(sealed) == vector["sealed_length"]
    assert vector.get("sealed", sealed.hex()) == sealed.hex()
    assert vector.get("sealed_sha256", hashlib.sha256(sealed).hexdigest()) == hashlib.sha256(sealed).hexdigest()


@pytest.mark.parametrize("vector", **named(VECTORS["refused"]))
def test_other_bytes_are_refused(vector):
    given = (bytes.fromhex(vector["key"]), vector["purpose"], vector["size"], vector["hash"])
    with pytest.raises(Refused, match=vector["reason"]):
        files.open_file(*given, bytes.fromhex(vector["sealed"]))
