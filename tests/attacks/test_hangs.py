"""Data that would stop the page"""

import base64
import gzip
import secrets
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.attacks.odd_server import serving
from tests.attacks.relay import Answer
from tests.attacks.row import attack

LARGEST_ID = 2**53 - 2


def push(mallory, reader, *frames: str) -> None:
    for frame in frames:
        mallory.sockets[reader][-1].send(frame)


def a_message_arrives_again(row, alice, bob):
    text = f"{row.words[1]} {secrets.token_hex(4)}"
    alice.send(text, "Sent")
    bob.open_chat(alice)
    row.is_shown(bob.message(text), 1)


@attack(
    "Very many messages under one id",
    done="The server gives one id, small or 2⁵³ − 2, to Alice's message and to 60 others",
    sees="Bob: “One id for all”, which stays, fewer than 20 others that could not be opened, and then “Still here”",
)
@pytest.mark.parametrize("given", [7, LARGEST_ID])
def test_one_id(row, friends, mallory, given):
    alice, bob = friends()
    sequences = count()

    def give_one_id(reader, event):
        if reader is not bob or event["type"] != "new_message" or event["message"]["message_type"] != "text":
            return event
        others = [event | {"message": event["message"] | junk()} for _ in range(60)] if next(sequences) == 0 else []
        return [changed | {"message": changed["message"] | {"id": given}} for changed in [event, *others]]

    mallory.rules.append(give_one_id)
    alice.send(row.words[0], "Sent")
    bob.page.reload()
    bob.open_chat(alice)
    row.is_shown(bob.log(), 0)
    mallory.stop()
    bob.send("Do you still hear me?", "Sent", "Delivered", "Read")
    alice.send(row.words[1], "Sent")
    row.is_shown(bob.log(), 1)
    row.is_shown(bob.log(), 0)
    assert bob.log().get_by_role("article").filter(has_text="could not be opened").count() < 20


def junk() -> dict:
    nonce = base64.b64encode(secrets.token_bytes(12)).decode()
    return {"client_id": None, "nonce": nonce}


@attack(
    "A text of full stops",
    done="A client of Mallory's own sends an address that is followed by 3,900 full stops, forty times",
    sees="Bob: the texts, “https://a.example/....”, without a pause at each opening",
)
def test_full_stops(row, guests, mallory):
    bob = guests.visitor("bob").register()
    stranger = mallory.office.make_account("Stranger")
    key = mallory.office.public_key(bob)
    for number in range(40):
        text = f"https://a.example/{'.' * 3900}{number}x"
        mallory.office.send(stranger, stranger.seal(bob.email, key, text, browser=secrets.token_hex(16)).message)
    bob.open_chat(stranger)
    expect(bob.log().get_by_role("link")).to_have_count(40)
    row.is_shown(bob.log())


@attack(
    "An answer of more values than any list has",
    done="The server answers `sync` with 400,000 empty objects, or a key with 300 KB of spaces",
    sees="Bob: “Connecting…” for as long as it lasts; then “All is well again”",
)
def test_large_answers(row, own_pair, mallory):
    alice, bob = own_pair
    mallory.change_answer(bob, "GET /messages/sync", lambda _: Answer('{"events": [' + "{}," * 400_001 + "{}]}"))
    mallory.change_answer(bob, "GET /keys/", lambda _: Answer(" " * 300_000))
    bob.page.reload()
    row.is_shown(bob.page.locator("#connection"), 0)
    mallory.stop()
    a_message_arrives_again(row, alice, bob)


@attack(
    "60 MB out of 60 KB",
    done="The server answers `sync` with 60 MB of JSON, which gzip makes 60 KB of: one long text, or 20 million "
    "numbers",
    sees="Bob: “Connecting…” for as long as it lasts; then “Unpacked and well”",
)
@pytest.mark.parametrize("filling", [b"x" * 60_000_000, b'",' + b"1," * 20_000_000 + b'"'], ids=["text", "numbers"])
def test_gzip(row, own_pair, mallory, filling):
    alice, bob = own_pair
    packed = gzip.compress(b'{"events": ["' + filling + b'"]}')
    assert len(packed) < 80_000
    with serving([packed], Content_Encoding="gzip") as url:
        mallory.change_answer(bob, "GET /messages/sync", lambda _: Answer(None, url=url))
        bob.page.reload()
        row.is_shown(bob.page.locator("#connection"), 0)
        mallory.stop()
    a_message_arrives_again(row, alice, bob)


@attack(
    "A frame of megabytes",
    done="The server pushes a frame of 2 MB",
    sees="Bob: “No frame is needed”, over another socket: the one with the frame is closed",
    when="within seconds",
)
def test_large_frame(row, own_pair, mallory):
    alice, bob = own_pair
    bob.open_chat(alice)
    sockets = len(mallory.sockets[bob])
    push(mallory, bob, '{"type": "new_message", "message": "' + "x" * 2_000_000 + '"}')
    mallory.wait_until(lambda: len(mallory.sockets[bob]) > sockets, bob.page)
    alice.send(row.words[0], "Sent")
    row.is_shown(bob.log())


@attack(
    "Connected, connected, connected",
    done="The server says 5,000 times that the socket is connected",
    sees="Bob: nothing of it; “Business as usual” comes, and his browser has asked for nothing more than before",
)
def test_connected(row, own_pair, mallory):
    alice, bob = own_pair
    bob.open_chat(alice)
    alice.send("before the flood", "Delivered", "Read")
    mallory.asked.clear()
    push(mallory, bob, *(f'{{"type": "connected", "sequence": {number}}}' for number in range(5000)))
    alice.send(row.words[0], "Sent")
    row.is_shown(bob.log())
    assert len(mallory.calls(bob)) < 50


@attack(
    "Skips, which nobody sees",
    done="A client of Alice's own fills 40 numbers with skips, which nobody sees, and writes a text after them",
    sees="Bob: “After all that”, and no line about what is missing, also after a reload",
)
def test_skips(row, guests, mallory):
    bob = guests.visitor("bob").register()
    alice = mallory.office.make_account("Alice")
    own = mallory.office.public_key(bob)
    bob.add(alice)
    contents = [{"type": "skip", "body": f"{counter:064x}"} for counter in range(1, 41)] + [{"body": row.words[0]}]
    previous = None
    for counter, content in enumerate(contents, start=1):
        sealed = alice.seal(bob.email, own, **content, counter=counter, previous=previous)
        mallory.office.send(alice, sealed.message)
        previous = content["body"]
    row.is_shown(bob.log())
    expect(bob.log()).not_to_contain_text("not arrived")
    bob.page.reload()
    bob.expect_message(row.words[0])
    expect(bob.log()).not_to_contain_text("not arrived")
