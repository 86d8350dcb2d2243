"""Keys that are exchanged when two people first meet"""

import base64

from playwright.sync_api import expect

from tests.attacks.acquaintance import malformed, name_key
from tests.attacks.haste import hurry
from tests.attacks.impostor import Impostor
from tests.attacks.relay import Answer
from tests.attacks.row import attack
from tests.attacks.words import DAMAGED, NOT_OURS, of
from tests.reference.suite1 import fingerprint

IN_BETWEEN = "another key at the first contact, or other keys to different people"
FIRST_LINE = "“Only you and Bob can read this chat. Not even the people who run this server.”"


class Relay:
    """Impersonates each of two people to the other: opens what they send and seals it anew."""

    def __init__(self, mallory, alice, bob):
        self.mallory, self.people = mallory, {alice.email: alice, bob.email: bob}
        self.masks = {email: Impostor(email) for email in self.people}
        self.true_keys = {email: mallory.office.public_key(person) for email, person in self.people.items()}
        self.read: list[str] = []
        for reader, other in ((alice, bob), (bob, alice)):
            name_key(mallory, reader, other.email, self.masks[other.email].key_object())
            mallory.take(reader, lambda envelope, sender=reader: self.pass_on(sender, envelope))

    def pass_on(self, sender, envelope: dict) -> None:
        """Open as the recipient, seal as the sender."""
        other = envelope["recipient_email"]
        if envelope["message_type"] != "text":
            return
        message = envelope | {"sender_email": sender.email}
        opened = self.masks[other].open(sender.email, self.true_keys[sender.email], message)
        self.read.append(opened.content["body"])
        draft = {name: opened.content[name] for name in ("type", "browser", "counter", "sent_at")}
        again = self.masks[sender.email].seal(other, self.true_keys[other], opened.content["body"], **draft)
        self.mallory.bring(self.people[other], sender, again.message)


def befriend(alice, bob) -> None:
    alice.add(bob)
    alice.open_chat(bob)


@attack(
    "Somebody else's key at the first contact, to one of two",
    done="Alice asks for Bob's key and gets Mallory's; what Alice seals for it is delivered to Bob as it is",
    sees="Alice: nothing yet. Bob: " + of("Alice", NOT_OURS),
    when="at the first message",
)
def test_one_side(row, strangers, mallory):
    alice, bob = strangers()
    mask = Impostor(bob.email)
    name_key(mallory, alice, bob.email, mask.key_object())
    mallory.take(alice, lambda envelope: mallory.bring(bob, alice, envelope | {"sender_email": alice.email}))
    befriend(alice, bob)
    alice.send("Meet me at six", "Sent")
    bob.open_chat(alice)
    row.is_shown(bob.log())
    assert mallory.keys_used(alice, bob) == {mask.fingerprint.hex()}


@attack(
    "A key that is none, at the first contact",
    done="Bob's key is a point off the curve, a compressed one, 65 bare bytes, one on another curve, no base64, or "
    "missing, once a whole key with another's fingerprint, and once one whose signing key is no base64",
    sees="Alice: “Sending”, and nothing leaves her browser; “Sent” as soon as the server tells the truth",
    when="at once, and for as long as it lasts",
)
def test_malformed_keys(row, strangers, mallory):
    alice, bob = strangers(has_clock=True)
    honest = mallory.office.key_of(bob)
    waiting = malformed(honest)
    mallory.change_answer(alice, f"GET /keys/email/{bob.email}", lambda _: waiting.pop(0) if waiting else {})
    befriend(alice, bob)
    alice.type_and_send("Is this your key?")
    hurry(alice.page, lambda: not waiting)
    row.is_shown(alice.message("Is this your key?"), 0)
    assert mallory.texts(alice) == []
    mallory.stop()
    hurry(alice.page, lambda: mallory.texts(alice))
    row.is_shown(alice.message("Is this your key?"), 1)
    bob.open_chat(alice)
    bob.expect_message("Is this your key?")
    assert mallory.keys_used(alice, bob) == {honest["fingerprint"]}


@attack(
    "Mallory between two who meet",
    done="Alice and Bob each get a key of Mallory's for the other; she opens, reads and seals anew what they write",
    sees=f"Nothing; the chat begins with {FIRST_LINE}, and “Chat details” say “No one has compared numbers with Bob "
    "yet.” When they compare, each has another number, and by “They don't match”: “The numbers do not match. Somebody "
    "may be in between: do not write anything private here, and ask Bob in person.” From then on “Chat details” say "
    "that they compared, “and they did not match. Ask Bob in person.”",
    when="only when they compare",
    open=IN_BETWEEN,
)
def test_in_between(row, strangers, mallory):
    alice, bob = strangers()
    relay = Relay(mallory, alice, bob)
    befriend(alice, bob)
    alice.send("Meet me at six", "Sent")
    bob.open_chat(alice)
    bob.expect_message("Meet me at six")
    bob.send("I shall be there", "Sent")
    alice.expect_message("I shall be there")
    assert relay.read == ["Meet me at six", "I shall be there"]
    row.is_shown(alice.log(), 0)
    alice.page.get_by_role("button", name=row.words[1]).click()
    row.found.add(row.words[1])
    details = alice.page.get_by_role("dialog")
    row.is_shown(details, 2)
    alice.page.keyboard.press("Escape")
    numbers = [open_numbers(person) for person in (alice, bob)]
    assert numbers[0] != numbers[1]
    dialog = alice.page.get_by_role("dialog", name="Compare numbers")
    dialog.get_by_role("button", name=row.words[3]).click()
    row.is_shown(dialog, 3, 4)
    alice.page.keyboard.press("Escape")
    row.is_shown(details, 6)


