"""Reports to the operators

Here the reporter, the reported person or the server cheats. The operators open reports by `manage.py open_reports`,
whose words are quoted too.
"""

import base64
import json
import secrets

import pytest
from playwright.sync_api import expect

from tests.attacks.acquaintance import meet
from tests.attacks.row import attack
from tests.browser.reporting import opened_reports, write_report_key
from tests.browser.site import REPORTS
from tests.browser.test_reports import dialog_of, send
from tests.reference import hpke
from tests.reference.reports import key_number
from tests.reference.suite1 import lp, message_hash

SECOND = {"v": 2, "reply": None, "replaces": None, "expires": None, "else": ""}
REPORT_KEY = base64.b64encode(bytes.fromhex(REPORTS["report_key"])).decode()


@pytest.fixture
def operators(site, tmp_path):
    """Returns the text of each report of one person, as the operators read it."""
    key_file = write_report_key(tmp_path / "report.pem")
    return lambda reporter: [
        report for report in opened_reports(site.servers[0], key_file) if f": {reporter.email} on " in report
    ]


@pytest.fixture
def office(mallory):
    return mallory.office


@pytest.fixture
def alice(guests):
    return guests.visitor("alice").register()


@pytest.fixture
def bob(office):
    return office.make_account("Bob")


def write(office, sender, reader, body: str, **members: object) -> tuple[dict, bytes]:
    """Send a text of version 2. Returns the message object and the untagged JSON."""
    public_key = office.public_key(reader)
    sealed = sender.seal(reader.email, public_key, body, **(SECOND | {"salt": secrets.token_hex(16)} | members))
    return office.send(sender, sealed.message), sealed.untagged_json


def claim(message: dict, untagged: bytes) -> bytes:
    """What a report holds of a message."""
    stamp = base64.b64decode(message["stamp"])
    return lp(str(message["id"]).encode(), message["created_at"].encode(), stamp, untagged)


def put_in_mouth(untagged: bytes, **members: object) -> bytes:
    return json.dumps(json.loads(untagged) | members, separators=(",", ":"), ensure_ascii=False).encode()


def report(office, reporter, reported, *claims: bytes) -> None:
    """As a client of the reporter's own sends it."""
    whole = lp(b"VibeChat report 1", b"", *claims)
    padded = len(whole).to_bytes(4, "big") + whole
    padded += bytes(-len(padded) % 4096)
    info = lp(b"VibeChat report", reporter.email.encode(), reported.email.encode())
    point, ephemeral = bytes.fromhex(REPORTS["report_key"]), hpke.derive_private_key(secrets.token_bytes(32))
    sealed = hpke.seal(ephemeral, point, hpke.Parameters(b"", b"", info, hpke.MODE_BASE), padded)
    post(office, reporter, reported.email, sealed).raise_for_status()


def post(office, reporter, reported: str, sealed: bytes):
    body = {"reported_email": reported, "key": REPORT_KEY, "sealed": base64.b64encode(sealed).decode()}
    return office.act_as(reporter).post("/reports", json=body)


def are_told(row, report: str, number: int, count: int = 1) -> None:
    """The operators read the row's text with this index, that often."""
    assert report.count(row.words[number]) == count, report
    row.found.add(row.words[number])


def open_report(person, other):
    person.page.get_by_role("button", name="Chat details").click()
    person.page.locator("#details-report").click()
    expect(dialog_of(person)).to_be_visible()
    return dialog_of(person)


