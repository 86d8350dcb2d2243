"""Clearings that nobody made, and cleared messages that come back"""

import secrets

from playwright.sync_api import expect

from tests.attacks.row import attack

CLEARED = "“You cleared this chat in another browser. Clear it here too?”"


def strip(person):
    return person.page.get_by_role("status").filter(has_text="You cleared this chat in another browser.")


def clear(person) -> None:
    person.page.get_by_role("button", name="Chat details").click()
    dialog = person.page.get_by_role("dialog")
    dialog.get_by_text("Clear this chat").click()
    dialog.get_by_role("button", name="Clear chat").click()
    expect(dialog).to_be_hidden()


@attack(
    "A clearing that nobody made",
    done="Bob's mailbox is told that his chat with Alice was cleared, and the server shows no message of it any more",
    sees=f"Bob: {CLEARED} with “Keep here” and “Clear here”; every message stays where it is, also after a reload",
)
def test_false_clearing(row, pair, mallory):
    alice, bob = pair
    alice.send("Don't lose this")
    bob.expect_message("Don't lose this")
    mallory.change_answer(bob, "GET /messages/conversation/", lambda body: body | {"results": [], "next": None})
    mallory.bring_event(bob, alice, {"type": "conversation_cleared", "email": alice.email})
    row.is_shown(strip(bob))
    bob.expect_message("Don't lose this")
    bob.page.reload()
    bob.open_chat(alice)
    bob.expect_message("Don't lose this")
    bob.page.get_by_role("button", name="Keep here").click()
    expect(strip(bob)).to_be_hidden()
    bob.expect_message("Don't lose this")


@attack(
    "A deletion that nobody asked for",
    done="Bob's mailbox is told that Alice's message was deleted, and the server shows it no more",
    sees="Bob: the message: “Don't lose this either”, also after a reload",
)
def test_false_deletion(row, pair, mallory):
    alice, bob = pair
    alice.send("Don't lose this either")
    bob.expect_message("Don't lose this either")
    message = mallory.office.sent(alice, bob)[-1]
    mallory.change_answer(bob, "GET /messages/conversation/", lambda body: body | {"results": [], "next": None})
    deleted = {name: message[name] for name in ("id", "client_id")}
    mallory.bring_event(bob, alice, {"type": "message_deleted", "message": deleted})
    alice.send("After the deletion")
    bob.expect_message("After the deletion")
    row.is_shown(bob.message("Don't lose this either"))
    bob.page.reload()
    bob.open_chat(alice)
    bob.expect_message("Don't lose this either")


@attack(
    "Resurrect what was cleared",
    done="Bob clears the chat; the server brings Alice's messages again, by push, under other ids, and on every page",
    sees="Bob: none of them; only what is new: “After it was cleared”",
)
def test_resurrected(row, pair, mallory):
    alice, bob = pair
    alice.send("To be cleared")
    bob.expect_message("To be cleared")
    message = mallory.office.sent(alice, bob)[-1]
    kept = mallory.office.messages(alice, bob)
    clear(bob)
    expect(bob.message("To be cleared")).to_have_count(0)
    mallory.change_answer(bob, "GET /messages/conversation/", lambda body: body | {"results": kept[::-1]})
    mallory.bring(bob, alice, message)
    alice.send("After it was cleared")
    row.is_shown(bob.log())
    bob.page.reload()
    bob.open_chat(alice)
    bob.expect_message("After it was cleared")
    expect(bob.message("To be cleared")).to_have_count(0)


@attack(
    "A clearing that is not done",
    done="Bob clears the chat; the server says that it has, keeps everything, and tells it all anew as if his browser "
    "were new (`sequence_ahead`)",
    sees="Bob: none of them; only what is new: “Still cleared”",
)
def test_not_done(row, pair, mallory):
    alice, bob = pair
    alice.send("To be cleared, too")
    bob.expect_message("To be cleared, too")
    message = mallory.office.sent(alice, bob)[-1]
    clear(bob)
    mallory.tell_all_again(bob)
    for _ in range(2):
        mallory.bring(bob, alice, message)
    alice.send("Still cleared")
    row.is_shown(bob.log())
    expect(bob.message("To be cleared, too")).to_have_count(0)


@attack(
    "A chat with nobody",
    done="The server makes up a message from an address without an account, and refuses to clear the chat",
    sees="Bob: the chat, with “This message could not be opened.”, until he clears it; then nothing of it, also after "
    "a reload",
)
def test_chat_with_nobody(row, guests, mallory):
    bob = guests.visitor("bob").register()
    author = mallory.office.make_account("Mallory")
    nobody = f"nobody-{secrets.token_hex(4)}@example.org"
    mallory.bring(bob, author, {"sender_email": nobody})
    bob.requests().get_by_role("button", name="Show").click()
    row.is_shown(bob.log())
    clear(bob)
    stays_away(bob, nobody)


@attack(
    "A contact that nobody has added",
    done="The server says that Bob has added somebody whom he does not know",
    sees="Bob: “An old friend” among his chats, until he clears the chat; then nothing of it, also after a reload",
)
def test_made_up_contact(row, guests, mallory):
    bob = guests.visitor("bob").register()
    friend = mallory.office.make_account("Mallory")
    entry = {"id": 1, "email": friend.email, "display_name": "An old friend", "created_at": "2026-11-23T08:00:00Z"}
    mallory.change_answer(bob, "GET /contacts/list", lambda body: body | {"results": [entry]})
    bob.page.reload()
    row.is_shown(bob.chats())
    bob.page.evaluate(f"location.hash = '#/{friend.email}'")
    clear(bob)
    stays_away(bob, "An old friend")


def stays_away(person, name: str) -> None:
    for _ in range(2):
        expect(person.page.get_by_text("Connecting…")).to_be_hidden()
        person.page.wait_for_timeout(500)
        expect(person.chats()).not_to_contain_text(name)
        person.page.evaluate("location.hash = ''")
        person.page.reload()
