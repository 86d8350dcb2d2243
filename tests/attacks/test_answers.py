"""Answers that are not what was asked for"""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.attacks.haste import hurry
from tests.attacks.relay import Answer
from tests.attacks.row import attack
from tests.attacks.wire import PUSHES

CONNECTING = "“Connecting…”"
PAGES_LIMIT = 1000
SHORTEST_REST_MS = 1900
MEGABYTE = b'"' + b"a" * (1 << 20)


@pytest.fixture(scope="module")
def hasty(town):
    """Two people whose clocks can be moved."""
    alice, bob = town.friends(has_clock=True)
    return alice, bob


def connection(person):
    return person.page.get_by_role("status").filter(has_text="Connecting")


def go_on(row, people, mallory) -> None:
    """Become honest. Bob then gets the row's second text from Alice and no longer shows "Connecting"."""
    alice, bob = people
    mallory.stop()
    alice.send(row.words[1])
    hurry(bob.page, bob.message(row.words[1]).is_visible)
    row.is_shown(bob.log(), 1)
    hurry(bob.page, lambda: connection(bob).count() == 0)


def told_apart(event: dict, **members) -> dict:
    return event | {"message": event["message"] | members}


def is_push(event: dict) -> bool:
    return event["type"] == "new_message"


def is_own(person, event: dict) -> bool:
    return event["type"] in ("message_accepted", "new_message") and event["message"]["sender_email"] == person.email


@attack(
    "Another client_id",
    done="What Alice sends is accepted, pushed and answered under a `client_id` that she did not choose",
    sees="Alice: “Sending” as long as it lasts; then the same bytes are taken for what they are, and it is “Read”",
)
def test_wrong_client_id(row, hasty, mallory):
    alice, bob = hasty
    other = "00000000-0000-4000-8000-000000000000"
    mallory.change(alice, lambda person, event: told_apart(event, client_id=other) if is_own(person, event) else event)
    alice.type_and_send("Who took this?")
    bob.expect_message("Who took this?")
    row.is_shown(alice.message("Who took this?"), 0)
    mallory.stop()
    hurry(alice.page, alice.message("Who took this?").filter(has_text=row.words[1]).is_visible)
    row.is_shown(alice.message("Who took this?"), 1)
    assert len({envelope["ciphertext"] for envelope in mallory.texts(alice)}) == 1
    bob.expect_message("Who took this?")
    alice.expect_message("Who took this?")


@attack(
    "Two answers exchanged",
    done="The answer to one of two messages carries the other, by socket and by POST",
    sees="Alice: “Sending” as long as it lasts, then “Read”",
)
def test_swapped_answers(row, town, pair, mallory):
    alice, bob = pair
    alice.send("the one before")
    before = mallory.office.last(alice, bob)

    def swap(person, event):
        if not is_own(person, event) or event["type"] != "message_accepted":
            return event
        return told_apart(event, **before | {"client_id": event["message"]["client_id"]})

    mallory.change(alice, swap)
    mallory.change_answer(alice, "POST /messages/send", lambda body: body | before)
    mallory.change(alice, lambda person, event: None if is_own(person, event) and is_push(event) else event)
    alice.type_and_send("this one")
    row.is_shown(alice.message("this one"), 0)
    bob.expect_message("this one")
    mallory.stop()
    row.is_shown(alice.message("this one"), 1)
    bob.expect_message("this one")


@attack(
    "`stale_key` for ever",
    done="Whatever Alice seals for Bob's key is refused, and the same key is named as the right one",
    sees="Alice: “Sending”, then “Not sent” with “Keys changed while this was on its way.”; “Retry” sends it when the "
    "server takes it again",
    when="after eight tries",
)
def test_stale_for_ever(row, hasty, mallory):
    alice, bob = hasty
    mallory.refuse_sending(alice, {"code": "stale_key", "detail": "Other keys."})
    alice.type_and_send("Will this ever go?")
    row.is_shown(alice.message("Will this ever go?"), 0)
    hurry(alice.page, lambda: alice.message("Not sent").is_visible())
    row.is_shown(alice.message("Will this ever go?"), 1, 2, 3)
    assert len(mallory.texts(alice)) < 15
    mallory.stop()
    alice.page.get_by_role("button", name="Retry").click()
    alice.expect_state("Will this ever go?", "Sent", "Delivered", "Read")
    bob.expect_message("Will this ever go?")


BROKEN = (
    '{"events": ' + "[" * 200_000 + "]" * 200_000 + "}",
    json.dumps({"events": [], "cursor": 1, "more": False, "padding": "x" * 10_000_000}),
    json.dumps({"events": [{"sequence": 1, "type": "x"}] * 20_000, "cursor": 9, "more": False}),
    "<!doctype html><title>Log in to this network</title>",
    "[]",
    "null",
)


