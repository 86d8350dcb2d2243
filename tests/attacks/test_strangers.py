"""Strangers and blocked people whom the server helps"""

import re

import pytest
from playwright.sync_api import expect

from tests.attacks.acquaintance import meet
from tests.attacks.relay import Answer
from tests.attacks.row import attack

NONE = {"results": []}


@pytest.fixture
def bob(guests):
    return guests.visitor("bob").register()


@pytest.fixture
def stranger(mallory):
    return mallory.office.make_account("Mallory")


def block(person) -> None:
    person.page.get_by_role("button", name="Chat details").click()
    with person.page.expect_response(re.compile("/api/blocks/add")):
        person.page.locator("#details").get_by_role("button", name="Block", exact=True).click()


@attack(
    "A stranger who wants to be seen",
    done="Somebody whom Bob does not know writes to him, under the name of a friend, and sends him a link to the chat",
    sees="Bob: under “Requests” the address, and neither name nor text; at the link “You have no chat with”",
)
def test_unshown(row, bob, stranger, mallory):
    mallory.office.write(stranger, bob, "Open https://evil.example/now")
    expect(bob.request_of(stranger)).to_be_visible()
    row.found.add(row.words[0])  # the name of the list
    for _ in range(2):
        bob.page.goto(f"{bob.url}/chat#/{stranger.email}")
        row.is_shown(bob.page.locator("#nothing-open"), 1)
        expect(bob.page.locator("body")).not_to_contain_text("evil.example")
        expect(bob.page.locator("body")).not_to_contain_text(stranger.name)
        bob.page.reload()
    assert mallory.envelopes(bob) == []


@attack(
    "A block that the server ignores",
    done="Bob has blocked Mallory; the server brings her next message all the same, and says after a reload that Bob "
    "has blocked nobody",
    sees="Bob: “You blocked Mallory.” and nothing of it",
)
def test_ignored_block(row, bob, stranger, mallory):
    meet(bob, stranger)
    block(bob)
    mallory.change_answer(bob, "/blocks/", lambda _: Answer(NONE))
    own = mallory.office.public_key(bob)
    for _ in range(2):
        mallory.bring(bob, stranger, stranger.seal(bob.email, own, "You can't get rid of me").message)
        row.is_shown(bob.page.locator(".standing"))
        bob.page.reload()
        expect(bob.message("Hello")).to_be_visible()
    bob.page.wait_for_timeout(1000)
    expect(bob.page.locator("body")).not_to_contain_text("You can't get rid of me")


@attack(
    "An accepted person put back among the requests",
    done="Bob has accepted Mallory's request; the server says that he has no contacts",
    sees="Bob: the chat with her stays in “Chats”, with “Let us talk”, also after a reload",
)
def test_hidden_contact(row, bob, stranger, mallory):
    mallory.office.write(stranger, bob, "Let us talk")
    bob.accept(stranger)
    mallory.change_answer(bob, "GET /contacts/list", lambda _: Answer(NONE))
    row.found.add(row.words[0])  # the name of the list
    for _ in range(2):
        bob.page.reload()
        row.is_shown(bob.chats(), 1)
        expect(bob.requests()).to_be_hidden()
