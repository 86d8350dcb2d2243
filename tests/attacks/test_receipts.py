"""Forged receipts

"Delivered" and "Read" come from the other's browser, sealed like messages. What the server says of them is nothing.
"""

import json
import re
import secrets

from playwright.sync_api import expect

from tests.attacks.acquaintance import meet, name_key
from tests.attacks.impostor import Impostor
from tests.attacks.row import attack

NO_MORE = 'Alice: “Sent”, and neither "Delivered" nor "Read"'


def is_only_sent(row, alice, text: str) -> None:
    """The message stays "Sent", even after time for a receipt."""
    alice.page.wait_for_timeout(1200)
    row.is_shown(alice.message(text))
    expect(alice.message(text)).not_to_contain_text(re.compile("Delivered|Read"))


@attack(
    "The server's own word",
    done="Bob's browser gets nothing; the server gives Alice's message both times, in pushes and pages",
    sees=NO_MORE,
)
def test_servers_word(row, pair, mallory):
    alice, bob = pair
    held = mallory.hold_back(bob, alice)
    alice.send("Did he get this?", "Sent")
    message = mallory.office.sent(alice, bob)[-1]
    mallory.office.act_as(bob).post(f"/messages/{message['id']}/read").raise_for_status()
    alice.page.reload()
    alice.open_chat(bob)
    assert mallory.office.sent(alice, bob)[-1]["read_at"]
    is_only_sent(row, alice, "Did he get this?")
    held.let_go()
    alice.expect_state("Did he get this?", "Delivered", "Read")


@attack(
    "A receipt of Mallory's making",
    done="Bob's browser gets nothing; Mallory seals a receipt in his name, with a key that the server names as his",
    sees=NO_MORE,
)
def test_made(row, friends, mallory):
    alice, bob = friends()
    held = mallory.hold_back(bob, alice)
    alice.send("the second", "Sent")
    mask = Impostor(bob.email)
    name_key(mallory, alice, bob.email, mask.key_object())
    made = mask.seal(alice.email, mallory.office.public_key(alice), **everything_read())
    mallory.bring(alice, bob, made.message)
    is_only_sent(row, alice, "the second")
    held.let_go()


def everything_read() -> dict:
    """A receipt that claims everything as read. It cannot name Alice's browser, whose id is only in what she seals for
    Bob.
    """
    seen = [{"browser": secrets.token_hex(16), "from": 1, "delivered": 9, "read": 9, "missing": []}]
    body = json.dumps({"head": None, "seen": seen}, separators=(",", ":"))
    return {"body": body, "type": "receipt", "message_type": "receipt"}


@attack(
    "Receipts from elsewhere",
    done="Bob's browser gets nothing. Alice's own receipts come back as Bob's, his former ones come again, and one of "
    "his comes as a text",
    sees=NO_MORE + "; and of what is no text: “This message could not be opened.”",
)
def test_moved(row, pair, mallory):
    alice, bob = pair
    bob.send("for a receipt of Alice's", "Delivered", "Read")
    alice.send("for a receipt of Bob's", "Delivered", "Read")
    held = mallory.hold_back(bob, alice)
    alice.send("not yet received", "Sent")
    former, own = mallory.office.last(bob, alice, "receipt"), mallory.office.last(alice, bob, "receipt")
    turned = {"sender_email": bob.email, "recipient_email": alice.email}
    for message in (former, own | turned, former | {"message_type": "text"}):
        mallory.bring(alice, bob, message)
    row.is_shown(alice.log(), 1)
    alice.page.wait_for_timeout(1200)
    row.is_shown(alice.message("not yet received"), 0)
    expect(alice.message("not yet received")).not_to_contain_text(re.compile("Delivered|Read"))
    held.let_go()


@attack(
    "A stranger who watches for ticks",
    done="Somebody whom Bob does not know writes to him, and the server says that Bob has added them; he reads it",
    sees="Bob: “Are you there?”. Neither the stranger nor the server is told that it was delivered or read",
)
def test_stranger(row, guests, mallory):
    bob = guests.visitor("bob").register()
    stranger = mallory.office.make_account("Stranger")
    entry = {"id": 1, "email": stranger.email, "display_name": "Stranger", "created_at": "2026-11-23T08:00:00Z"}
    mallory.change_answer(bob, "GET /contacts/list", lambda body: body | {"results": [entry]})
    mallory.office.send(stranger, stranger.seal(bob.email, mallory.office.public_key(bob), "Are you there?").message)
    bob.page.reload()
    bob.page.evaluate(f"location.hash = '#/{stranger.email}'")
    row.is_shown(bob.log())
    bob.page.wait_for_timeout(1500)
    assert [call for call in mallory.calls(bob) if "/messages/receipts" in call] == []
    assert mallory.envelopes(bob) == []


