"""Names, and who is meant by them

A display name is what the server tells, and what the other person has chosen. Alice has added Bob.
"""

import pytest
from playwright.sync_api import expect

from tests.attacks.relay import Answer
from tests.attacks.row import attack

LISTS = r"GET /(contacts/list|messages/conversations)"


def called(names: dict[str, str]):
    """Replace the names of addresses in a list of contacts or chats."""

    def change(body: dict) -> dict:
        named = [
            entry | {"display_name": names.get(entry["email"], entry["display_name"])} for entry in body["results"]
        ]
        return body | {"results": named}

    return change


def link_to(person, other):
    """The link in the list of chats, where the address stands beside the name."""
    return person.chats().get_by_role("link").filter(has_text=other.email)


@pytest.fixture
def alice(guests):
    return guests.visitor("alice").register()


@pytest.fixture
def bob(mallory):
    return mallory.office.make_account("Bob")


@pytest.fixture
def carol(mallory):
    return mallory.office.make_account("Carol")


@attack(
    "A name that changes",
    done="Bob's address has another name: his account was deleted and somebody else has registered it, say",
    sees="Alice: the new name in the list and above the chat, and in the chat “Bob is now called Robert.”",
    when="at the next connection",
)
def test_changed_name(row, alice, bob, mallory):
    alice.add(bob)
    mallory.change_answer(alice, LISTS, called({bob.email: "Robert"}))
    mallory.cut_socket(alice)
    row.is_shown(alice.log())
    expect(alice.page.get_by_role("heading", name="Robert")).to_be_visible()
    expect(alice.chats().get_by_role("link", name="Robert")).to_be_visible()


@attack(
    "Two names exchanged",
    done="Bob is called Carol and Carol is called Bob",
    sees="Alice: in the list the address beside either name; in the chats “Bob is now called Carol.” and “Carol is now "
    "called Bob.”",
    when="at the next connection",
)
def test_exchanged_names(row, alice, bob, carol, mallory):
    alice.add(carol)
    alice.add(bob)
    mallory.change_answer(alice, LISTS, called({bob.email: "Carol", carol.email: "Bob"}))
    mallory.cut_socket(alice)
    row.is_shown(alice.log(), 0)
    expect(link_to(alice, bob)).to_be_visible()
    link_to(alice, carol).click()
    row.is_shown(alice.log(), 1)


@attack(
    "Another one in the place of a contact",
    done="Alice has not written to Bob yet; the list of contacts names Mallory's address in his place, under his name",
    sees="Alice: Mallory's address, “mallory-”…, beside the name in the list and above the chat",
    when="at the next connection",
)
def test_swapped_contact(row, alice, bob, mallory):
    impostor = mallory.office.make_account("Mallory")
    alice.add(bob)

    def swap(body: dict) -> dict:
        entries = [
            entry | {"email": impostor.email} if entry["email"] == bob.email else entry for entry in body["results"]
        ]
        return body | {"results": entries}

    mallory.change_answer(alice, r"GET /contacts/list", swap)
    mallory.cut_socket(alice)
    link_to(alice, impostor).click()
    expect(alice.page.get_by_role("heading", name="Bob")).to_be_visible()
    row.is_shown(alice.page.locator("#thread-email"))


@attack(
    "A name that looks like another",
    done="Mallory calls herself as Alice's contact Bob: with a Cyrillic letter, with an invisible one, with capitals, "
    "in mathematical letters, with a digit",
    sees="Alice: the addresses, “mallory-”… and “bob-”…, beside the names in the list",
)
@pytest.mark.parametrize("name", ["Bоb", "Bo\u200bb", "BOB", "𝐁𝐨𝐛", "B0b"])
def test_lookalike(row, alice, bob, mallory, name):
    impostor = mallory.office.make_account("Mallory")
    alice.add(bob)
    mallory.change_answer(alice, LISTS, called({impostor.email: name}))
    mallory.office.send(
        impostor, impostor.seal(alice.email, mallory.office.public_key(alice), "Write to me here").message
    )
    alice.accept(impostor)
    row.is_shown(link_to(alice, impostor), 0)
    row.is_shown(link_to(alice, bob), 1)


@attack(
    "A person called You",
    done="Mallory calls herself You, as the page calls Alice where it reads out who has written",
    sees="Alice: an address, “you-”…, beside the name in the list and where her messages are read out",
)
def test_called_you(row, alice, mallory):
    impostor = mallory.office.make_account("You")
    mallory.office.send(impostor, impostor.seal(alice.email, mallory.office.public_key(alice), "I owe you ten").message)
    alice.accept(impostor)
    row.is_shown(link_to(alice, impostor))
    link_to(alice, impostor).click()
    expect(alice.log().get_by_role("article", name=f"You ({impostor.email}): I owe you ten")).to_be_visible()


@attack(
    "An answer for another address",
    done="Alice adds Bob's address, and the server answers with Mallory's",
    sees="Alice: “The server answered for another address. Nobody was added.”, and nobody is",
)
def test_another_address(row, alice, bob, mallory):
    impostor = mallory.office.make_account("Bob")
    contact = {"id": 1, "email": impostor.email, "display_name": "Bob", "created_at": "2026-01-01T00:00:00Z"}
    mallory.answer_calls(alice, "POST /contacts/add", lambda _: Answer(contact, 201))
    alice.page.get_by_role("button", name="Add contact").click()
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_label("Email").fill(bob.email)
    dialog.get_by_role("button", name="Add", exact=True).click()
    row.is_shown(dialog)
    expect(alice.chats().get_by_role("link")).to_have_count(0)
