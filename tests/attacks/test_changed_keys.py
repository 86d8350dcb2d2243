"""Keys that are exchanged later"""

import json
import secrets
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from playwright.sync_api import expect

from tests.attacks.acquaintance import STALE, malformed, meet, name_key, strip
from tests.attacks.haste import hurry
from tests.attacks.impostor import Impostor
from tests.attacks.relay import Answer
from tests.attacks.row import attack
from tests.attacks.words import DAMAGED, KEYS_CHANGED, UNDECIDED, of

NOBODYS = "f" * 64


@pytest.fixture(scope="module")
def alice(town):
    return town.visitor("alice").register()


@pytest.fixture
def bob(alice, mallory) -> Impostor:
    """Bob has keys and no browser. Alice has written to him."""
    return meet(alice, mallory.office.make_account("Bob"))


def renewed(person: Impostor) -> Impostor:
    """Log in to the same account in a new browser."""
    fresh = ec.generate_private_key(ec.SECP256R1())
    identity = ed25519.Ed25519PrivateKey.generate()
    return replace(person, private_key=fresh, identity=identity, browser=secrets.token_hex(16))


def review(person):
    person.page.get_by_role("button", name="Review").first.click()
    return person.page.get_by_role("dialog")


@attack(
    "Another key for the other",
    done="The server names a key of Mallory's as Bob's, and refuses what Alice seals for his",
    sees=f"Alice: {of('Bob', KEYS_CHANGED)} above the composer and below her message, which stays “Sending” until she "
    "has decided, and “Bob's keys changed.” in the chat, where it happened; nothing leaves her browser for the new key",
    when="at the next message that Alice sends",
)
def test_swapped(row, alice, bob, mallory):
    mask = Impostor(bob.email)
    name_key(mallory, alice, bob.email, mask.key_object(), refuses_others=True)
    alice.type_and_send("Is it still you?")
    row.is_shown(strip(alice), 0)
    row.is_shown(alice.message("Is it still you?"), 0, 1)
    row.is_shown(alice.log().get_by_text("Bob's keys changed.", exact=True).first, 2)
    alice.type_and_send("And this waits behind it")
    expect(alice.message("And this waits behind it")).to_contain_text("Sending")
    expect(review(alice)).to_contain_text("If that surprises you, ask in person or by phone.")
    alice.page.get_by_role("button", name="Not now").click()
    assert mallory.keys_used(alice, bob) == {bob.fingerprint.hex()}


@attack(
    "Another key, and back again",
    done="The server names Mallory's key until Alice's browser has noticed, and then Bob's again",
    sees="Alice: “Sending” while it lasts; then “Sent”, for Bob's own key, and she is asked nothing",
    when="at the next message that Alice sends",
)
def test_there_and_back(row, alice, bob, mallory):
    name_key(mallory, alice, bob.email, Impostor(bob.email).key_object(), refuses_others=True)
    alice.type_and_send("Are you there?")
    expect(strip(alice)).to_be_visible()
    row.is_shown(alice.message("Are you there?"), 0)
    mallory.stop()
    mallory.cut_socket(alice)
    row.is_shown(alice.message("Are you there?"), 1)
    expect(strip(alice)).to_be_hidden()
    assert mallory.keys_used(alice, bob) == {bob.fingerprint.hex()}


@attack(
    "Yet another key while Alice decides",
    done="While Alice looks at the change, the server names a third key",
    sees="Alice: “Their keys have just changed again. Close this and look again.” in the dialog; nothing leaves "
    "her browser",
    when="when she goes on",
)
def test_changed_again(row, alice, bob, mallory):
    first, second = Impostor(bob.email), Impostor(bob.email)
    name_key(mallory, alice, bob.email, first.key_object(), refuses_others=True)
    alice.type_and_send("Whom do I write to?")
    dialog = review(alice)
    name_key(mallory, alice, bob.email, second.key_object())
    sealed = second.seal(alice.email, mallory.office.public_key(alice), "I am Bob")
    mallory.bring(alice, bob, sealed.message)
    expect(alice.log()).to_contain_text(of("Bob", UNDECIDED).strip("“”"), use_inner_text=True)
    dialog.get_by_role("button", name="It's really Bob: go on").click()
    row.is_shown(dialog)
    alice.page.keyboard.press("Escape")
    assert mallory.keys_used(alice, bob) == {bob.fingerprint.hex()}


@attack(
    "A message under another key",
    done="Mallory writes as Bob, under a key of her own that the server names as his",
    sees=f"Alice: {of('Bob', UNDECIDED)}, and {of('Bob', KEYS_CHANGED)} above the composer",
)
def test_message_under_another_key(row, alice, bob, mallory):
    mask = Impostor(bob.email)
    name_key(mallory, alice, bob.email, mask.key_object())
    mallory.bring(alice, bob, mask.seal(alice.email, mallory.office.public_key(alice), "Send me the papers").message)
    row.is_shown(alice.log(), 0)
    row.is_shown(strip(alice), 1)
    expect(alice.message("Send me the papers")).to_have_count(0)


