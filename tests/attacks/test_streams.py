"""What the browsers of a person keep for each other

Alice has kept a recovery code. Her browser has told what she has read, and has seen the newest state of that.
"""

import re
from base64 import b64decode

from tests.attacks.row import attack
from tests.attacks.stream_answers import serve_streams, streams_of
from tests.attacks.vaults import NOT_TAKEN, b64, strips, with_code
from tools.browser.ways import keep_code, unlock_by_code

WRITES = re.compile(r"PUT /streams/\w+/states/")


def states_of(mallory, person) -> list[dict]:
    return streams_of(mallory, person, "states")


def serve(mallory, person, change) -> None:
    serve_streams(mallory, person, "states", change)


def with_states(strangers, mallory):
    alice, bob, _ = with_code(strangers)
    mallory.wait_until(lambda: states_of(mallory, alice), alice.page)
    return alice, bob


def read_more(alice, bob, mallory) -> list[dict]:
    """Alice reads another message of Bob's. Return the streams as they were before."""
    old = states_of(mallory, alice)
    bob.open_chat(alice)
    bob.send("Read this", "Read")
    mallory.wait_until(lambda: states_of(mallory, alice)[0]["revision"] > old[0]["revision"], alice.page)
    return old


def is_refused(row, mallory, alice, words: str) -> None:
    row.is_shown(strips(alice).filter(has_text=words))
    before = len(mallory.asked)
    alice.message_box().fill("A draft")
    alice.send("Not hindered", "Sent", "Delivered", "Read")
    assert not [call for person, call in mallory.asked[before:] if person is alice and WRITES.match(call)]


@attack(
    "An old state of a stream",
    done="Alice has read one message more, which her browser tells; then the server gives the state from before",
    sees=f"Alice: “The server gave this browser an old copy of what your browsers keep for each other. {NOT_TAKEN} "
    "Nothing is written over it",
    when="when her page connects",
)
def test_old_stream(row, strangers, mallory):
    alice, bob = with_states(strangers, mallory)
    old = read_more(alice, bob, mallory)
    serve(mallory, alice, lambda _: old)
    is_refused(row, mallory, alice, "an old copy of what your browsers keep")


@attack(
    "A dropped stream",
    done="The server says that Alice's browsers keep nothing for each other",
    sees=f"Alice: “The server says that something is gone that your browsers keep for each other. "
    f"{NOT_TAKEN} No other is begun",
    when="when her page connects",
)
def test_dropped_stream(row, strangers, mallory):
    alice, _ = with_states(strangers, mallory)
    serve(mallory, alice, lambda _: [])
    is_refused(row, mallory, alice, "something is gone that your browsers keep")


@attack(
    "A forked stream",
    done="The server keeps another state of the same number apart for Alice",
    sees=f"Alice: “The server gave this browser something else than what your browsers keep for each other. "
    f"{NOT_TAKEN}",
    when="when her page connects",
)
def test_forked_stream(row, strangers, mallory):
    alice, _ = with_states(strangers, mallory)
    serve(mallory, alice, lambda streams: [stream | {"hashes": ["ab" * 32]} for stream in streams])
    is_refused(row, mallory, alice, "something else than what your browsers keep")


@attack(
    "Another's stream",
    done="Bob keeps a code as well, and the server gives what his browser has told as the next state of Alice's",
    sees=f"Alice: “What your browsers keep for each other was changed by something that is not one of them. "
    f"{NOT_TAKEN}",
    when="when her page connects",
)
def test_foreign_stream(row, strangers, mallory):
    alice, bob = with_states(strangers, mallory)
    keep_code(bob)
    mallory.wait_until(lambda: states_of(mallory, bob), bob.page)
    [theirs] = states_of(mallory, bob)

    def exchanged(streams: list[dict]) -> list[dict]:
        names = [{"browser": stream["browser"], "by": stream["by"]} for stream in streams]
        return [theirs | name | {"revision": streams[0]["revision"] + 1} for name in names]

    serve(mallory, alice, exchanged)
    is_refused(row, mallory, alice, "something that is not one of them")


@attack(
    "A damaged segment",
    done="Alice adds a browser; of what the first one has told the server gives it other bytes under the right state",
    sees=f"Alice: “What your browsers keep for each other came damaged from the server. "
    f"{NOT_TAKEN} Her messages stand there all the same",
    when="after she has unlocked",
)
def test_damaged_segment(row, strangers, guests, mallory):
    alice, bob, code = with_code(strangers)
    mallory.wait_until(lambda: states_of(mallory, alice), alice.page)
    other = guests.visitor("alice", account=alice)

    def flipped(blob: bytes) -> str:
        return b64(blob[:-1] + bytes([blob[-1] ^ 1]))

    def damaged(given: dict) -> dict:
        return {"results": [segment | {"blob": flipped(b64decode(segment["blob"]))} for segment in given["results"]]}

    mallory.change_answer(other, "GET /streams/[0-9a-f]+/states", damaged)
    other.log_in()
    unlock_by_code(other, code)
    row.is_shown(strips(other).filter(has_text="came damaged from the server"))
    other.open_chat(bob)
    other.expect_message("Before the attack")