def open_numbers(person) -> str:
    person.page.get_by_role("button", name="Chat details").click()
    person.page.get_by_role("dialog").get_by_role("button", name="Compare numbers").click()
    groups = person.page.get_by_role("list", name="Safety number")
    expect(groups.get_by_role("listitem")).to_have_count(12)
    return groups.inner_text()


@attack(
    "Different keys to different people",
    done="Alice gets Bob's own key, Carol gets one of Mallory's for him",
    sees="Nothing, and Carol's chat begins with “Only you and Bob can read this chat.”",
    when="only when Carol and Bob compare",
    open=IN_BETWEEN,
)
def test_different_keys(row, town, pair, mallory):
    alice, bob = pair
    carol = town.visitor("carol").register()
    mask = Impostor(bob.email)
    name_key(mallory, carol, bob.email, mask.key_object())
    mallory.take(carol)
    befriend(carol, bob)
    carol.send("Hello Bob, I am Carol", "Sent")
    row.is_shown(carol.log())
    assert mallory.keys_used(carol, bob) == {mask.fingerprint.hex()}
    mallory.stop()
    alice.send("Alice still has the right key")
    bob.expect_message("Alice still has the right key")


@attack(
    "A contact's key under another name",
    done="Alice writes with Bob; when she adds Carol, the server names Bob's key as Carol's",
    sees="Alice: “Not sent” and “The key on the server is not theirs.”; nothing leaves her browser",
)
def test_contacts_key(row, town, pair, mallory):
    alice, bob = pair
    carol = mallory.office.make_account("Carol")
    borrowed = mallory.office.key_of(bob) | {"email": carol.email}
    mallory.change_answer(alice, f"GET /keys/email/{carol.email}", lambda _: borrowed)
    alice.add(carol)
    alice.type_and_send("Hello Carol")
    row.is_shown(alice.message("Hello Carol"))
    assert mallory.texts(alice) == []
    mallory.stop()
    alice.page.get_by_role("button", name="Retry").click()
    alice.expect_state("Hello Carol", "Sent")
    assert mallory.keys_used(alice, carol) == {carol.fingerprint.hex()}
    alice.open_chat(bob)


@attack(
    "A key that nobody has signed, at the first contact",
    done="The server names a key of Mallory's as Bob's, without a signature, so that there is no number to compare",
    sees="Alice: “Bob has to open VibeChat once. This message waits until then.”; nothing leaves her browser for that "
    "key. What comes under it: “This message could not be opened. Bob has to open VibeChat once before it can be "
    "read.”",
    when="at the first message",
)
def test_unsigned(row, strangers, mallory):
    alice, bob = strangers()
    mask = Impostor(bob.email)
    name_key(mallory, alice, bob.email, mask.key_object(identity_key=None, identity_signature=None))
    befriend(alice, bob)
    alice.type_and_send("Is that you?")
    row.is_shown(alice.message("Is that you?"), 0)
    own = mallory.office.public_key(alice)
    mallory.bring(alice, bob, mask.seal(alice.email, own, "Yes, send me the papers").message)
    row.is_shown(alice.log(), 1)
    assert mallory.texts(alice) == []
    mallory.stop()
    bob.page.reload()
    mallory.cut_socket(alice)
    alice.page.reload()
    alice.expect_state("Is that you?", "Sent")
    assert mallory.keys_used(alice, bob) == {mallory.office.key_of(bob)["fingerprint"]}


@attack(
    "A stranger with somebody else's key",
    done="Mallory's account has Bob's public key, and sends Alice random bytes under it, before Alice has heard of Bob",
    sees="Alice, in Mallory's chat: " + of("Mallory", DAMAGED) + " Bob's first message stands in Bob's chat: “It is "
    "me, Bob”, and she answers him: “Read”",
)
def test_strangers_copy(row, strangers, mallory):
    alice, bob = strangers()
    stranger = mallory.office.make_account("Mallory")
    bobs = mallory.office.public_key(bob)
    copy = stranger.key_object(
        public_key=base64.b64encode(bobs).decode(),
        fingerprint=fingerprint(bobs).hex(),
        identity_signature=base64.b64encode(stranger.statement(bobs)).decode(),
    )
    rule = f"GET /keys/fingerprint/{copy['fingerprint']}"
    mallory.change_answer(alice, rule, lambda _: Answer(copy))
    garbage = stranger.seal(alice.email, mallory.office.public_key(alice), "?").message
    mallory.bring(alice, stranger, garbage | {"sender_fingerprint": copy["fingerprint"]})
    alice.open_chat(stranger)
    row.is_shown(alice.log(), 0)
    mallory.stop()
    befriend(bob, alice)
    bob.send("It is me, Bob", "Sent")
    alice.open_chat(bob)
    row.is_shown(alice.message("It is me, Bob"), 1)
    alice.type_and_send("So it is")
    row.is_shown(alice.message("So it is"), 2)
    bob.expect_message("So it is")


@attack(
    "One's own key as the other's",
    done="Alice's own key is named as Carol's",
    sees="Alice: “Not sent” and “The key on the server is not theirs.”; nothing leaves her browser",
)
def test_own_key_as_anothers(row, pair, mallory):
    alice, bob = pair
    carol = mallory.office.make_account("Carla")
    borrowed = mallory.office.key_of(alice) | {"email": carol.email}
    mallory.change_answer(alice, f"GET /keys/email/{carol.email}", lambda _: borrowed)
    alice.add(carol)
    alice.type_and_send("Hello myself")
    row.is_shown(alice.message("Hello myself"))
    assert mallory.texts(alice) == []
    alice.open_chat(bob)
    expect(alice.message("Hello myself")).to_have_count(0)