@attack(
    "A false reporter",
    done="Bob's client reports messages as Alice's that she has not sent to him: one that was never sent, under a "
    "stamp made up or under that of another one; hers with other words, at another time, under another number; "
    "her message to Carol, who helps him; Carol's message to him; and his own to Alice",
    sees="The operators: “FALSE: the proof is not of this message on this server” for each, and “PROVEN: the reported "
    "account sent exactly this, and this server accepted it” for the one that she has sent",
    when="when they open the report",
)
def test_false_reporter(row, office, bob, operators):
    alice, carol = office.make_account("Alice"), office.make_account("Carol")
    message, untagged = write(office, alice, bob, "See you tomorrow")
    threat = put_in_mouth(untagged, body="I will find you", salt=secrets.token_hex(16))
    to_carol, said_to_carol = write(office, alice, carol, "I will find Bob")
    of_carol, said_by_carol = write(office, carol, bob, "I will find you")
    own, said = write(office, bob, alice, "I will find you")
    stamp = base64.b64encode(secrets.token_bytes(32)).decode()
    false = [
        claim(message | {"stamp": stamp}, threat),
        claim(message, threat),
        claim(message, put_in_mouth(untagged, body="I will find you")),
        claim(message | {"created_at": "2026-01-01T00:00:00Z"}, untagged),
        claim(message | {"id": message["id"] + 1}, untagged),
        claim(to_carol, said_to_carol),
        claim(to_carol, put_in_mouth(said_to_carol, to=bob.email)),
        claim(of_carol, said_by_carol),
        claim(of_carol, put_in_mouth(said_by_carol, **{"from": alice.email})),
        claim(own, said),
        claim(own, put_in_mouth(said, **{"from": alice.email, "to": bob.email})),
    ]
    report(office, bob, alice, *false)
    report(office, bob, alice, claim(message, untagged))
    first, second = operators(bob)
    are_told(row, first, 0, len(false))
    assert "PROVEN" not in first
    are_told(row, second, 1)


@attack(
    "A message that nothing proves",
    done="Bob's client threatens Alice in a message without a franking tag, which she reports",
    sees="Alice: “Can't be proven” beside it. The operators: “NOT PROVEN: the message came without a proof; the "
    "reporter alone says so”",
    when="when she reports it",
)
def test_no_tag(row, office, alice, bob, operators):
    meet(alice, bob)
    office.write(bob, alice, "I will find you")
    alice.expect_message("I will find you")
    row.is_shown(open_report(alice, bob), 0)
    send(alice)
    (shown,) = operators(alice)
    are_told(row, shown, 1)
    assert "I will find you" in shown


@attack(
    "Stamps that are none",
    done="The server gives Alice other bytes as the stamp of a message of Bob's, which she reports",
    sees="The operators, if they are others than who made that server: “FALSE: the proof is not of this message on "
    "this server”. Alice sees nothing of it",
    when="when they open the report",
)
def test_false_stamp(row, office, mallory, alice, bob, operators):
    meet(alice, bob)
    stamp = base64.b64encode(secrets.token_bytes(32)).decode()
    mallory.change(alice, lambda _, event: event | ({"message": event["message"] | {"stamp": stamp}}))
    write(office, bob, alice, "I will find you")
    alice.expect_message("I will find you")
    open_report(alice, bob)
    send(alice)
    (shown,) = operators(alice)
    are_told(row, shown, 0)


@attack(
    "A report given to other people",
    done="The server writes another person's address in the place of the reported one's",
    sees="The operators: “It cannot be opened: it is for another key, or damaged.”",
    when="when they open the report",
)
def test_moved_report(row, office, site, bob, operators):
    alice, carol = office.make_account("Alice"), office.make_account("Carol")
    report(office, bob, alice, claim(*write(office, alice, bob, "I will find you")))
    assert "PROVEN" in operators(bob)[0]
    site.execute("UPDATE reports SET reported_email = ? WHERE reported_email = ?", carol.email, alice.email)
    (shown,) = operators(bob)
    are_told(row, shown, 0)
    assert "I will find you" not in shown


