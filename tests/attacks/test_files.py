"""Files that are exchanged, changed or kept back"""

import re

import pytest
from playwright.sync_api import expect

from tests.attacks.row import attack
from tests.browser.test_files import attach, send_button
from tests.browser.test_playing import IS_CONTROLLED, PART_BYTES, play, wav

ANOTHER = "“This is not the file that was sent. VibeChat doesn't open it.”"
GONE = "“This file is no longer on the server.”"


def send_files(sender, reader, **files: bytes) -> None:
    payloads = [
        {"name": f"{name}.bin", "mimeType": "application/octet-stream", "buffer": data} for name, data in files.items()
    ]
    sender.page.get_by_label("Files").set_input_files(payloads)
    sender.page.get_by_role("button", name="Send", exact=True).click()
    for name in files:
        reader.expect_message(f"{name}.bin")


@pytest.fixture
def served(bob):
    """Changes the sealed bytes of each file that Bob asks for: a function of (id, bytes)."""
    content = re.compile(r"/api/files/[0-9a-f]{32}$")

    def serve(change) -> None:
        def answer(route) -> None:
            response = route.fetch()
            route.fulfill(response=response, body=change(route.request.url[-32:], response.body()))

        bob.page.route(content, answer)

    yield serve
    bob.page.unroute_all(behavior="wait")


def save(person, name: str) -> None:
    person.page.get_by_role("button", name=f"Save {name}.bin").click()


def file_line(person, name: str):
    return person.log().locator(".file").filter(has_text=f"{name}.bin")


@attack(
    "Exchange two files of a message",
    done="Alice sends two files of one length, and the server gives Bob the sealed bytes of the one for the other",
    sees=f"Bob, at the file: {ANOTHER} Nothing of it is handed on",
    when="when he opens it",
)
def test_swapped(row, alice, bob, served):
    send_files(alice, bob, contract=b"a" * 5000, invoice=b"b" * 5000)
    kept: dict[str, bytes] = {}

    def first_for_all(file_id: str, body: bytes) -> bytes:
        kept.setdefault("first", body)
        return kept["first"]

    served(first_for_all)
    with bob.page.expect_download():
        save(bob, "contract")
    save(bob, "invoice")
    row.is_shown(file_line(bob, "invoice"))


@attack(
    "Cut off or change a file",
    done="The server gives Bob the file without its end, with one byte changed, and with bytes after its end",
    sees=f"Bob, at the file: {ANOTHER} Nothing of it is handed on",
    when="when he opens it",
)
def test_changed(row, alice, bob, served):
    changes = {
        "short": lambda body: body[:-100],
        "flipped": lambda body: body[:3000] + bytes([body[3000] ^ 1]) + body[3001:],
        "longer": lambda body: body + b"x",
    }
    send_files(alice, bob, **dict.fromkeys(changes, b"c" * 5000))
    waiting = iter(changes.values())
    served(lambda _, body: next(waiting)(body))
    for name in changes:
        save(bob, name)
        row.is_shown(file_line(bob, name))
        expect(bob.page.get_by_role("progressbar")).to_have_count(0)


@attack(
    "Change a sound that plays while it is loaded",
    done="The server changes one byte of the second part of a sound that Bob plays, and he goes on to that part",
    sees=f"Bob, at the file: {ANOTHER} Nothing of that part is played",
    when="when he comes to it",
)
def test_changed_while_played(row, guests):
    alice, bob = guests.visitor("alice").register(), guests.visitor("bob", service_workers="allow").register()
    alice.add(bob)
    bob.add(alice)
    alice.open_chat(bob)
    attach(alice, ("concert.wav", "audio/wav", wav(25)))
    send_button(alice).click()
    bob.open_chat(alice)
    bob.expect_message("concert.wav")
    bob.page.wait_for_function(IS_CONTROLLED)

    def change(route) -> None:
        response = route.fetch()
        body = response.body()
        is_second = route.request.headers.get("range", "").startswith(f"bytes={PART_BYTES}-")
        route.fulfill(response=response, body=bytes([body[0] ^ 1]) + body[1:] if is_second else body)

    bob.page.route(re.compile(r"/api/files/[0-9a-f]{32}$"), change)
    play(bob)
    # The player may have read ahead to that part, and be gone.
    bob.page.evaluate("() => document.querySelectorAll('audio').forEach((audio) => { audio.currentTime = 24; })")
    row.is_shown(bob.message("concert.wav"))
    expect(bob.log().locator("audio")).to_have_count(0)
    bob.page.unroute_all(behavior="wait")


@attack(
    "Keep back a file",
    done="The server says of a file that it has none",
    sees=f"Bob, at the file: {GONE}",
    when="when he opens it",
    open="a file that was deleted, kept on the server",
)
def test_withheld(row, alice, bob):
    send_files(alice, bob, gone=b"d" * 5000)
    bob.page.route(
        re.compile(r"/api/files/[0-9a-f]{32}$"),
        lambda route: route.fulfill(status=404, json={"code": "not_found", "detail": "Nothing here."}),
    )
    save(bob, "gone")
    row.is_shown(file_line(bob, "gone"))
    bob.page.unroute_all(behavior="wait")
