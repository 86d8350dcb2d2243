"""Messages that are withheld, put into another order or cut off"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.attacks.impostor import Impostor
from tests.attacks.mallory import Held
from tests.attacks.relay import Answer
from tests.attacks.row import attack
from tests.attacks.words import OTHER_BROWSER, of
from tools.browser.person import Person

BEFORE = "messages of before this browser"
ONE = "“1 message from Alice has not arrived”"


def stand_in_order(person, *texts: str) -> None:
    """Check that these messages and lines are in the log in this order."""
    for text in texts:
        expect(person.log()).to_contain_text(text, use_inner_text=True)
    shown = person.log().inner_text()
    places = [shown.find(text) for text in texts]
    assert places == sorted(places), shown


def withhold(mallory, sender, reader, *texts: str) -> Held:
    """Send these messages and hold them back from the reader until `let_go`."""
    held = mallory.hold_back(reader, sender)
    for text in texts:
        sender.send(text, "Sent")
    held.lose()
    return held


@attack(
    "Drop one",
    done="Of three messages of Alice's the second never comes",
    sees=f"Bob: {ONE} between the other two; when it comes after all, it stands there, marked “Arrived late”, and the "
    "line is gone",
    when="at the third",
)
def test_one(row, own_pair, mallory):
    alice, bob = own_pair
    alice.send("one of three")
    held = withhold(mallory, alice, bob, "two of three")
    alice.send("three of three", "Sent")
    row.is_shown(bob.log(), 0)
    stand_in_order(bob, "one of three", row.words[0], "three of three")
    held.let_go()
    row.is_shown(bob.message("two of three"), 1)
    expect(bob.log().get_by_text(row.words[0])).to_have_count(0)
    stand_in_order(bob, "one of three", "two of three", "three of three")


@attack(
    "Drop one behind a malformed one",
    done="The first of Alice's messages comes with lists in the place of texts, the second never",
    sees=f"Bob: {ONE}, and “This message could not be opened.” for the first",
    when="at the third",
)
def test_behind_a_malformed_one(row, strangers, mallory):
    alice, bob = strangers()
    alice.add(bob)
    mallory.change_each(bob, lambda message: message | {"sender_fingerprint": [], "salt": {}})
    alice.send("malformed one", "Sent")
    bob.open_chat(alice)
    bob.expect_message("This message could not be opened.")
    withhold(mallory, alice, bob, "malformed two")
    alice.send("malformed three", "Sent")
    row.is_shown(bob.log())
    bob.expect_message("malformed three")


@attack(
    "Drop one behind one that cannot be tried",
    done="Before Alice's second message is dropped, there comes one under a key for which the server has no answer but "
    "503",
    sees=f"Bob: {ONE}, although the other waits for its key",
    when="at the third",
)
def test_behind_one_without_a_key(row, friends, mallory):
    alice, bob = friends()
    unknown = Impostor(alice.email)
    busy = Answer({"code": "unavailable", "detail": "Later."}, 503)
    mallory.change_answer(bob, f"GET /keys/fingerprint/{unknown.fingerprint.hex()}", lambda _: busy)
    mallory.change_answer(bob, "GET /keys/email/", lambda _: busy)
    mallory.bring(bob, alice, unknown.seal(bob.email, mallory.office.public_key(bob), "waits").message)
    withhold(mallory, alice, bob, "never comes")
    alice.send("comes after", "Sent")
    bob.expect_message("comes after")
    row.is_shown(bob.log())


@attack(
    "Drop one before a skip",
    done="Of four messages of Alice's the second never comes, and the third was taken back: a skip fills its number",
    sees=f"Bob: {ONE} between the first and the fourth, also after a reload",
    when="at the skip",
)
def test_before_a_skip(row, guests, mallory):
    bob = guests.visitor("bob").register()
    alice = mallory.office.make_account("Alice")
    own = mallory.office.public_key(bob)
    first = alice.seal(bob.email, own, "the first")
    second = alice.seal(bob.email, own, "the second", counter=2, previous=first.message_hash.hex())
    third = {"type": "skip", "counter": 3, "previous": second.message_hash.hex()}
    taken_back = "ab" * 32
    fourth = alice.seal(bob.email, own, "the fourth", counter=4, previous=taken_back)
    for sealed in (first, alice.seal(bob.email, own, taken_back, **third), fourth):
        mallory.office.send(alice, sealed.message)
    bob.open_chat(alice)
    row.is_shown(bob.log())
    stand_in_order(bob, "the first", row.words[0], "the fourth")
    bob.page.reload()
    stand_in_order(bob, "the first", row.words[0], "the fourth")


@attack(
    "Drop the last",
    done="Alice's last message never comes",
    sees=f"Alice: “Sent”, and never more. Bob: {ONE} at the end of the chat",
    when="Alice: at once; Bob: when Alice's browser has acknowledged what he writes next, or at her next message",
    open="withheld messages",
)
def test_last(row, own_pair, mallory):
    alice, bob = own_pair
    held = withhold(mallory, alice, bob, "the last of all")
    row.is_shown(alice.message("the last of all"), 0)
    expect(alice.message("the last of all")).not_to_contain_text("Delivered")
    bob.send("Why don't you answer?")
    row.is_shown(bob.log(), 1)
    stand_in_order(bob, "Why don't you answer?", row.words[1])
    held.let_go()
    bob.expect_message("the last of all")
    expect(bob.log().get_by_text(row.words[1])).to_have_count(0)


@attack(
    "Drop a whole direction",
    done="Nothing that Alice's browser sends reaches Bob's, receipts included",
    sees="Alice: “Sent”. Bob: what he writes stays “Sent”, too, although she answers",
    when="for as long as it lasts; when it is over, all comes",
    open="withheld messages",
)
def test_direction(row, own_pair, mallory):
    alice, bob = own_pair
    held = mallory.hold_back(bob, alice)
    bob.send("Are you there?", "Sent")
    alice.expect_message("Are you there?")
    alice.send("I am here", "Sent")
    alice.page.wait_for_timeout(1500)
    row.is_shown(alice.message("I am here"))
    row.is_shown(bob.message("Are you there?"))
    expect(bob.message("Are you there?")).not_to_contain_text("Delivered")
    held.let_go()
    bob.expect_message("I am here")
    bob.expect_state("Are you there?", "Delivered", "Read")
    alice.expect_state("I am here", "Delivered", "Read")


@attack(
    "Withhold for an hour",
    done="A message of Alice's reaches Bob an hour later, as if it had been written then",
    sees="Bob: “Written at” and the time by Alice's clock, at the message",
    when="when it comes",
)
def test_hour(row, strangers, mallory):
    alice, bob = strangers(has_clock=True)
    alice.add(bob)
    alice.send("before the hour")
    bob.open_chat(alice)
    bob.expect_message("before the hour")
    held = withhold(mallory, alice, bob, "Come before three")
    bob.page.clock.fast_forward("01:00:00")
    an_hour_later = bob.page.evaluate("new Date().toISOString()")
    held.let_go(created_at=an_hour_later)
    row.is_shown(bob.message("Come before three"))


@attack(
    "Reorder",
    done="Of three messages of Alice's the third comes before the second",
    sees="Bob: the three as Alice wrote them, the second marked “Arrived late”",
)
def test_reordered(row, own_pair, mallory):
    alice, bob = own_pair
    held = mallory.hold_back(bob, alice)
    for text in ("step one", "step two", "step three"):
        alice.send(text, "Sent")
    held.let_go(0, 2, 1)
    row.is_shown(bob.message("step two"))
    bob.expect_message("step three")
    stand_in_order(bob, "step one", "step two", "step three")


@attack(
    "Move an answer behind another question",
    done="Bob's answer is held until Alice has asked something else",
    sees="Alice: at the answer “Written before everything above had arrived”",
)
def test_answer_moved(row, own_pair, mallory):
    alice, bob = own_pair
    alice.send("Shall we meet at eight?", "Read")
    bob.expect_message("Shall we meet at eight?")
    held = mallory.hold_back(alice, bob)
    bob.send("Yes, of course", "Sent")
    alice.send("Shall I send Carol the money?", "Sent")
    held.let_go()
    row.is_shown(alice.message("Yes, of course"))
    expect(alice.message("Shall I send Carol the money?")).not_to_contain_text("Written before")


@attack(
    "Give an answer a high id",
    done="Bob's answer comes at once, under an id far above all that follow, so that it belongs below Alice's next "
    "question",
    sees="Alice: “Yes, by all means”, above her next question, and without a mark",
)
def test_answer_with_a_high_id(row, friends, mallory):
    alice, bob = friends()
    alice.send("Shall we meet at nine?", "Read")
    mallory.change_each(alice, lambda message: message | {"id": 2**40})
    bob.send("Yes, by all means", "Sent")
    alice.expect_message("Yes, by all means")
    alice.send("Shall I send Carol the house?", "Read")
    for _ in range(2):
        stand_in_order(alice, "Shall we meet at nine?", "Yes, by all means", "Shall I send Carol the house?")
        row.is_shown(alice.message("Yes, by all means"))
        expect(alice.log()).not_to_contain_text("Written before")
        alice.page.reload()


@attack(
    "Truncate the history",
    done="Of a new chat the first two messages never come, nor are they on any page of it",
    sees="Bob: “2 messages from Alice have not arrived” above the first that he has",
    when="when he opens the chat",
)
def test_history(row, strangers, mallory):
    alice, bob = strangers()
    alice.add(bob)
    held = withhold(mallory, alice, bob, "the first", "the second")
    alice.send("the third", "Sent")
    bob.open_chat(alice)
    row.is_shown(bob.log())
    stand_in_order(bob, row.words[0], "the third")
    held.let_go()
    bob.expect_message("the second")
    expect(bob.log().get_by_text(row.words[0])).to_have_count(0)
    stand_in_order(bob, "the first", "the second", "the third")


@attack(
    "Call a message a receipt",
    done="The server tells of Alice's message as of a receipt (`message_type`), which is nothing to be shown",
    sees=f"Bob: {ONE}",
    when="when Alice's browser acknowledges what he writes next, or at her next message",
)
def test_relabelled(row, friends, mallory):
    alice, bob = friends()
    mallory.change_each(bob, lambda message: message | {"message_type": "receipt"})
    alice.send("not a receipt", "Sent")
    alice.send("after the false receipt", "Sent")
    row.is_shown(bob.log())
    stand_in_order(bob, row.words[0], "after the false receipt")


@pytest.fixture(scope="module")
def moving(town) -> Iterator[tuple[Person, Person]]:
    """Alice, and Bob, who goes on in another browser in each test. At its end Alice has accepted his new keys."""
    pair = town.friends()
    yield pair
    town.see_off(pair)


def go_on_elsewhere(guests, alice, bob):
    """Bob logs in in another browser, whose key becomes the account's key."""
    return go_on_in(guests.visitor("bob", account=bob), alice)


