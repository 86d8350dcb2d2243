"""Messages that disappear

When a message disappears stands in its sealed content. What the server keeps, deletes or repeats changes nothing in it.
"""

import json
import secrets
import time

from playwright.sync_api import expect

from tests.attacks.acquaintance import meet
from tests.attacks.row import attack

DAY = 86_400


class Writer:
    """An account of Mallory's office that writes version 2 to one person, each message after the other."""

    def __init__(self, mallory, name: str, reader):
        self.mallory, self.reader = mallory, reader
        self.account = mallory.office.make_account(name)
        self.counter, self.previous = 0, None

    def write(self, body: str, **members: object) -> dict:
        self.counter += 1
        added = {"v": 2, "salt": secrets.token_hex(16), "reply": None, "replaces": None, "expires": None, "else": ""}
        place = {"counter": self.counter, "previous": self.previous}
        public_key = self.mallory.office.public_key(self.reader)
        sealed = self.account.seal(self.reader.email, public_key, body, **(added | place | members))
        self.previous = sealed.message_hash.hex()
        self.mallory.office.send(self.account, sealed.message)
        return sealed.message

    def set_timer(self, seconds: int, **members: object) -> dict:
        return self.write(json.dumps({"seconds": seconds}, separators=(",", ":")), type="timer", **members)


def timer_of(reader):
    reader.page.get_by_role("button", name="Chat details").click()
    return reader.page.get_by_label("Disappearing messages")


@attack(
    "A server that keeps what has disappeared",
    done="A message disappears after five seconds; the server keeps it and brings it again, also after a reload",
    sees="Bob: “what stays”, and nothing of the other message",
)
def test_kept(row, guests, mallory):
    bob = guests.visitor("bob").register()
    writer = Writer(mallory, "Keeper", bob)
    meet(bob, writer.account)
    kept = writer.write("gone in five seconds", expires=5)
    bob.expect_message("gone in five seconds")
    expect(bob.message("gone in five seconds")).to_have_count(0, timeout=20_000)
    mallory.bring(bob, writer.account, kept)
    writer.write("what stays")
    bob.expect_message("what stays")
    row.is_shown(bob.log())
    expect(bob.log()).not_to_contain_text("gone in five")
    bob.page.reload()
    bob.open_chat(writer.account)
    bob.expect_message("what stays")
    expect(bob.log()).not_to_contain_text("gone in five")
    expect(bob.log()).not_to_contain_text("not arrived")


@attack(
    "A timer that comes again",
    done="Somebody sets a timer and turns it off; Mallory brings the first message again",
    sees="Bob: “turned off disappearing messages.” is the last of both, and Chat details say “Off”",
)
def test_replayed_timer(row, guests, mallory):
    bob = guests.visitor("bob").register()
    writer = Writer(mallory, "Keeper", bob)
    meet(bob, writer.account)
    now = int(time.time() * 1000)
    first = writer.set_timer(DAY, sent_at=now)
    expect(bob.log()).to_contain_text("set messages to disappear 1 day after they are sent.")
    writer.set_timer(0, sent_at=now + 1)
    expect(bob.log()).to_contain_text("turned off disappearing messages.")
    mallory.bring(bob, writer.account, first)
    writer.write("the last")
    bob.expect_message("the last")
    row.is_shown(bob.log(), 0)
    expect(bob.log().get_by_text("set messages to disappear")).to_have_count(1)
    timer = timer_of(bob)
    expect(timer).to_have_value("0")
    row.is_shown(timer, 1)


@attack(
    "A timer of somebody else",
    done="Mallory sets a timer in a chat of her own and puts the message into Bob's chat with somebody else",
    sees="Bob: “This message could not be opened.” in that chat, whose timer stays “Off”",
)
def test_foreign_timer(row, guests, mallory):
    bob = guests.visitor("bob").register()
    writer, other = Writer(mallory, "Keeper", bob), Writer(mallory, "Other", bob)
    meet(bob, writer.account)
    made = other.set_timer(DAY)
    mallory.bring(bob, writer.account, made | {"sender_email": writer.account.email})
    row.is_shown(bob.log(), 0)
    timer = timer_of(bob)
    expect(timer).to_have_value("0")
    row.is_shown(timer, 1)