@attack(
    "Broken, deep and huge answers",
    done="`sync` is answered by 200,000 lists in one another, by 10 MB, by 20,000 events, by a login page of the "
    "network, by `[]`, by `null`",
    sees=f"Bob: {CONNECTING} above the chats; the chat stays as it is and goes on when it is over: “Still here”",
    when="after a few seconds",
)
def test_broken(row, hasty, mallory):
    _, bob = hasty
    waiting = list(BROKEN)
    mallory.change_answer(bob, "GET /messages/sync", lambda _: Answer(waiting.pop(0) if waiting else "null"))
    mallory.resync(bob)
    hurry(bob.page, lambda: not waiting)
    row.is_shown(connection(bob), 0)
    expect(bob.message("Hello Bob")).to_have_count(1)
    go_on(row, hasty, mallory)


@attack(
    "An answer without end",
    done="The answer to `sync` goes on and on, 50 MB a second",
    sees=f"Bob: {CONNECTING}; the page gives the answer up, and goes on when it is over: “Not stopped by that”",
    when="after a few seconds",
)
def test_endless(row, hasty, endless, mallory):
    _, bob = hasty
    mallory.change_answer(bob, "GET /messages/sync", lambda _: Answer(None, url=endless.url))
    mallory.resync(bob)
    row.is_shown(connection(bob), 0)
    assert endless.most_bytes < 200_000_000
    go_on(row, hasty, mallory)


@attack(
    "A mailbox without end",
    done="Each page of `sync` says that there are more, and leads nowhere",
    sees=f"Bob: {CONNECTING}; he can write meanwhile, and it goes on when it is over: “Not lost in it”",
    when="after a few seconds",
)
def test_endless_pages(row, hasty, mallory):
    alice, bob = hasty
    mallory.change_answer(bob, "GET /messages/sync", lambda body: body | {"more": True})
    mallory.resync(bob)
    hurry(bob.page, connection(bob).is_visible)
    row.is_shown(connection(bob), 0)
    bob.type_and_send("Bob writes meanwhile")
    alice.expect_message("Bob writes meanwhile")
    go_on(row, hasty, mallory)


# In the page, because there are thousands of answers.
GROW = """() => {
  Object.assign(globalThis, { asked: [], times: [], realFetch: fetch });
  globalThis.fetch = async (address, init) => {
    const [path, after] = String(address).split("?after=");
    if (!path.endsWith("/api/messages/sync")) return realFetch(address, init);
    const cursor = Number(after) + 1;
    times.push(performance.now());
    asked.push(cursor - 1);
    return Response.json({ events: [{ type: "message_status", sequence: cursor }], cursor, more: true });
  };
}"""


@attack(
    "A mailbox that grows while it is read",
    done="Each page of `sync` holds one event, its cursor is one further, and there are more, for ever",
    sees=f"Bob: {CONNECTING}; his browser rests after each 1,000 pages, whatever the server says; he can write "
    "meanwhile, and it goes on when it is over: “Not drowned in it”",
    when="after 2,000 pages",
)
def test_growing(row, hasty, mallory):
    alice, bob = hasty
    mallory.change(bob, lambda _, event: None if event["type"] in PUSHES else event)
    bob.page.evaluate(GROW)
    for pages in (PAGES_LIMIT, 2 * PAGES_LIMIT):
        mallory.resync(bob)
        bob.page.wait_for_function("(pages) => asked.length >= pages", arg=pages, polling=50, timeout=60_000)
    row.is_shown(connection(bob), 0)
    asked, times = bob.page.evaluate("[asked, times]")
    # Some numbers may be missing, because pushes from before the attack can advance the cursor past them.
    assert all(one < next_one for one, next_one in pairwise(asked))
    assert times[PAGES_LIMIT] - times[PAGES_LIMIT - 1] > SHORTEST_REST_MS
    bob.type_and_send("Bob writes beside it")
    alice.expect_message("Bob writes beside it")
    bob.page.evaluate("globalThis.fetch = realFetch")
    go_on(row, hasty, mallory)


class Endless(BaseHTTPRequestHandler):
    """Serves one endless string until the client disconnects."""

    most_bytes = 0

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 10**9:
                self.wfile.write(MEGABYTE)
                sent += len(MEGABYTE)
                Endless.most_bytes = max(sent, Endless.most_bytes)
                time.sleep(1 / 50)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endless() -> Iterator[type[Endless]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Endless.url = f"http://127.0.0.1:{server.server_port}/"
    yield Endless
    server.shutdown()