def go_on_in(later, alice):
    later.log_in()
    later.take_over()
    later.open_chat(alice)
    return later


def newest_alone(page: dict) -> dict:
    return page | {"results": page["results"][:1], "next": None}


@attack(
    "Truncate the history before a later browser",
    done="Bob goes on in another browser; of what Alice wrote before, the server shows that one the last message alone",
    sees=f"Bob: {of('Alice', OTHER_BROWSER)} in the place of that one, as it would stand in the place of each: no "
    "later browser can open them. Nothing of those that are left out",
    when="never",
    open=BEFORE,
)
def test_history_before_a_later_browser(row, moving, guests, mallory):
    alice, bob = moving
    alice.send("to the first browser")
    later = guests.visitor("bob", account=bob)
    mallory.change_answer(later, "GET /messages/conversation/", newest_alone)
    go_on_in(later, alice)
    row.is_shown(later.log())
    expect(later.log().get_by_role("article")).to_have_count(1)
    expect(later.log()).not_to_contain_text("not arrived")
    alice.type_and_send("to the later browser")
    alice.go_on_with_new_keys()
    later.expect_message("to the later browser")


@attack(
    "Drop the first to a later browser",
    done="Bob goes on in another browser; what Alice writes next never comes there, what she writes then does",
    sees="Bob: nothing. Alice: “Sent” at the first, and never more, although the second is “Read”",
    when="Alice: at once; Bob: never",
    open=BEFORE,
)
def test_first_to_a_later_browser(row, moving, guests, mallory):
    alice, bob = moving
    later = go_on_elsewhere(guests, alice, bob)
    later.add(alice)
    held = mallory.hold_back(later, alice)
    alice.type_and_send("The first never comes")
    alice.go_on_with_new_keys()
    alice.expect_state("The first never comes", "Sent")
    held.lose()
    alice.send("The second does", "Read")
    later.expect_message("The second does")
    row.is_shown(alice.message("The first never comes"), 0)
    expect(alice.message("The first never comes")).not_to_contain_text("Delivered")
    row.is_shown(alice.message("The second does"), 1)
    expect(later.log()).not_to_contain_text("not arrived")


