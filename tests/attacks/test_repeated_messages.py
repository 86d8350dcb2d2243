"""Messages that come again"""

import json

from playwright.sync_api import expect

from tests.attacks.acquaintance import meet
from tests.attacks.row import attack


@attack(
    "Replay",
    done="A message of Alice's comes three times more, under other ids, at other times",
    sees="Bob: “Pay Carol 10”, once; nothing is announced or counted again",
)
def test_replayed(row, pair, mallory):
    alice, bob = pair
    alice.send("Pay Carol 10")
    bob.expect_message("Pay Carol 10")
    for _ in range(3):
        mallory.bring(bob, alice, mallory.office.last(alice, bob))
    alice.send("after the repetitions")
    bob.expect_message("after the repetitions")
    row.is_shown(bob.log())
    expect(bob.message("Pay Carol 10")).to_have_count(1)


@attack(
    "Replay after a reload",
    done="Bob's page is loaded anew; then it comes again, and stands twice on the pages of the chat",
    sees="Bob: “Pay Carol 20”, once",
)
def test_replayed_after_reload(row, pair, mallory):
    alice, bob = pair
    alice.send("Pay Carol 20")
    bob.expect_message("Pay Carol 20")
    message = mallory.office.last(alice, bob)
    bob.page.reload()
    bob.open_chat(alice)
    mallory.bring(bob, alice, message)
    alice.send("after the reload")
    bob.expect_message("after the reload")
    row.is_shown(bob.log())
    bob.page.reload()
    bob.open_chat(alice)
    bob.expect_message("after the reload")
    bob.expect_message("Pay Carol 20")


@attack(
    "Very many repetitions",
    done="A message of Alice's comes 40 times more on one page of `sync`, each time under another id",
    sees="Bob: “Pay Carol 30”, once, and then “Enough of that”. At most 200 repetitions of a person's are kept",
)
def test_repeated_often(row, friends, mallory):
    alice, bob = friends()
    alice.send("Pay Carol 30")
    bob.expect_message("Pay Carol 30")
    message = mallory.office.messages(alice, bob)[-1]
    pages: list[dict] = []

    def repeat(body: dict) -> dict:
        if "cursor" not in body or pages:
            return body
        pages.append(body)
        events = [
            {"type": "new_message", "sequence": body["cursor"] + number, "message": message | {"id": 2**40 + number}}
            for number in range(1, 41)
        ]
        return {"events": events, "cursor": body["cursor"] + 40, "more": False}

    mallory.change_answer(bob, "GET /messages/sync", repeat)
    mallory.resync(bob)
    mallory.wait_until(lambda: pages, bob.page)
    mallory.stop()
    mallory.resync(bob)
    alice.send("Enough of that")
    row.is_shown(bob.log())
    expect(bob.message("Pay Carol 30")).to_have_count(1)


@attack(
    "Two messages under one number",
    done="Bob's browser was put back to an older state, or somebody has its keys: two of its messages have the same "
    "number and other words",
    sees="Alice: both, and at the second “Two versions of this message arrived. Ask Bob which one is right.”",
    when="when the second comes",
)
def test_conflict(row, guests, mallory):
    alice = guests.visitor("alice").register()
    bob = mallory.office.make_account("Bob")
    own = mallory.office.public_key(alice)
    mallory.office.send(bob, bob.seal(alice.email, own, "I agree").message)
    alice.open_chat(bob)
    alice.expect_message("I agree")
    mallory.office.send(bob, bob.seal(alice.email, own, "I do not").message)
    row.is_shown(alice.message("I do not"))
    alice.expect_message("I agree")


@attack(
    "A message in Alice's name from elsewhere",
    done="Somebody with a copy of Alice's browser has written to Bob; his next message says so (`received`)",
    sees="Alice: at his message “Bob got a message in your name that was not written in this browser. Ask what it "
    "says.”",
)
def test_received(row, guests, mallory):
    alice = guests.visitor("alice").register()
    bob = meet(alice, mallory.office.make_account("Bob"))
    own = mallory.office.public_key(alice)
    browser = bob.open(alice.email, own, mallory.office.last(alice, bob)).content["browser"]
    received = [{"browser": browser, "counter": 2, "hash": "ab" * 32}]
    mallory.office.send(bob, bob.seal(alice.email, own, "I have sent the money", received=received).message)
    row.is_shown(alice.message("I have sent the money"))


@attack(
    "A receipt that names another message",
    done="Bob's browser has sent one message; a receipt with his key says that its last message, the first one, is "
    "another one (`head` with another hash)",
    sees="Alice: at the message that she has, “Two versions of this message arrived. Ask Bob which one is right.”",
    when="when the receipt comes",
)
def test_head(row, guests, mallory):
    alice = guests.visitor("alice").register()
    bob = meet(alice, mallory.office.make_account("Bob"))
    own = mallory.office.public_key(alice)
    mallory.office.send(bob, bob.seal(alice.email, own, "I agree to that").message)
    alice.expect_message("I agree to that")
    expect(alice.log()).not_to_contain_text("Two versions")
    body = json.dumps({"head": {"counter": 1, "hash": "0" * 64}, "seen": []}, separators=(",", ":"))
    receipt = bob.seal(alice.email, own, body, type="receipt", message_type="receipt")
    mallory.office.send(bob, receipt.message)
    row.is_shown(alice.message("I agree to that"))
