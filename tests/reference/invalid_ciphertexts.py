"""Well-formed messages that were not sealed by these two keys, in this direction, or by the person themself."""

import hmac
from dataclasses import replace

from tests.reference.content import canonical_json, pad, untagged_json
from tests.reference.people import ALICE, BOB, MALLORY
from tests.reference.spoiling import GOOD, Refusal, b64, changed, encrypted, flipped
from tests.reference.suite1 import (
    Header,
    Person,
    additional_data,
    ecdh,
    message_key,
    pbkdf2_salt,
    self_key,
    self_tag_input,
)
from tests.reference.valid_messages import Case


def changed_on_the_way() -> list[Refusal]:
    salt, nonce, ciphertext = GOOD.fresh.salt, GOOD.fresh.nonce, GOOD.ciphertext
    other = Case("another", "", "Another message").seal()
    messages = {
        "first-bit": changed(ciphertext=b64(flipped(ciphertext, 0))),
        "text-bit": changed(ciphertext=b64(flipped(ciphertext, 300))),
        "padding-bit": changed(ciphertext=b64(flipped(ciphertext, -17))),
        "first-tag-bit": changed(ciphertext=b64(flipped(ciphertext, -16))),
        "last-tag-bit": changed(ciphertext=b64(flipped(ciphertext, -1))),
        "nonce-bit": changed(nonce=b64(flipped(nonce, 11))),
        "first-salt-bit": changed(salt=b64(flipped(salt, 0))),
        "last-salt-bit": changed(salt=b64(flipped(salt, 31))),
        "shorter-salt": changed(salt=b64(salt[:31])),
        "other-client-id": changed(client_id=other.header.client_id),
        "other-message-type": changed(message_type="note"),
        "other-salt": changed(salt=b64(other.fresh.salt)),
        "other-nonce": changed(nonce=b64(other.fresh.nonce)),
        "other-ciphertext": changed(ciphertext=b64(other.ciphertext)),
    }
    return [Refusal(name, "decryption", "", message) for name, message in messages.items()]


def misattributed() -> list[Refusal]:
    turned = changed(
        sender_email=BOB.email,
        recipient_email=ALICE.email,
        sender_fingerprint=BOB.fingerprint.hex(),
        recipient_fingerprint=ALICE.fingerprint.hex(),
    )
    moved = Person("robert@example.org", BOB.private_key)
    reflected = {"reader": ALICE, "peer_email": BOB.email, "peer_public_key": BOB.public_key}
    borrowed = (
        "Mallory has uploaded Alice's public key and passes Alice's words on as hers (why emails are authenticated)."
    )
    return [
        Refusal("reflected", "decryption", "Alice's message comes back to her as Bob's.", turned, **reflected),
        Refusal("claimed-as-own", "decryption", "Alice's message stands at Bob's as his own.", turned),
        Refusal("borrowed-key", "decryption", borrowed, changed(sender_email=MALLORY.email), peer_email=MALLORY.email),
        Refusal("moved-account", "decryption", "", changed(recipient_email=moved.email), reader=moved),
    ]


def derived_otherwise() -> list[Refusal]:
    secret, salt, whole = GOOD.shared_secret, GOOD.fresh.salt, GOOD.pbkdf2_salt
    turned = replace(GOOD.header, sender_fingerprint=BOB.fingerprint, recipient_fingerprint=ALICE.fingerprint)
    keys = {
        "key-is-the-secret": secret,
        "key-from-salt-alone": message_key(secret, salt),
        "key-without-label": message_key(secret, whole[21:]),
        "key-of-the-other-direction": message_key(secret, pbkdf2_salt(turned, salt)),
        "key-with-salt-before-fingerprints": message_key(secret, whole[:21] + salt + whole[21:85]),
        "key-from-hexadecimal-secret": message_key(secret.hex().encode(), whole),
    }
    return [
        Refusal(name, "decryption", "", encrypted(GOOD.header, key, GOOD.aad, GOOD.padded))
        for name, key in keys.items()
    ]


def authenticated_otherwise() -> list[Refusal]:
    header, aad = GOOD.header, GOOD.aad
    emails = 4 + len(header.sender_email) + 4 + len(header.recipient_email)
    before_emails = 4 + len("VibeChat suite 1 message") + 4 + 1
    data = {
        "nothing-authenticated": b"",
        "emails-not-authenticated": aad[:before_emails] + aad[before_emails + emails :],
        "suite-2-authenticated": aad[: before_emails - 1] + b"2" + aad[before_emails:],
        "hexadecimal-fingerprints-authenticated": aad.replace(
            header.sender_fingerprint, header.sender_fingerprint.hex().encode()
        ),
        "lengths-not-authenticated": b"".join(parts(aad)),
    }
    return [
        Refusal(name, "decryption", "", encrypted(header, GOOD.message_key, other, GOOD.padded))
        for name, other in data.items()
    ]


def parts(prefixed: bytes) -> list[bytes]:
    """Split the result of LP into its parts."""
    found = []
    while prefixed:
        end = 4 + int.from_bytes(prefixed[:4], "big")
        found.append(prefixed[4:end])
        prefixed = prefixed[end:]
    return found


def forged_own() -> list[Refusal]:
    """A message from Alice or the server that claims to be Bob's own. ECDH gives Alice the keys of both directions."""
    genuine = Case("bob's own", "", "I owe you nothing", BOB, ALICE).seal()
    forged = {**genuine.content, "body": "I owe you 100"}
    tag_input = self_tag_input(genuine.aad, untagged_json(forged))
    alices_key = self_key(ecdh(ALICE.private_key, ALICE.public_key), ALICE.fingerprint)
    bobs_name = self_key(ecdh(ALICE.private_key, ALICE.public_key), BOB.fingerprint)
    tags = {
        "self-tag-of-zeros": bytes(32),
        "self-tag-of-another-text": genuine.self_tag,
        "self-tag-by-the-peer": hmac.digest(alices_key, tag_input, "sha256"),
        "self-tag-by-the-peer-in-ones-name": hmac.digest(bobs_name, tag_input, "sha256"),
        "self-tag-by-the-shared-secret": hmac.digest(genuine.shared_secret, tag_input, "sha256"),
        "self-tag-cut-short": genuine.self_tag[:16] + bytes(16),
    }
    moved = replace(genuine.header, client_id=GOOD.header.client_id)
    forgeries = {name: (genuine.header, {**forged, "self_tag": tag.hex()}) for name, tag in tags.items()}
    forgeries["self-tag-of-another-client-id"] = (moved, genuine.content)
    return [
        Refusal(name, "decryption", "", sealed_by_the_peer(header, content, genuine.shared_secret))
        for name, (header, content) in forgeries.items()
    ]


def sealed_by_the_peer(header: Header, content: dict, shared_secret: bytes) -> dict:
    key = message_key(shared_secret, pbkdf2_salt(header, GOOD.fresh.salt))
    return encrypted(header, key, additional_data(header), pad(canonical_json(content)))
