"""Forged typing

That somebody is typing is sealed like a message, and stored nowhere. A frame counts once, and for some seconds.
"""

import base64
import json
import secrets
import time

from playwright.sync_api import expect

from tests.attacks.impostor import Impostor
from tests.attacks.row import attack
from tests.reference import typing_frames

NOTHING = 'the chat stands as it did: “{text}”, and no "typing…"'


def line(reader):
    return reader.page.locator("#thread-typing")


def tell(mallory, reader, sender, payload: str) -> None:
    frame = {"type": "ephemeral", "sender_email": sender.email, "payload": payload}
    for socket in mallory.sockets[reader]:
        socket.send(json.dumps(frame))


def frames_to(mallory, reader) -> list[str]:
    """The payloads that the reader gets from now on; those that Mallory keeps to herself do not arrive."""
    payloads: list[str] = []
    mallory.change_frames(reader, lambda frame: note(payloads, frame))
    return payloads


def note(payloads: list[str], frame: dict) -> dict:
    if frame.get("type") == "ephemeral":
        payloads.append(frame["payload"])
    return frame


def shows_nothing(row, reader, text: str) -> None:
    reader.page.wait_for_timeout(800)
    expect(line(reader)).to_be_hidden()
    row.is_shown(reader.message(text))


def type_something(writer, reader, payloads: list[str]) -> str:
    """Types, and takes it back, so that both chats stand as before. Returns the frame that said so."""
    before = len(payloads)
    writer.message_box().press_sequentially("ab")
    expect(line(reader)).to_be_visible()
    frame = payloads[before]
    writer.message_box().fill("")
    expect(line(reader)).to_be_hidden()
    return frame


@attack(
    "Typing that comes again",
    done="Alice types and stops; Mallory gives Bob the frame once more, at once and after a reload",
    sees=NOTHING.format(text="said before"),
)
def test_replayed(row, pair, mallory):
    alice, bob = pair
    alice.send("said before", "Read")
    frame = type_something(alice, bob, frames_to(mallory, bob))
    tell(mallory, bob, alice, frame)
    shows_nothing(row, bob, "said before")
    bob.page.reload()
    bob.open_chat(alice)
    expect(bob.message("said before")).to_be_visible()
    tell(mallory, bob, alice, frame)
    shows_nothing(row, bob, "said before")


@attack(
    "Typing to one, shown to another",
    done="Alice types to Bob; Mallory keeps the frame and gives it to Alice's own browser as Bob's",
    sees=NOTHING.format(text="said to one"),
)
def test_redirected(row, pair, mallory):
    alice, bob = pair
    alice.send("said to one", "Read")
    kept: list[str] = []
    mallory.change_frames(bob, lambda frame: None if frame.get("type") == "ephemeral" and note(kept, frame) else frame)
    alice.message_box().press_sequentially("ab")
    mallory.wait_until(lambda: kept, alice.page)
    tell(mallory, alice, bob, kept[0])
    shows_nothing(row, alice, "said to one")
    alice.message_box().fill("")


@attack(
    "Typing of Mallory's making",
    done="Mallory seals frames in Alice's name with a key of her own, and makes some up",
    sees=NOTHING.format(text="said by herself"),
)
def test_forged(row, pair, mallory):
    alice, bob = pair
    alice.send("said by herself", "Read")
    mask = Impostor(alice.email)
    way = typing_frames.Way(mask, bob.email, mallory.office.public_key(bob))
    now = int(time.time() * 1000)
    for payload in (typing_frames.seal(way, typing_frames.plaintext_of(now, 1)), secrets.token_bytes(70), b"\0"):
        tell(mallory, bob, alice, base64.b64encode(payload).decode())
    shows_nothing(row, bob, "said by herself")


@attack(
    "A flood of typing",
    done="Mallory gives Bob a thousand frames in Alice's name; Alice then writes",
    sees="the message comes as ever: “said in the flood”",
)
def test_flooded(row, pair, mallory):
    alice, bob = pair
    for _ in range(1000):
        tell(mallory, bob, alice, base64.b64encode(b"\1" + secrets.token_bytes(69)).decode())
    alice.send("said in the flood", "Read")
    expect(line(bob)).to_be_hidden()
    row.is_shown(bob.message("said in the flood"))
