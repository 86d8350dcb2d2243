"""The server's numbers, times and order"""

from tests.attacks.row import attack

NOT_SAFE = 2**53


def arrives_after(row, alice, bob, mallory, number: int) -> None:
    """After the attack Bob has all messages."""
    mallory.stop()
    mallory.resync(bob)
    alice.send(row.words[number], "Sent")
    row.is_shown(bob.log(), number)


@attack(
    "False sequence",
    done="Pushes carry the numbers 0, −1, 2^53, “7” as text, none, 1,000 and 1",
    sees="Bob: “Message 0” to “Message 6”, each once and in their order; nothing else",
)
def test_sequence(row, pair, mallory):
    alice, bob = pair
    numbers = [0, -1, NOT_SAFE, "7", None, 1000, 1]
    pushes = []

    def change(event):
        if event.get("type") != "new_message" or event["message"]["sender_email"] != alice.email:
            return event
        pushes.append(event)
        return event | {"sequence": numbers[len(pushes) % len(numbers)]}

    mallory.change_frames(bob, change)
    for number in range(7):
        alice.send(f"Message {number}", "Sent")
    row.is_shown(bob.log())
    bob.expect_in_order(*[f"Message {number}" for number in range(7)])
    mallory.stop()


@attack(
    "False cursors",
    done="`sync` answers with a cursor that goes back, is 2^53, is text, or lies before its own events; with events in "
    "falling order, or two of one number",
    sees="Bob: “Connecting…” while it lasts; then “Message after the cursors”, and nothing twice",
    when="after a few seconds",
)
def test_cursors(row, pair, mallory):
    alice, bob = pair
    alice.send("Message before the cursors")
    ways = [
        lambda body: body | {"cursor": 0},
        lambda body: body | {"cursor": NOT_SAFE},
        lambda body: body | {"cursor": str(body["cursor"])},
        lambda body: body | {"events": [{"type": "new_message", "sequence": body["cursor"] + 5}]},
        lambda body: body | {"events": [{"sequence": 9, "type": "x"}, {"sequence": 8, "type": "x"}], "cursor": 10**6},
        lambda body: body | {"events": [{"sequence": 10**6, "type": "x"}] * 2, "cursor": 10**6},
    ]
    state = {"asked": 0}

    def change(body):
        state["asked"] += 1
        return ways[state["asked"] % len(ways)](body)

    mallory.change_answer(bob, "GET /messages/sync", change)
    for _ in range(3):
        mallory.resync(bob)
        bob.page.wait_for_timeout(300)
    row.is_shown(bob.page.get_by_role("status").filter(has_text="Connecting"), 0)
    arrives_after(row, alice, bob, mallory, 1)
    bob.expect_message("Message before the cursors")


@attack(
    "A cursor far ahead",
    done="`sync` says that Bob's mailbox stands at 2^53 − 2, so that all that comes seems old",
    sees="Bob: nothing while it lasts; then “Sent while it lasted”",
    when="when it is over",
    open="withheld messages",
)
def test_cursor_ahead(row, pair, mallory):
    alice, bob = pair
    mallory.change_answer(bob, "GET /messages/sync", lambda _: {"events": [], "cursor": NOT_SAFE - 2, "more": False})
    asked = len(mallory.asked)
    mallory.resync(bob)
    mallory.wait_until(lambda: (bob, "GET /messages/sync") in mallory.asked[asked:], bob.page)
    bob.page.wait_for_timeout(300)
    alice.send("Sent while it lasted", "Sent")
    mallory.stop()
    mallory.resync(bob)
    row.is_shown(bob.log())
    bob.expect_message("Sent while it lasted")


@attack(
    "A database that was put back",
    done="The server says that Bob's mailbox is shorter than he has seen (`sequence_ahead`), and tells everything anew",
    sees="Bob: nothing; all is there, once: “Message before it was put back” and “Message after it was put back”",
)
def test_sequence_ahead(row, pair, mallory):
    alice, bob = pair
    alice.send("Message before it was put back")
    bob.expect_message("Message before it was put back")
    mallory.tell_all_again(bob)
    alice.send("Message after it was put back", "Sent")
    row.is_shown(bob.log())
    bob.expect_message("Message before it was put back")


@attack(
    "One id for two messages, and false ids and times",
    done="A message comes under the id of one that Bob has; others under 2^53, “x” and none, from the year 9999, 1970 "
    "and “never”",
    sees="Bob: “The first of them” and “The second of them”, each once; and what comes after: “The last of them”",
)
def test_ids(row, pair, mallory):
    alice, bob = pair
    alice.send("The first of them", "Sent", "Delivered", "Read")
    bob.expect_message("The first of them")
    taken = mallory.office.messages(alice, bob)[-1]["id"]
    mallory.change_each(
        bob,
        lambda message: message | {"id": taken},
        lambda message: message | {"id": NOT_SAFE, "created_at": "9999-12-31T23:59:59Z"},
        lambda message: message | {"id": "x", "created_at": "1970-01-01T00:00:00Z"},
        lambda message: message | {"id": None, "created_at": "never"},
    )
    for text in ("The second of them", "of 9999", "of 1970", "of never"):
        alice.send(text, "Sent")
    bob.expect_message("The second of them")
    arrives_after(row, alice, bob, mallory, 2)
    row.is_shown(bob.log(), 0, 1)
    bob.expect_message("The first of them")