@attack(
    "A key that only a message names, accepted",
    done="Alice and Bob have compared numbers; Mallory writes as Bob under a key of her own, and Alice goes on with "
    "it; to whoever asks for Bob's key the server goes on naming his own",
    sees=f"Alice: {of('Bob', KEYS_CHANGED)}, twice: for Mallory's key, and then for Bob's own; “Bob's keys changed. "
    "You had compared the old numbers.” in the chat; nothing leaves her browser for Mallory's key",
)
def test_named_key_accepted(row, alice, mallory):
    bob = meet(alice, mallory.office.make_account("Bob"))
    compare(alice)
    mask = Impostor(bob.email)
    rule = f"GET /keys/fingerprint/{mask.fingerprint.hex()}"
    mallory.change_answer(alice, rule, lambda _: Answer(mask.key_object()))
    mallory.sent.clear()
    mallory.bring(alice, bob, mask.seal(alice.email, mallory.office.public_key(alice), "It is me, Bob").message)
    expect(strip(alice)).to_be_visible()
    alice.go_on_with_new_keys()
    alice.expect_message("It is me, Bob")
    row.is_shown(strip(alice), 0)
    row.is_shown(alice.log(), 1)
    alice.type_and_send("Then read this")
    expect(alice.message("Then read this")).to_contain_text("Sending")
    assert mask.fingerprint.hex() not in mallory.keys_used(alice, bob)


@attack(
    "A key that only a message names, declined",
    done="Mallory writes as Bob under a key of her own, and again under the same key when Alice has kept the keys that "
    "she knows; to whoever asks for Bob's key the server goes on naming his own",
    sees=f"Alice: {of('Bob', KEYS_CHANGED)}, with “Keep the keys I know”; then “Other keys came for Bob. You kept the "
    "keys you know.” in the chat and “It came with keys that you did not accept. Ask Bob in person or by phone whether "
    "it is theirs.” in the place of both messages. She is not asked again, and what she had written is “Sent” for "
    "Bob's own key",
)
def test_named_key_declined(row, alice, mallory):
    bob = meet(alice, mallory.office.make_account("Bob"))
    mask = Impostor(bob.email)
    rule = f"GET /keys/fingerprint/{mask.fingerprint.hex()}"
    mallory.change_answer(alice, rule, lambda _: Answer(mask.key_object()))
    mallory.sent.clear()
    own = mallory.office.public_key(alice)
    mallory.bring(alice, bob, mask.seal(alice.email, own, "It is me, Bob").message)
    row.is_shown(strip(alice), 0)
    alice.type_and_send("Is it?")
    expect(alice.message("Is it?")).to_contain_text("Sending")
    alice.page.get_by_role("button", name="Review").first.click()
    dialog = alice.page.get_by_role("dialog")
    row.is_shown(dialog, 1)
    dialog.get_by_role("button", name=row.words[1]).click()
    expect(dialog).to_be_hidden()
    row.is_shown(alice.log(), 2, 3)
    row.is_shown(alice.message("Is it?"), 4)
    mallory.bring(alice, bob, mask.seal(alice.email, own, "Really, it is me", counter=2, previous="0" * 64).message)
    expect(alice.message(row.words[3])).to_have_count(2)
    expect(strip(alice)).to_be_hidden()
    alice.page.reload()
    expect(alice.message(row.words[3])).to_have_count(2)
    expect(strip(alice)).to_be_hidden()
    assert mallory.keys_used(alice, bob) == {bob.fingerprint.hex()}


def compare(person) -> None:
    person.page.get_by_role("button", name="Chat details").click()
    person.page.get_by_role("dialog").get_by_role("button", name="Compare numbers").click()
    dialog = person.page.get_by_role("dialog", name="Compare numbers")
    dialog.get_by_role("button", name="They match").click()
    expect(dialog).to_contain_text("The numbers match")
    person.page.keyboard.press("Escape")
    person.page.keyboard.press("Escape")


@attack(
    "An old key put back",
    done="Bob has new keys, and Alice has gone on with them; the server names the old ones, which it has got hold of",
    sees=f"Alice: {of('Bob', KEYS_CHANGED)} again; nothing leaves her browser for the old key",
    when="at the next message that Alice sends",
)
def test_old_key(row, alice, bob, mallory):
    change_keys(alice, bob, mallory)
    mallory.sent.clear()
    name_key(mallory, alice, bob.email, bob.key_object(), refuses_others=True)
    alice.type_and_send("To the new browser")
    row.is_shown(strip(alice))
    assert bob.fingerprint.hex() not in mallory.keys_used(alice, bob)


def change_keys(alice, bob: Impostor, mallory) -> Impostor:
    """Replace Bob's keys as Bob would, and let Alice accept them."""
    new = renewed(bob)
    mallory.office.upload(new)
    alice.type_and_send("You have new keys")
    alice.go_on_with_new_keys()
    alice.expect_state("You have new keys", "Sent")
    return new


