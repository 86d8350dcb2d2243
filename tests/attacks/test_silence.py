"""Calls that the server keeps open

They would make a page wait that has something to say.
"""

import time
from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.attacks.acquaintance import meet
from tests.attacks.impostor import Impostor
from tests.attacks.odd_server import serving
from tests.attacks.relay import Answer
from tests.attacks.row import attack
from tests.attacks.test_missing_messages import ONE, withhold


def keep_open(person, pattern: str) -> None:
    """Never answer these calls and never close their connections."""
    person.context.route(pattern, lambda _: None)


@attack(
    "A sync that never ends",
    done="The socket is open, and the answer to `sync` never comes",
    sees="Bob: “Connecting…”, although the socket is open",
    when="after ten seconds",
)
def test_sync(row, guests, mallory):
    bob = guests.visitor("bob").register()
    meet(bob, mallory.office.make_account("Alice"))
    keep_open(bob, "**/api/messages/sync*")
    mallory.sockets[bob][-1].send('{"type": "resync"}')
    row_of_connection = bob.page.locator("#connection")
    expect(row_of_connection).to_contain_text(row.words[0], timeout=20_000)
    row.is_shown(row_of_connection)


@attack(
    "Always more to come",
    done="Alice's second message never comes, and each answer to `sync` says that there is more",
    sees=f"Bob: {ONE}, although his browser is never told that it has everything",
    when="after ten seconds",
)
def test_gap_during_sync(row, friends, mallory):
    alice, bob = friends()
    steps = count(1000)
    mallory.change_answer(
        bob,
        "GET /messages/sync",
        lambda body: Answer({"events": body.get("events", []), "cursor": next(steps), "more": True}),
    )
    withhold(mallory, alice, bob, "never comes")
    alice.send("comes after", "Sent")
    bob.page.reload()
    bob.open_chat(alice)
    bob.expect_message("comes after")
    expect(bob.log()).to_contain_text(row.words[0], timeout=30_000)
    row.is_shown(bob.log())


@attack(
    "A key that is never told",
    done="Alice's second message never comes; before it there is one under another key, and the call for it stays open",
    sees=f"Bob: {ONE}, although the other one still waits for its key",
    when="half a minute after it came",
)
def test_gap_during_look_up(row, guests, mallory):
    alice, bob = guests.friends(has_clock=True)
    unknown = Impostor(alice.email)
    keep_open(bob, f"**/api/keys/fingerprint/{unknown.fingerprint.hex()}")
    keep_open(bob, f"**/api/keys/email/{alice.email}")
    mallory.bring(bob, alice, unknown.seal(bob.email, mallory.office.public_key(bob), "waits").message)
    withhold(mallory, alice, bob, "never comes")
    alice.send("comes after", "Sent")
    bob.expect_message("comes after")
    bob.page.clock.fast_forward(32_000)
    row.is_shown(bob.log())


@attack(
    "A log-out without an answer",
    done="Bob logs out and forgets; the answer to the log-out never comes, at the next visits neither",
    sees="Bob: the page to log in, “Log in”, and nothing of his in the browser; the cookie is not used any more",
    when="after three seconds",
)
def test_forgetting(row, friends, mallory):
    _, bob = friends()
    keep_open(bob, "**/api/auth/logout")
    bob.log_out(forget=True)
    row.is_shown(bob.page.get_by_role("button", name="Log in", exact=True))
    names = bob.page.evaluate("indexedDB.databases().then(found => found.map(({ name }) => name))")
    assert names == ["vibechat"]
    mallory.asked.clear()
    bob.visit_in_vain("/chat")
    row.is_shown(bob.page.get_by_role("button", name="Log in", exact=True))
    assert [call for call in mallory.calls(bob) if "refresh" in call] == []


LONGEST_CALL_MS = 120_000
STEP_MS = 5_000


def drip() -> Iterator[bytes]:
    """Send one byte at a time, with pauses."""
    for part in (b'{"kinds": ["', *[b"x"] * 600):
        yield part
        time.sleep(0.1)


@attack(
    "About me without an end",
    done="Bob asks what the server knows about him; no answer comes, or one that goes on and on, a byte at a time",
    sees="Bob: “Asking the server…”; then “We couldn't reach the server. Check your network connection and try again.”",
    when="after 20 seconds of silence; after two minutes whatever comes",
)
@pytest.mark.parametrize("is_silent", [True, False], ids=["silent", "dripping"])
def test_own_data(row, guests, mallory, is_silent):
    bob = guests.visitor("bob", has_clock=True).register()
    with serving(drip()) as url:
        if is_silent:
            keep_open(bob, "**/api/auth/me/data*")
        else:
            mallory.change_answer(bob, "GET /auth/me/data", lambda _: Answer(None, url=url))
        bob.visit("/about-me")
        row.is_shown(bob.page.get_by_role("status"), 0)
        for _ in range(LONGEST_CALL_MS // STEP_MS + 1):  # in steps below the timeout for a silent connection
            bob.page.wait_for_timeout(150)
            bob.page.clock.fast_forward(STEP_MS)
        row.is_shown(bob.page.get_by_role("alert"), 1)
        expect(bob.page.get_by_text(row.words[0])).to_have_count(0)
