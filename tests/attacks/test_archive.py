"""The archive of what a person's browsers have opened

Alice has kept a recovery code. Her browser has put her messages into the archive, and has seen its newest state.
"""

import re
from base64 import b64decode
from collections.abc import Callable

from playwright.sync_api import expect

from tests.attacks.row import attack
from tests.attacks.stream_answers import change_streams, serve_streams, streams_of
from tests.attacks.vaults import NOT_TAKEN, b64, strips, with_code
from tools.browser.ways import keep_code, unlock_by_code

WRITES = re.compile(r"PUT /streams/\w+/archive/")
SEGMENTS = "GET /streams/[0-9a-f]+/archive"
UNSIGNED = "something that is not one of them"


def archive_of(mallory, person) -> list[dict]:
    return streams_of(mallory, person, "archive")


def with_archive(strangers, mallory):
    alice, bob, code = with_code(strangers)
    mallory.wait_until(lambda: archive_of(mallory, alice), alice.page)
    return alice, bob, code


def archive_more(alice, mallory) -> list[dict]:
    """One message more gets into the archive. Return the streams as they were before."""
    old = archive_of(mallory, alice)
    alice.send("One message more")
    alice.page.reload()
    mallory.wait_until(lambda: archive_of(mallory, alice)[0]["revision"] > old[0]["revision"], alice.page)
    return old


def is_refused(row, mallory, alice, words: str) -> None:
    row.is_shown(strips(alice).filter(has_text=words))
    before = len(mallory.asked)
    alice.send("Not hindered")
    alice.page.reload()
    expect(strips(alice).filter(has_text=words)).to_be_visible()
    assert not [call for person, call in mallory.asked[before:] if person is alice and WRITES.match(call)]


@attack(
    "An old archive",
    done="One message more got into Alice's archive; then the server gives the state from before",
    sees=f"Alice: “The server gave this browser an old copy of what your browsers keep for each other. {NOT_TAKEN} "
    "Nothing is written over it",
    when="when her page connects",
)
def test_old_archive(row, strangers, mallory):
    alice, _, _ = with_archive(strangers, mallory)
    old = archive_more(alice, mallory)
    serve_streams(mallory, alice, "archive", lambda _: old)
    is_refused(row, mallory, alice, "an old copy of what your browsers keep")


@attack(
    "A dropped archive",
    done="The server says that Alice has no archive",
    sees=f"Alice: “The server says that something is gone that your browsers keep for each other. {NOT_TAKEN} "
    "No other is begun",
    when="when her page connects",
)
def test_dropped_archive(row, strangers, mallory):
    alice, _, _ = with_archive(strangers, mallory)
    serve_streams(mallory, alice, "archive", lambda _: [])
    is_refused(row, mallory, alice, "something is gone that your browsers keep")


@attack(
    "A forked archive",
    done="The server keeps another state of the same number apart for Alice",
    sees=f"Alice: “The server gave this browser something else than what your browsers keep for each other. "
    f"{NOT_TAKEN}",
    when="when her page connects",
)
def test_forked_archive(row, strangers, mallory):
    alice, _, _ = with_archive(strangers, mallory)
    serve_streams(mallory, alice, "archive", lambda streams: [stream | {"hashes": ["ab" * 32]} for stream in streams])
    is_refused(row, mallory, alice, "something else than what your browsers keep")


@attack(
    "An archive with a segment twice, under the name of another stream, or of another account",
    done="Alice adds a browser. The server gives it Alice's archive with its segment twice, then what her browser has "
    "told in its place, then Bob's archive",
    sees="Alice: “What your browsers keep for each other was changed by something that is not one of them. "
    f"{NOT_TAKEN} Each time; her messages stand there all the same",
    when="after she has unlocked, and when her page connects",
)
def test_put_together_archive(row, strangers, guests, mallory):
    alice, bob, code = with_archive(strangers, mallory)
    keep_code(bob)
    mallory.wait_until(lambda: archive_of(mallory, bob) and streams_of(mallory, alice, "states"), bob.page)
    [theirs], [states] = archive_of(mallory, bob), streams_of(mallory, alice, "states")

    def given_as(stream: dict, other: dict) -> dict:
        return other | {name: stream[name] for name in ("browser", "kind", "by")}

    other = guests.visitor("alice", account=alice)
    changes: list[Callable[[dict], dict]] = [
        lambda stream: stream | {"hashes": stream["hashes"] * 2, "count": 2 * len(stream["hashes"])},
        lambda stream: given_as(stream, states),
        lambda stream: given_as(stream, theirs),
    ]
    change_streams(mallory, other, "archive", lambda streams: [changes[0](stream) for stream in streams])
    other.log_in()
    unlock_by_code(other, code)
    while changes:
        row.is_shown(strips(other).filter(has_text=UNSIGNED))
        other.open_chat(bob)
        other.expect_message("Before the attack")
        del changes[0]
        if changes:
            other.page.reload()


def with_blob(change: Callable[[bytes], bytes]) -> Callable[[list[dict]], list[dict]]:
    return lambda segments: [one | {"blob": b64(change(b64decode(one["blob"])))} for one in segments]


@attack(
    "Segments of the archive that are altered, cut off, of another month's key, of another stream, or left out",
    done="Alice adds a browser. Of the archive the server gives it other bytes under the right state: a bit changed, "
    "without the end, named for another month, what her browser has told, and then nothing",
    sees=f"Alice: “What your browsers keep for each other came damaged from the server. {NOT_TAKEN} and for what is "
    f"left out: “The server says that something is gone that your browsers keep for each other. {NOT_TAKEN} Her "
    "messages stand there all the same. What comes whole again is taken",
    when="after she has unlocked, and when her page connects",
)
def test_changed_segments(row, strangers, guests, mallory):
    alice, bob, code = with_archive(strangers, mallory)
    mallory.wait_until(lambda: streams_of(mallory, alice, "states"), alice.page)
    [states] = streams_of(mallory, alice, "states")
    told = mallory.office.act_as(alice).get(f"/streams/{states['browser']}/states").raise_for_status().json()["results"]
    changes: list[Callable[[list[dict]], list[dict]]] = [
        with_blob(lambda blob: blob[:-1] + bytes([blob[-1] ^ 1])),
        with_blob(lambda blob: blob[:-16]),
        with_blob(lambda blob: blob[:5] + b"2001-01" + blob[12:]),
        lambda _: told,
        lambda _: [],
    ]
    other = guests.visitor("alice", account=alice)
    mallory.change_answer(
        other, SEGMENTS, lambda given: {"results": changes[0](given["results"]) if changes else given["results"]}
    )
    other.log_in()
    unlock_by_code(other, code)
    while changes:
        is_last = len(changes) == 1
        row.is_shown(strips(other).filter(has_text="is gone" if is_last else "came damaged"), int(is_last))
        other.open_chat(bob)
        other.expect_message("Before the attack")
        del changes[0]
        other.page.reload()
    other.expect_message("Before the attack")
    expect(strips(other).filter(has_text="your browsers keep for each other")).to_have_count(0)
