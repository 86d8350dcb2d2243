"""Messages that are moved, turned round and put into somebody's mouth"""

import base64
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.attacks.row import attack
from tests.attacks.test_names import LISTS, called
from tests.attacks.words import DAMAGED, NOT_OURS, NOT_THEIRS, OWN_DAMAGED, of


@pytest.fixture(scope="module")
def carol(town, everybodys_pair):
    """Mallory's own account. She has its keys, and Bob is in contact with it."""
    _, bob = everybodys_pair
    carol = town.mallory.office.make_account("Carol")
    sealed = carol.seal(bob.email, town.mallory.office.public_key(bob), "Hello from Carol")
    town.mallory.office.send(carol, sealed.message)
    bob.accept(carol)
    return carol


def turned(message: dict) -> dict:
    return message | {
        "sender_email": message["recipient_email"],
        "recipient_email": message["sender_email"],
        "sender_fingerprint": message["recipient_fingerprint"],
        "recipient_fingerprint": message["sender_fingerprint"],
    }


def comes_unopened(row, person, bring: Callable[[], object], number: int = 0) -> None:
    """One more message shows the row's text in the open chat."""
    places = person.log().get_by_role("article").filter(has_text=row.words[number])
    before = places.count()
    bring()
    expect(places).to_have_count(before + 1)
    row.is_shown(places.last, number)


@attack(
    "Reflect a message",
    done="Bob's own message comes back to him as one of Alice's: sender and recipient are exchanged, with their keys "
    "and without",
    sees=f"{of('Alice', DAMAGED)} and {of('Alice', NOT_OURS)}; his words never stand under her name",
)
def test_reflected(row, alice, bob, mallory):
    bob.send("I owe you 1000")
    own = mallory.office.last(bob, alice)
    comes_unopened(row, bob, lambda: mallory.bring(bob, alice, turned(own)), 0)
    people = {"sender_email": alice.email, "recipient_email": bob.email}
    comes_unopened(row, bob, lambda: mallory.bring(bob, alice, own | people), 1)
    bob.expect_message("I owe you 1000")


@attack(
    "Move a message to another chat",
    done="Alice's message to Bob is shown to him as Carol's",
    sees="In Carol's chat: " + of("Carol", NOT_THEIRS),
)
def test_moved_under_another_name(row, alice, bob, carol, mallory):
    alice.send("For Bob, from Alice alone")
    stolen = mallory.office.last(alice, bob) | {"sender_email": carol.email}
    borrowed = mallory.office.key_of(alice) | {"email": carol.email}
    mallory.change_answer(bob, r"GET /keys/(email|fingerprint)/", lambda _: borrowed)
    bob.open_chat(carol)
    comes_unopened(row, bob, lambda: mallory.bring(bob, carol, stolen))
    expect(bob.message("For Bob, from Alice alone")).to_have_count(0)
    bob.open_chat(alice)
    bob.expect_message("For Bob, from Alice alone")


@attack(
    "Move one's own message to another chat",
    done="What Bob wrote to Alice is shown to him in his chat with Carol",
    sees="In Carol's chat: " + OWN_DAMAGED,
)
def test_own_moved_to_another_chat(row, alice, bob, carol, mallory):
    bob.send("For Alice alone")
    own = mallory.office.last(bob, alice)
    bob.open_chat(carol)
    moved = own | {"recipient_email": carol.email, "recipient_fingerprint": carol.fingerprint.hex()}
    comes_unopened(row, bob, lambda: mallory.bring(bob, carol, moved))
    expect(bob.message("For Alice alone")).to_have_count(0)
    bob.open_chat(alice)


@attack(
    "Forge one's own",
    done="Carol and the server together make a message from Bob to Carol, with the key that Carol shares with him, and "
    "put it into Bob's own chat",
    sees="In Carol's chat: " + OWN_DAMAGED,
)
def test_forged_own(row, alice, bob, carol, mallory):
    bob.open_chat(carol)
    forged = carol.forge_of(bob.email, mallory.office.public_key(bob), "I owe Carol 1000")
    comes_unopened(row, bob, lambda: mallory.bring(bob, carol, forged))
    expect(bob.message("I owe Carol 1000")).to_have_count(0)
    bob.open_chat(alice)


@attack(
    "Replace one's own words",
    done="Garbage comes as a message of Alice's, with the `client_id` of one that she has written and a lower id",
    sees=f"Alice: “I never said that”, where it stood, and {OWN_DAMAGED} beside it, also after a reload",
)
def test_own_replaced(row, friends, mallory):
    alice, bob = friends()
    alice.send("for a receipt before it", "Read")
    alice.send("I never said that", "Read")
    own = [sent for sent in mallory.office.sent(alice, bob) if sent["message_type"] == "text"][-1]
    garbage = base64.b64encode(bytes(1040)).decode()
    mallory.bring(alice, bob, own | {"id": own["id"] - 1, "ciphertext": garbage})
    row.is_shown(alice.log())
    alice.page.reload()
    alice.expect_message("I never said that")


@attack(
    "Re-attribute by a borrowed key",
    done="Mallory uploads Alice's public key as her own account's, and lets Bob have Alice's words as that account's",
    sees="In Mallory's chat: " + of("Mallory", NOT_THEIRS),
)
def test_borrowed_key(row, alice, bob, mallory):
    thief = mallory.office.make_account("Mallory")
    borrowed = mallory.office.key_of(alice) | {"email": thief.email}
    alice.send("Words of Alice")
    stolen = mallory.office.last(alice, bob) | {"sender_email": thief.email}
    mallory.change_answer(bob, r"GET /keys/(email|fingerprint)/", lambda _: borrowed)
    mallory.bring(bob, thief, stolen)
    bob.open_chat(thief)
    row.is_shown(bob.log())
    expect(bob.message("Words of Alice")).to_have_count(0)
    mallory.change_answer(bob, LISTS, called({thief.email: "Oscar"}))
    mallory.cut_socket(bob)
    bob.expect_message("It was written with a key that is not Oscar's.")
    bob.open_chat(alice)


@attack(
    "Another's name",
    done="Mallory's account takes the name that Alice has, and writes to Bob",
    sees="Bob: both with their addresses, “Alice · ”, in the list of chats",
)
def test_same_name(row, guests, mallory):
    bob = guests.visitor("bob").register()
    own = mallory.office.public_key(bob)
    namesakes = [mallory.office.make_account("Alice") for _ in range(2)]
    for namesake in namesakes:
        mallory.office.send(namesake, namesake.seal(bob.email, own, "Hello Bob").message)
    for namesake in namesakes:
        bob.accept(namesake)
    for namesake in namesakes:
        expect(bob.chats()).to_contain_text(f"{row.words[0]}{namesake.email}")
    row.is_shown(bob.chats())


@attack(
    "A message between others",
    done="Bob's mailbox is told of a message between Alice and Carol, and of one from an address out of form",
    sees="Nothing of either; what comes after stands there: “after a message between others”",
)
def test_foreign(row, alice, bob, carol, mallory):
    bob.open_chat(alice)
    chats = bob.chats().get_by_role("link").count()
    alice.send("words for Bob alone")
    own = mallory.office.last(alice, bob)
    mallory.bring(bob, alice, own | {"recipient_email": carol.email})
    mallory.bring(bob, alice, own | {"sender_email": "Nobody At All"})
    alice.send("after a message between others")
    row.is_shown(bob.log())
    expect(bob.message("words for Bob alone")).to_have_count(1)
    expect(bob.chats().get_by_role("link")).to_have_count(chats)