@attack(
    "A receipt from the future",
    done="Bob's browser says, with his key, that it has opened and shown all of Alice's messages up to 2^53 − 1",
    sees="Alice: “Read” at what she has sent, and “Sent” at what she sends then",
)
def test_future(row, guests, mallory):
    alice = guests.visitor("alice").register()
    bob = mallory.office.make_account("Bob")
    meet(alice, bob)
    own = mallory.office.public_key(alice)
    browser = bob.open(alice.email, own, mallory.office.last(alice, bob)).content["browser"]
    most = {"browser": browser, "from": 1, "delivered": 2**53 - 1, "read": 2**53 - 1, "missing": []}
    body = json.dumps({"head": None, "seen": [most]}, separators=(",", ":"))
    receipt = bob.seal(alice.email, own, body, type="receipt", message_type="receipt")
    mallory.office.send(bob, receipt.message)
    alice.expect_state("Hello", "Read")
    row.is_shown(alice.message("Hello"), 0)
    alice.send("later than that", "Sent")
    alice.page.wait_for_timeout(1200)
    row.is_shown(alice.message("later than that"), 1)
    expect(alice.message("later than that")).not_to_contain_text(re.compile("Delivered|Read"))


@attack(
    "A new message called read",
    done="Alice's message comes with the times at which it was delivered and read (`read_at`), and with a date of "
    "years ago",
    sees="Bob: “1 unread message” at the chat, also after a reload, until he has opened it",
)
def test_called_read(row, own_pair, mallory):
    alice, bob = own_pair
    bob.open_chat(alice)
    bob.page.evaluate("location.hash = ''")
    expect(bob.log()).to_be_hidden()
    times = dict.fromkeys(("created_at", "delivered_at", "read_at"), "1990-01-01T00:00:00Z")
    mallory.change_each(bob, lambda message: message | times)
    alice.send("Nobody has read this", "Delivered")
    row.is_shown(bob.chats())
    bob.page.reload()
    row.is_shown(bob.chats())
    expect(alice.message("Nobody has read this")).not_to_contain_text("Read")
    bob.open_chat(alice)
    bob.expect_message("Nobody has read this")
    expect(bob.chats()).not_to_contain_text(row.words[0])


@attack(
    "A message that is held until the next one was read",
    done="A message of Alice's is held until Bob has read the next one; it comes when he has left the chat",
    sees="Alice: “Read” at the next one, and “Sent” at the held one, until Bob has opened the chat again",
)
def test_held_until_next_was_read(row, own_pair, mallory):
    alice, bob = own_pair
    bob.open_chat(alice)
    held = mallory.hold_back(bob, alice)
    alice.send("Meet me at the harbour", "Sent")
    held.lose()
    alice.send("See you there", "Read")
    row.is_shown(alice.message("See you there"), 0)
    bob.page.evaluate("location.hash = ''")
    expect(bob.log()).to_be_hidden()
    held.let_go()
    expect(bob.chats()).to_contain_text("1 unread message")
    alice.page.wait_for_timeout(1500)
    row.is_shown(alice.message("Meet me at the harbour"), 1)
    expect(alice.message("Meet me at the harbour")).not_to_contain_text("Read")
    bob.open_chat(alice)
    alice.expect_state("Meet me at the harbour", "Read")


@attack(
    "Deliver what was taken back",
    done="The server refuses a message of Alice's, and she deletes it; then Bob gets it",
    sees="Bob: “Not meant for you”. Alice: “A message that you took back has reached Bob all the same.”",
    when="when Bob's browser acknowledges it",
)
def test_taken_back(row, own_pair, mallory):
    alice, bob = own_pair
    bob.open_chat(alice)
    mallory.refuse_sending(alice, {"code": "client_id_conflict", "detail": "No."}, unless=is_no_text)
    alice.send("Not meant for you", "Not sent")
    envelope = mallory.texts(alice)[-1]
    mallory.refusals.clear()
    alice.message("Not meant for you").get_by_role("button", name="Delete").click()
    expect(alice.message("Not meant for you")).to_have_count(0)
    mallory.bring(bob, alice, envelope | {"sender_email": alice.email})
    row.is_shown(bob.message("Not meant for you"), 0)
    row.is_shown(alice.log(), 1)


def is_no_text(envelope: dict) -> bool:
    return envelope["message_type"] != "text"