@attack(
    "Drop the first to a later browser that has been answered",
    done="The same, when Bob has written from there, and Alice's browser has acknowledged it",
    sees=f"Bob: {ONE} before the second",
    when="at the second",
)
def test_first_to_an_answered_browser(row, moving, guests, mallory):
    alice, bob = moving
    later = go_on_elsewhere(guests, alice, bob)
    later.type_and_send("I am in another browser")
    alice.go_on_with_new_keys()
    later.expect_state("I am in another browser", "Delivered", "Read")
    held = withhold(mallory, alice, later, "the first to it")
    alice.send("the second to it")
    row.is_shown(later.log())
    stand_in_order(later, "I am in another browser", row.words[0], "the second to it")
    held.let_go()
    later.expect_message("the first to it")
    expect(later.log().get_by_text(row.words[0])).to_have_count(0)
    alice.expect_state("the first to it", "Read")


@attack(
    "Drop one to a later browser",
    done="Bob goes on in another browser; of three messages that Alice writes then, the second never comes",
    sees=f"Bob: {ONE} between the other two",
    when="at the third",
)
def test_one_to_a_later_browser(row, moving, guests, mallory):
    alice, bob = moving
    later = go_on_elsewhere(guests, alice, bob)
    alice.type_and_send("first of three")
    alice.go_on_with_new_keys()
    later.expect_message("first of three")
    held = withhold(mallory, alice, later, "second of three")
    alice.send("third of three")
    row.is_shown(later.log())
    stand_in_order(later, "first of three", row.words[0], "third of three")
    held.let_go()
    later.expect_message("second of three")
    expect(later.log().get_by_text(row.words[0])).to_have_count(0)
