"""The ledger detects each error that a message can suffer."""

import itertools

import pytest

from tests.faults.ledger import Counts, Fresh, Ledger, Sent
from tests.faults.mailbox import Mailbox

pytestmark = pytest.mark.once
ALICE, BOB = "alice@example.org", "bob@example.org"


def message(number, client_id):
    both = {"sender_email": ALICE, "recipient_email": BOB}
    return {"id": number, "client_id": client_id, "read_at": None, **both}


def ledger_of(*client_ids) -> Ledger:
    """A ledger in which Alice has sent these to Bob in this order, with the ids 1, 2, 3 …"""
    ledger = Ledger()
    for number, client_id in enumerate(client_ids, start=1):
        ledger.sent[client_id] = Sent("alice0", ALICE, BOB)
        ledger.note_acknowledgement(client_id, message(number, client_id), "POST")
    return ledger


def fresh_of(messages, first_sequence=1) -> Fresh:
    sequences = itertools.count(first_sequence)
    events = [{"type": "new_message", "sequence": next(sequences), "message": found} for found in messages]
    mailbox = Mailbox()
    mailbox.take_sync({"events": events, "cursor": events[-1]["sequence"] if events else 0})
    return Fresh(events, mailbox)


def count(ledger, bobs, alices=None) -> Counts:
    return ledger.count({ALICE: fresh_of(bobs if alices is None else alices), BOB: fresh_of(bobs)}, behind=0)


def test_messages_that_are_acknowledged_and_found_once_are_exact():
    counts = count(ledger_of("a", "b"), [message(1, "a"), message(2, "b")])
    assert counts == Counts(sent=2, acknowledged=2, found=2)
    assert counts.is_exact


def test_empty_ledger_is_not_exact():
    assert not count(Ledger(), []).is_exact


@pytest.mark.parametrize(("bobs", "alices"), [(["a"], ["a", "b"]), (["a", "b"], ["a"])])
def test_message_missing_in_either_mailbox_is_lost(bobs, alices):
    numbers = {"a": 1, "b": 2}
    mailboxes = [[message(numbers[name], name) for name in names] for names in (bobs, alices)]
    assert count(ledger_of("a", "b"), *mailboxes).lost == 1


def test_unacknowledged_message_is_not_exact():
    ledger = ledger_of("a")
    ledger.sent["b"] = Sent("alice0", ALICE, BOB)
    counts = count(ledger, [message(1, "a"), message(2, "b")])
    assert (counts.sent, counts.acknowledged, counts.found, counts.is_exact) == (2, 1, 2, False)


def test_two_messages_with_one_client_id_are_doubled():
    assert count(ledger_of("a"), [message(1, "a"), message(2, "a")]).doubled == 1


def test_two_different_acknowledgements_are_doubled():
    ledger = ledger_of("a")
    ledger.note_acknowledgement("a", message(2, "a"), "socket")
    assert count(ledger, [message(1, "a")]).doubled == 1


def test_sequence_of_two_messages_is_doubled():
    ledger = ledger_of("a")
    ledger.note_event(BOB, {"type": "new_message", "sequence": 1, "message": message(7, "x")})
    assert count(ledger, [message(1, "a")]).doubled == 1


def test_later_message_with_a_lower_sequence_is_misordered():
    assert count(ledger_of("a", "b"), [message(2, "b"), message(1, "a")]).misordered == 1


def test_receipt_for_an_earlier_message_misorders_nothing():
    ledger = ledger_of("a", "b")
    for email in (ALICE, BOB):
        ledger.note_event(email, {"type": "new_message", "sequence": 1, "message": message(1, "a")})
    read = message(1, "a") | {"read_at": "now"}
    events = [(2, message(2, "b")), (3, read)]
    people = {}
    for email in (ALICE, BOB):
        mailbox, changes = Mailbox(), [{"type": "new_message", "sequence": n, "message": m} for n, m in events]
        mailbox.take_sync({"events": changes, "cursor": 3})
        people[email] = Fresh(changes, mailbox)
    assert ledger.count(people, behind=0).is_exact


def test_unused_sequence_is_a_hole():
    ledger = ledger_of("a")
    people = {ALICE: fresh_of([message(1, "a")]), BOB: fresh_of([message(1, "a")], first_sequence=2)}
    assert ledger.count(people, behind=0).holes == 1


def test_call_that_overlaps_an_outage_may_fail():
    ledger = Ledger()
    before = ledger.outages_over
    assert not ledger.was_away_since(before)
    ledger.begin_outage()
    during = ledger.outages_over
    assert ledger.was_away_since(before)
    assert ledger.was_away_since(during)
    ledger.end_outage()
    assert ledger.was_away_since(before)
    assert ledger.was_away_since(during)
    assert not ledger.was_away_since(ledger.outages_over)
