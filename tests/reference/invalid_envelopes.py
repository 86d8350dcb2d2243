"""Messages that are refused before any cryptography, because of their form, people or keys."""

from tests.reference.people import ALICE, BOB, MALLORY
from tests.reference.public_keys import compressed, negative
from tests.reference.spoiling import GOOD, Refusal, b64, changed, flipped, without
from tests.reference.suite1 import fingerprint


def wrong_form() -> list[Refusal]:
    return [
        Refusal("no-object", "malformed", "The message is null.", None),
        Refusal("suite-2", "unknown_suite", "Made by a later set of algorithms.", changed(suite=2)),
        Refusal("suite-as-text", "unknown_suite", "", changed(suite="1")),
        Refusal("suite-true", "unknown_suite", "", changed(suite=True)),
        Refusal("no-suite", "unknown_suite", "", without("suite")),
        Refusal("upper-case-message-type", "message_type", "", changed(message_type="Text")),
        Refusal("empty-message-type", "message_type", "", changed(message_type="")),
        Refusal("no-message-type", "message_type", "", without("message_type")),
        Refusal("upper-case-email", "wrong_people", "", changed(sender_email="Alice@example.org")),
        Refusal("no-recipient-email", "wrong_people", "", without("recipient_email")),
        Refusal("to-oneself", "wrong_people", "", changed(sender_email=BOB.email)),
    ]


def wrong_names() -> list[Refusal]:
    client_id, digits = GOOD.message["client_id"], GOOD.message["sender_fingerprint"]
    recipients = GOOD.message["recipient_fingerprint"]
    return [
        Refusal("no-client-id", "client_id", "", without("client_id")),
        Refusal("null-client-id", "client_id", "As from a client that sent none.", changed(client_id=None)),
        Refusal("upper-case-client-id", "client_id", "", changed(client_id=client_id.upper())),
        Refusal("client-id-without-hyphens", "client_id", "", changed(client_id=client_id.replace("-", ""))),
        Refusal("client-id-with-line-end", "client_id", "", changed(client_id=client_id + "\n")),
        Refusal("no-sender-fingerprint", "fingerprints", "", changed(sender_fingerprint=None)),
        Refusal("no-recipient-fingerprint", "fingerprints", "", without("recipient_fingerprint")),
        Refusal("upper-case-fingerprint", "fingerprints", "", changed(sender_fingerprint=digits.upper())),
        Refusal("short-fingerprint", "fingerprints", "", changed(sender_fingerprint=digits[:-2])),
        Refusal("fingerprint-with-line-end", "fingerprints", "", changed(sender_fingerprint=digits + "\n")),
        Refusal("same-fingerprints", "same_fingerprints", "Both Bob's.", changed(sender_fingerprint=recipients)),
    ]


def wrong_bytes() -> list[Refusal]:
    nonce, ciphertext = GOOD.fresh.nonce, GOOD.ciphertext
    return [
        Refusal("no-nonce", "nonce", "", changed(nonce=None)),
        Refusal("nonce-of-11-bytes", "nonce", "", changed(nonce=b64(nonce[:11]))),
        Refusal("nonce-of-16-bytes", "nonce", "", changed(nonce=b64(nonce + bytes(4)))),
        Refusal("nonce-in-hex", "nonce", "", changed(nonce=nonce.hex())),
        Refusal("no-ciphertext", "ciphertext", "", without("ciphertext")),
        Refusal("ciphertext-as-number", "ciphertext", "", changed(ciphertext=7)),
        Refusal("ciphertext-one-short", "ciphertext", "No bucket's.", changed(ciphertext=b64(ciphertext[:-1]))),
        Refusal("ciphertext-one-long", "ciphertext", "No bucket's.", changed(ciphertext=b64(ciphertext + b"\x00"))),
        Refusal("tag-alone", "ciphertext", "An empty plaintext.", changed(ciphertext=b64(ciphertext[-16:]))),
        *wrong_salts(),
    ]


def wrong_salts() -> list[Refusal]:
    salt = GOOD.fresh.salt
    text = b64(salt)
    salts = {
        "salt-null": ("", None),
        "salt-of-15-bytes": ("", b64(salt[:15])),
        "salt-of-33-bytes": ("", b64(salt + b"\x00")),
        "base64-with-stray-bits": (
            "The same bytes; the unused bits of the last character are not 0.",
            text[:-2] + chr(ord(text[-2]) + 1) + "=",
        ),
        "base64-without-padding": ("", text.rstrip("=")),
        "base64-with-more-padding": ("", text + "=="),
        "base64-with-line-end": ("", text + "\n"),
        "base64-with-space": ("", text[:20] + " " + text[20:]),
        "base64-for-urls": ("", b64(b"\xff" * 32).replace("/", "_")),
    }
    return [Refusal(name, "salt", comment, changed(salt=value)) for name, (comment, value) in salts.items()]


def wrong_people() -> list[Refusal]:
    return [
        Refusal(
            "in-the-wrong-chat",
            "wrong_people",
            "Alice's message shown in Bob's chat with Mallory.",
            GOOD.message,
            peer_email=MALLORY.email,
            peer_public_key=MALLORY.public_key,
        ),
        Refusal(
            "swapped-emails",
            "wrong_people",
            "The emails say Bob to Alice, the keys Alice to Bob.",
            changed(sender_email=BOB.email, recipient_email=ALICE.email),
        ),
        Refusal("for-somebody-else", "wrong_people", "", changed(recipient_email=MALLORY.email)),
    ]


def wrong_keys() -> list[Refusal]:
    bobs_negative = negative(BOB.public_key)
    from_negative = changed(sender_fingerprint=fingerprint(bobs_negative).hex())
    another = changed(recipient_fingerprint=MALLORY.fingerprint.hex())
    return [
        Refusal("for-another-key", "not_our_key", "For a key that Bob's browser does not hold.", another),
        Refusal("between-others", "not_our_key", "Handed to Mallory.", GOOD.message, reader=MALLORY),
        key_refusal("off-curve-peer-key", "public_key", "", flipped(ALICE.public_key, 90)),
        key_refusal("compressed-peer-key", "public_key", "", compressed(ALICE.public_key)),
        key_refusal("peer-key-of-another", "wrong_peer_key", "The message names Alice's.", MALLORY.public_key),
        Refusal(
            "own-key-negated",
            "own_key",
            "The peer's key is (x, -y) of the reader's own (x, y).",
            from_negative,
            peer_public_key=bobs_negative,
        ),
    ]


def key_refusal(name: str, reason: str, comment: str, peer_public_key: bytes) -> Refusal:
    return Refusal(name, reason, comment, GOOD.message, peer_public_key=peer_public_key)
