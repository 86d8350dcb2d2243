"""Edits, deletions and reactions that nobody made

Here Bob's browser is another than ours: it seals whatever it likes with his key.
"""

import json
import re
import secrets
import time
from dataclasses import dataclass, field
from functools import partial

import pytest
from playwright.sync_api import expect

from tests.attacks.acquaintance import meet
from tests.attacks.impostor import Impostor
from tests.attacks.office import Office, without_servers_words
from tests.attacks.row import attack
from tests.browser.test_message_menu import choose
from tools.browser.person import Person

DAY_MS = 86_400_000
NO_WORDS_OF_HERS = re.compile("edited|deleted")


@dataclass
class Writer:
    """Bob's own client. It writes contents of version 2 to Alice, each after the one before."""

    account: Impostor
    office: Office
    alice: Person
    counter: int = 0
    previous: str | None = None
    sent_at: int = field(default_factory=lambda: int(time.time() * 1000))

    def write(self, body: str, **members: object) -> str:
        """Send it. Returns its hash."""
        self.counter += 1
        self.sent_at += 1
        own = {"counter": self.counter, "previous": self.previous, "sent_at": self.sent_at}
        second = {"v": 2, "salt": secrets.token_hex(16), "reply": None, "replaces": None, "expires": None, "else": ""}
        public_key = self.office.public_key(self.alice)
        sealed = self.account.seal(self.alice.email, public_key, body, **{**second, **own, **members})
        self.office.send(self.account, sealed.message)
        self.previous = sealed.message_hash.hex()
        return self.previous

    def react(self, on: str, emoji: str) -> str:
        return self.write(spelled(on=on, saw=on, emoji=emoji), type="reaction")

    def delete(self, replaces: str, browser: str, counter: int) -> str:
        return self.write(spelled(browser=browser, counter=counter), type="nothing", replaces=replaces)


def spelled(**members: object) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


@pytest.fixture
def talk(guests, mallory):
    """Alice, who has written "Hello", Bob's client, and the hash, browser and counter of what she wrote."""
    alice = guests.visitor("alice").register()
    bob = mallory.office.make_account("Bob")
    meet(alice, bob)
    hello = bob.open(alice.email, mallory.office.public_key(alice), mallory.office.last(alice, bob))
    named = (hello.hash.hex(), hello.content["browser"], hello.content["counter"])
    return alice, Writer(bob, mallory.office, alice), named


@attack(
    "Edit and delete what the other wrote",
    done="Bob's client replaces Alice's message with words of its own, and deletes it",
    sees='Alice: “Hello”, and neither "edited" nor "deleted"',
)
def test_as_the_other(row, talk, mallory):
    alice, bob, (hello, browser, counter) = talk
    bob.write("I owe Bob 100", replaces=hello)
    bob.delete(hello, browser, counter)
    bob.write("after both")
    alice.expect_message("after both")
    row.is_shown(alice.message("Hello"))
    expect(alice.log()).not_to_contain_text(NO_WORDS_OF_HERS)
    expect(alice.log()).not_to_contain_text("I owe Bob 100")


@attack(
    "A deleted message that is written again",
    done="Bob's client deletes its message, then edits it and reacts to it; the server brings all of it again, the "
    "deletion first",
    sees="Alice: “This message was deleted.”, once, also after a reload",
)
def test_resurrected(row, talk, mallory):
    alice, bob, _ = talk
    promise = bob.write("I promise")
    alice.expect_message("I promise")
    bob.delete(promise, bob.account.browser, 1)
    bob.write("I promise nothing", replaces=promise)
    bob.react(promise, "👍")
    bob.write("after the deletion")
    alice.expect_message("after the deletion")
    for message in mallory.office.sent(bob.account, alice)[::-1]:
        mallory.bring(alice, bob.account, without_servers_words(message))
    bob.write("after the repetitions")
    alice.expect_message("after the repetitions")
    for load in (lambda: None, partial(reload, alice, bob.account)):
        load()
        row.is_shown(alice.log())
        expect(alice.message(row.words[0])).to_have_count(1)
        expect(alice.log()).not_to_contain_text("promise")
        expect(alice.log().get_by_role("button", name="👍")).to_have_count(0)


def reload(alice, bob):
    alice.page.reload()
    alice.open_chat(bob)


@attack(
    "An edit years later",
    done="Bob's client edits its message 24 hours and a millisecond later by its own clock, and once within them",
    sees="Alice: “Bring wine” and “edited”; and of the late one nothing",
)
def test_late_edit(row, talk, mallory):
    alice, bob, _ = talk
    first = bob.write("Bring bread")
    written = bob.sent_at
    bob.write("Bring wine", replaces=first, sent_at=written + DAY_MS)
    bob.write("Bring nothing", replaces=first, sent_at=written + DAY_MS + 1)
    bob.write("after the edits")
    alice.expect_message("after the edits")
    row.is_shown(alice.message("Bring wine"))
    expect(alice.log()).not_to_contain_text("Bring nothing")


@attack(
    "The edit before its message",
    done="The server holds a message of Alice's back, lets Bob have the edit of it first, and then the message twice",
    sees="Bob: “the second thought” once, and “edited”",
    when="when the message comes",
)
def test_edit_first(row, friends, mallory):
    alice, bob = friends()
    held = mallory.hold_back(bob, alice)
    alice.send("the first thought", "Sent")
    choose(alice, "the first thought", "Edit")
    expect(alice.message_box()).to_have_value("the first thought")
    alice.page.get_by_label("Message", exact=True).fill("the second thought")
    alice.page.keyboard.press("Enter")
    mallory.wait_until(lambda: len(held.messages) == 2, bob.page)
    held.let_go(1, 0, 0)
    row.is_shown(bob.message("the second thought"))
    expect(bob.message("the second thought")).to_have_count(1)
    expect(bob.log()).not_to_contain_text("the first thought")


@attack(
    "A flood of reactions",
    done="Bob's client reacts 60 times to one message, at last with words in place of an emoji, and then to a message "
    "that does not exist",
    sees="Alice: “👍 1”, one reaction of one person, and nothing of the words",
)
def test_flood_of_reactions(row, talk, mallory):
    alice, bob, (hello, *_) = talk
    for number in range(59):
        bob.react(hello, ("👎", "🎉")[number % 2])
    bob.react(hello, "👍")
    bob.react("0" * 64, "👎")
    bob.write("after the flood")
    alice.expect_message("after the flood")
    reactions = alice.message("Hello").get_by_role("button").and_(alice.page.locator("[aria-pressed]"))
    expect(reactions).to_have_count(1)
    row.is_shown(reactions)
    bob.react(hello, "Mallory says hello")
    bob.write("after the words")
    alice.expect_message("after the words")
    expect(alice.log()).not_to_contain_text("Mallory says hello")