@attack(
    "Another report key",
    done="Alice has looked at the dialog before. Now the server names a key of its own, so that it can read what she "
    "reports",
    sees="Alice: “The report key is not the one that this browser knows. They may have made a new one. Or somebody "
    "else wants to read your report. Ask them before you send it.”, with the number of the key",
    when="before she sends it",
)
def test_another_report_key(row, mallory, alice, bob):
    meet(alice, bob)
    dialog = open_report(alice, bob)
    expect(dialog.locator(".warning")).to_have_count(0)
    dialog.get_by_role("button", name="Cancel").click()
    own = name_report_key(mallory, alice)
    for _ in range(2):
        dialog = open_report(alice, bob)
        row.is_shown(dialog)
        expect(dialog.get_by_text(own)).to_be_visible()
        dialog.get_by_role("button", name="Cancel").click()
        alice.page.reload()
        alice.open_chat(bob)


@attack(
    "Another report key from the first time on",
    done="The server has always named a report key of its own to Alice",
    sees="Alice: under “Who can open this report?” the number of that key, which is not the one that the operators "
    "tell her",
    when="late or never: when she asks the operators for the number, and not through the server",
    open="reading reports by a report key of the server's own",
)
def test_first_report_key(row, mallory, alice, bob):
    meet(alice, bob)
    own = name_report_key(mallory, alice)
    dialog = open_report(alice, bob)
    row.is_shown(dialog)
    dialog.get_by_text(row.words[0]).click()
    expect(dialog.get_by_text(own)).to_be_visible()
    expect(dialog).not_to_contain_text(REPORTS["report_key_number"])


def name_report_key(mallory, reader) -> str:
    """The server names a key of its own. Returns the number of that key."""
    point = hpke.point_of(hpke.derive_private_key(secrets.token_bytes(32)))
    mallory.change_answer(reader, "GET /reports/key", lambda _: {"key": base64.b64encode(point).decode()})
    return key_number(point)


@attack(
    "A flood of reports",
    done="Alice's account sends 50 reports of random bytes, and one more",
    sees="Alice: “You have reported so often that this server takes no more of yours for now.” The operators: “It "
    "cannot be opened: it is for another key, or damaged.”, a line for each, and what others report",
    when="at the 51st",
)
def test_flood_of_reports(row, office, alice, bob, operators):
    meet(alice, bob)
    for _ in range(50):
        post(office, alice, f"{secrets.token_hex(8)}@example.org", secrets.token_bytes(4096 + 81)).raise_for_status()
    dialog = open_report(alice, bob)
    dialog.get_by_role("button", name="Send report").click()
    row.is_shown(dialog, 0)
    report(office, bob, alice)
    assert len(operators(bob)) == 1
    shown = operators(alice)
    assert len(shown) == 50
    are_told(row, "".join(shown), 1, 50)


@attack(
    "A threat that is deleted after it was read",
    done="Bob's client threatens Alice and deletes the message for both",
    sees="Alice: “This message was deleted.”, and in the report “There is no message here to send along.” Who has kept"
    " the message with a client of their own can report it. The operators: “PROVEN: the reported account sent "
    "exactly this, and this server accepted it”",
    when="at once",
)
def test_deleted_threat(row, office, alice, bob, operators):
    meet(alice, bob)
    message, untagged = write(office, bob, alice, "I will find you")
    alice.expect_message("I will find you")
    content = json.loads(untagged)
    public_key = office.public_key(alice)
    named = json.dumps({"browser": content["browser"], "counter": content["counter"]}, separators=(",", ":"))
    opened = message_hash(untagged).hex()
    deletion = SECOND | {
        "salt": secrets.token_hex(16),
        "type": "nothing",
        "replaces": opened,
        "counter": 2,
        "previous": opened,
    }
    office.send(bob, bob.seal(alice.email, public_key, named, **deletion).message)
    office.act_as(bob).delete(f"/messages/{message['id']}", params={"for": "everyone"}).raise_for_status()
    row.is_shown(alice.log(), 0)
    row.is_shown(open_report(alice, bob), 1)
    report(office, alice, bob, claim(message, untagged))
    (shown,) = operators(alice)
    are_told(row, shown, 2)