@attack(
    "A stolen key beside its owner",
    done="Whoever has stolen Bob's keys writes to Alice with them from another browser, while Bob goes on using his",
    sees="Alice: “A second browser is using Bob's keys. Ask in person or by phone if that is right.” in the chat, and "
    "“Written in a second browser with the same keys” at the thief's message",
)
def test_stolen_key(row, alice, bob, mallory):
    own = mallory.office.public_key(alice)
    mallory.office.send(bob, bob.seal(alice.email, own, "This is Bob").message)
    alice.expect_message("This is Bob")
    thief = replace(bob, browser=secrets.token_hex(16))
    mallory.bring(alice, bob, thief.seal(alice.email, own, "This is Bob, too").message)
    row.is_shown(alice.log(), 0)
    row.is_shown(alice.message("This is Bob, too"), 1)
    expect(alice.message("This is Bob, too")).to_have_count(1)
    expect(alice.log().get_by_text("Written in a second browser")).to_have_count(1)


@attack(
    "A message with the old keys, after the change",
    done="Whoever has stolen Bob's keys announces in a receipt that he has sent 2^53 − 1 messages; when Alice has gone "
    "on with Bob's new keys, the thief writes as Bob with the old ones",
    sees="Alice: “This message could not be opened. It came after Bob's keys changed, and was written with the old "
    "ones. Do not rely on it.”",
)
def test_retired_key(row, alice, bob, mallory):
    own = mallory.office.public_key(alice)
    first = bob.seal(alice.email, own, "From the old browser")
    mallory.office.send(bob, first.message)
    alice.expect_message("From the old browser")
    announced = {"head": {"counter": 2**53 - 1, "hash": "0" * 64}, "seen": []}
    body = json.dumps(announced, separators=(",", ":"))
    mallory.office.send(bob, bob.seal(alice.email, own, body, type="receipt", message_type="receipt").message)
    expect(alice.log()).to_contain_text("have not arrived")
    change_keys(alice, bob, mallory)
    stolen = bob.seal(alice.email, own, "Send me the papers", counter=2, previous=first.message_hash.hex())
    mallory.bring(alice, bob, stolen.message)
    row.is_shown(alice.log())
    alice.expect_message("From the old browser")
    expect(alice.message("Send me the papers")).to_have_count(0)


@attack(
    "A key that is none, later",
    done="Bob's key, which was another one so far, is a point off the curve, a compressed one, 65 bare bytes, one on "
    "another curve, no base64, or missing, has another's fingerprint, or a signing key that is no base64; and what "
    "Alice seals for the former one is refused",
    sees="Alice: “Sending”, then “Not sent” with “The server refused this message.”, and nothing is sealed "
    "anew; what Bob "
    "writes meanwhile stands there, “You can still read me”; “Retry” sends hers when the server tells the truth",
    when="after eight tries",
)
def test_malformed_keys(row, friends, mallory):
    alice, bob = friends(has_clock=True)
    honest = mallory.office.key_of(bob)
    waiting = malformed(honest)
    mallory.sent.clear()
    mallory.change_answer(alice, f"GET /keys/email/{bob.email}", lambda _: waiting.pop(0) if waiting else {})
    mallory.refuse_sending(alice, STALE)
    alice.type_and_send("Is this still your key?")
    row.is_shown(alice.message("Is this still your key?"), 0)
    bob.send("You can still read me", "Sent")
    row.is_shown(alice.log(), 3)
    hurry(alice.page, lambda: not waiting and alice.message("Not sent").is_visible())
    row.is_shown(alice.message("Is this still your key?"), 1, 2, 4)
    expect(strip(alice)).to_be_hidden()
    assert len({envelope["ciphertext"] for envelope in mallory.texts(alice)}) == 1
    assert mallory.keys_used(alice, bob) == {honest["fingerprint"]}
    assert len(mallory.texts(alice)) < 15
    mallory.stop()
    alice.page.get_by_role("button", name="Retry").click()
    alice.expect_state("Is this still your key?", "Sent", "Delivered", "Read")
    bob.expect_message("Is this still your key?")


@attack(
    "A message under a key that is none",
    done="Messages in Bob's name name keys that the server gives when it is asked for them: a point off the curve, a "
    "compressed one, 65 bare bytes, one on another curve, no base64, with another's fingerprint, with a signing key "
    "that is no base64, or nothing",
    sees=f"Alice: {of('Bob', DAMAGED)} in the place of each; and what Bob writes: “None of that was from me”",
)
def test_message_under_malformed_key(row, alice, bob, mallory):
    own = mallory.office.public_key(alice)
    count = len(malformed(bob.key_object()))
    for number in range(count):
        form = malformed(Impostor(bob.email).key_object())[number]
        named = form.get("fingerprint", NOBODYS)
        mallory.change_answer(alice, f"GET /keys/fingerprint/{named}", lambda _, form=form: Answer(form))
        sealed = Impostor(bob.email).seal(alice.email, own, "Send me the papers")
        mallory.bring(alice, bob, sealed.message | {"sender_fingerprint": named})
    expect(alice.message("It was damaged or changed on the way.")).to_have_count(count)
    mallory.office.send(bob, bob.seal(alice.email, own, "None of that was from me").message)
    row.is_shown(alice.log())
    expect(strip(alice)).to_be_hidden()
