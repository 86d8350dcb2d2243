"""Messages that are changed on the way"""

import base64

from playwright.sync_api import expect

from tests.attacks.row import attack
from tests.attacks.words import DAMAGED, NEWER, NO_KEY, NOT_OURS, of

HEALED = "; the message itself when the server tells the truth again"


def one_bit(name: str, byte: int = 0):
    """Flip one bit of a binary member."""

    def change(message: dict) -> dict:
        data = bytearray(base64.b64decode(message[name]))
        data[byte] ^= 1
        return message | {name: base64.b64encode(data).decode()}

    return change


def one_digit(name: str):
    return lambda message: message | {name: message[name][:-1] + ("1" if message[name][-1] == "0" else "0")}


def put(**members):
    return lambda message: message | members


def spoil(row, own_pair, mallory, *changes) -> None:
    """Alice sends one message for each change. Bob sees the row's text for each, and the messages after `heal`."""
    alice, bob = own_pair
    [words, *_] = row.words
    places = bob.log().get_by_role("article").filter(has_text=words)
    before = places.count()
    mallory.change_each(bob, *changes)
    for number, _ in enumerate(changes):
        alice.send(f"({number}) {row.attack}", "Sent")
    expect(places).to_have_count(before + len(changes))
    mallory.stop()
    alice.send(f"untouched after {row.attack}")
    bob.expect_message(f"untouched after {row.attack}")
    expect(bob.message(f"(0) {row.attack}")).to_have_count(0)
    row.is_shown(places.last, 0)
    heal(row, bob, mallory, len(changes))
    expect(places).to_have_count(0)


def heal(row, bob, mallory, count: int) -> None:
    """Become honest and make the browser sync from the beginning."""
    mallory.tell_all_again(bob)
    for number in range(count):
        bob.expect_message(f"({number}) {row.attack}")


@attack(
    "One bit of a message",
    done="One bit is turned in the ciphertext, its tag, the nonce, the salt and the `client_id`; `message_type` is "
    "another word",
    sees=f"{of('Alice', DAMAGED)} in the place of each{HEALED}",
)
def test_one_bit_of_each_field(row, own_pair, mallory):
    bits = [one_bit("ciphertext"), one_bit("ciphertext", -1), one_bit("nonce"), one_bit("salt")]
    spoil(row, own_pair, mallory, *bits, one_digit("client_id"), put(message_type="note"))


@attack(
    "A message cut short or made longer",
    done="The ciphertext loses its last bytes, or all but a few; it grows; nonce, salt, `client_id` or a fingerprint "
    "is taken away or becomes a number",
    sees=f"{of('Alice', DAMAGED)} in the place of each{HEALED}",
)
def test_truncated(row, own_pair, mallory):
    cut = [lambda message, end=end: message | {"ciphertext": message["ciphertext"][:end]} for end in (-4, 24)]
    more = [lambda message: message | {"ciphertext": message["ciphertext"].rstrip("=") + "AAAA"}]
    gone = [put(nonce=None), put(salt=7), put(client_id=None), put(sender_fingerprint=[])]
    spoil(row, own_pair, mallory, *cut, *more, *gone)


@attack(
    "Another sender's key is named",
    done="One digit of the sender's fingerprint is changed; the server has no key of that name",
    sees=of("Alice", NO_KEY) + HEALED,
)
def test_sender_fingerprint(row, own_pair, mallory):
    spoil(row, own_pair, mallory, one_digit("sender_fingerprint"))


@attack(
    "Another recipient's key is named",
    done="One digit of the recipient's fingerprint is changed",
    sees=of("Alice", NOT_OURS) + HEALED,
)
def test_recipient_fingerprint(row, own_pair, mallory):
    spoil(row, own_pair, mallory, one_digit("recipient_fingerprint"))


@attack(
    "Another suite, older, newer or invented",
    done="`suite` becomes 0, 2, 2^53, −1, “1” as text, or is taken away",
    sees=f"{NEWER} in the place of each{HEALED}",
)
def test_suite(row, own_pair, mallory):
    suites = [put(suite=suite) for suite in (0, 2, 2**53, -1, "1", None)]
    spoil(row, own_pair, mallory, *suites)
