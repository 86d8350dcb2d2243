import base64
import secrets

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import LoginNetwork, Session, SpentRefreshToken, User
from conftest import Person
from contacts.models import Block, Contact
from files.models import File, FileUse
from keys.models import PublicKey
from messaging.mailboxes import Mailbox
from messaging.models import Clearing, Deletion, Message, SpentClientId
from messaging.reports.report import Report
from messaging.web_push.subscriptions import PushSubscription
from tests.support.vault_writer import Writer
from vault.models import BrowserList, Invitation, Passkey, Stream, StreamSegment, VaultVersion

PATH = "/api/auth/me/data"
# By kind: columns that are not shown, or shown with another name or value, and why.
OTHERWISE = {
    "account": {"password": "as password_hash, and never its value"},
    "sessions": {"user": "oneself"},
    "login_networks": {"user": "oneself"},
    "spent_refresh_tokens": {},
    "operator_actions": {"user": "oneself"},
    "public_keys": {"user": "oneself", "public_key_pem": "as public_key"},
    "contacts": {"user": "oneself", "contact": "as email and display_name"},
    "blocks": {"user": "oneself", "blocked": "as email and display_name"},
    "files": {"owner": "as direction", "recipient": "as direction"},
    "file_use": {"user": "oneself"},
    "messages": {
        "sender": "as sender_email",
        "recipient": "as recipient_email",
        "ciphertext": "as ciphertext_bytes",
        "nonce": "12 random bytes",
        "salt": "random bytes",
        "sender_sequence": "as sequence, where it is one's own",
        "recipient_sequence": "as sequence, where it is one's own",
        "sender_cleared": "as is_cleared, where it is one's own",
        "recipient_cleared": "as is_cleared, where it is one's own",
    },
    "mailbox": {"user": "oneself"},
    "clearings": {"user": "oneself"},
    "deletions": {"user": "oneself"},
    "push_subscriptions": {"user": "oneself", "p256dh": "the browser's", "auth": "random bytes"},
    "reports": {"reporter": "oneself", "key": "the operators'", "sealed": "as sealed_bytes"},
    "spent_client_ids": {"sender": "oneself"},
    "vault_versions": {"user": "oneself", "blob": "as size", "boxes": "as size"},
    "browser_lists": {"user": "oneself", "raw": "as browsers"},
    "streams": {"user": "oneself"},
    "stream_segments": {"blob": "as size"},
    "passkeys": {"user": "oneself"},
    "browser_invitations": {"user": "oneself", "messages": "as steps"},
}
MODELS = {
    "account": User,
    "sessions": Session,
    "login_networks": LoginNetwork,
    "spent_refresh_tokens": SpentRefreshToken,
    "operator_actions": LogEntry,
    "public_keys": PublicKey,
    "contacts": Contact,
    "blocks": Block,
    "files": File,
    "file_use": FileUse,
    "messages": Message,
    "mailbox": Mailbox,
    "clearings": Clearing,
    "deletions": Deletion,
    "push_subscriptions": PushSubscription,
    "reports": Report,
    "spent_client_ids": SpentClientId,
    "vault_versions": VaultVersion,
    "browser_lists": BrowserList,
    "streams": Stream,
    "stream_segments": StreamSegment,
    "passkeys": Passkey,
    "browser_invitations": Invitation,
}


def data(person, **query) -> dict:
    answer = person.get(PATH, **query)
    assert answer.status_code == 200, answer.json()
    return {kind["name"]: kind for kind in answer.json()["kinds"]}


def rows(person, kind) -> list:
    return data(person)[kind]["results"]


@pytest.fixture
def busy(alice, bob, mallory):
    """Alice and Bob have at least one row of every kind each."""
    for person, other in ((alice, bob), (bob, mallory)):
        writer = Writer(person)
        writer.first()
        writer.segment()
        person.post("/api/invitations", {"route": secrets.token_hex(16)})
        number = secrets.token_bytes(16)
        Passkey.objects.create(user=person.user, credential_id=number, public_key=b"k", sign_count=0)
        person.client.post("/api/auth/refresh", {"refresh": person.tokens["refresh"]})
        LoginNetwork.objects.remember(person.user, "n" * 64)
        person.post("/api/contacts/add", {"email": other.email})
        Block.objects.create(user=person.user, blocked=Person(f"pest-of-{person.user.pk}").user)
        person.post("/api/files", {"recipient_email": other.email, "size": 1000})
        person.send(other)
        person.send(mallory if other is bob else alice)
        person.delete(f"/api/messages/{person.send(other)['id']}?for=everyone")
        other.delete(f"/api/messages/conversation/{person.email}")
        person.delete(f"/api/messages/conversation/{other.email}")
        PushSubscription.objects.subscribe(
            person.session, f"https://push.example.org/{person.user.pk}", auth="", p256dh=""
        )
        Report.objects.create(reporter=person.user, reported_email=other.email, sealed=b"sealed")
        LogEntry.objects.create(user=person.user, action_flag=2, object_id="1", object_repr="x")
    bob.send(mallory)
    mallory.send(bob)
    return alice


def test_it_works(busy, bob):
    kinds = data(busy)
    assert list(kinds) == list(MODELS)
    assert all(kind["results"] and kind["title"] and kind["reason"].endswith(".") for kind in kinds.values())
    assert {name: kind["count"] for name, kind in kinds.items()} == {
        name: len(kind["results"]) for name, kind in kinds.items()
    }
    elsewhere = busy.get(PATH).json()["elsewhere"]
    assert all(words["place"] and words["kept"] and words["reason"] for words in elsewhere)


def test_every_column_is_shown_or_has_a_reason(busy):
    for name, kind in data(busy).items():
        columns = {field.name for field in MODELS[name]._meta.concrete_fields}
        assert columns - set(kind["results"][0]) == set(OTHERWISE[name]), name


def test_every_value_is_plain(busy):
    """The page shows each in a cell, and refuses what is none."""
    for name, kind in data(busy).items():
        for row in kind["results"]:
            assert all(value is None or isinstance(value, (str, int, float)) for value in row.values()), (name, row)


def test_every_table_that_references_a_person_has_a_kind():
    personal = {relation.related_model for relation in User._meta.related_objects if relation.related_model}
    through = {User.groups.through, User.user_permissions.through}  # there are no groups here
    assert personal - through | {User, SpentRefreshToken, StreamSegment} == set(MODELS.values())


def test_only_own_rows_are_shown(busy, bob, mallory):
    for name, kind in data(busy).items():
        theirs = {str(row.get("id", row)) for person in (bob, mallory) for row in rows(person, name)}
        shared = {"messages", "files"}  # data of both people
        assert name in shared or theirs.isdisjoint(str(row.get("id", row)) for row in kind["results"]), name
    assert {email for row in rows(busy, "messages") for email in (row["sender_email"], row["recipient_email"])} >= {
        busy.email
    }
    assert all(busy.email in (row["sender_email"], row["recipient_email"]) for row in rows(busy, "messages"))


def test_hashes_and_ciphertexts_are_not_shown(busy, bob):
    sent = bob.send(busy, ciphertext=base64.b64encode(b"\xfe" * 100).decode())
    text = busy.get(PATH).content.decode()
    busy.user.refresh_from_db()
    assert busy.user.password not in text
    assert sent["ciphertext"] not in text
    assert busy.tokens["access"] not in text


@pytest.mark.parametrize("size", [16, 17, 18, 100, 65536])
def test_message_size_is_that_of_its_bytes(alice, bob, size):
    alice.send(bob, ciphertext=base64.b64encode(b"\xfe" * size).decode())
    assert rows(bob, "messages")[0]["ciphertext_bytes"] == size


def test_each_person_sees_their_own_part_of_a_message(alice, bob):
    alice.send(bob)
    bob.send(alice)
    alice.delete(f"/api/messages/conversation/{bob.email}")
    hers, his = rows(alice, "messages"), rows(bob, "messages")
    assert [(row["direction"], row["is_cleared"], row["sequence"]) for row in hers] == [
        ("received", True, 2),
        ("sent", True, 1),
    ]
    assert [(row["direction"], row["is_cleared"]) for row in his] == [("sent", False), ("received", False)]
    assert rows(alice, "clearings")[0]["email"] == bob.email


def test_current_session_is_marked(alice):
    other = Session.objects.begin(alice.user)
    marked = {row["id"]: row["is_this_one"] for row in rows(alice, "sessions")}
    assert marked == {str(alice.session.pk): True, str(other.pk): False}


@pytest.mark.parametrize("kind", ["messages", "sessions", "spent_client_ids", "public_keys", "clearings"])
def test_pages_list_each_row_once_newest_first(kind, alice, bob):
    for number in range(5):
        (alice.send(bob) if number % 2 else bob.send(alice))
        Session.objects.begin(alice.user)
        alice.upload_key()
        SpentClientId.objects.create(sender=alice.user, client_id=f"00000000-0000-0000-0000-{number:012}")
        Clearing.objects.create(user=alice.user, email=f"{number}@example.org", sequence=number)
    whole = rows(alice, kind)
    assert len(whole) in (5, 6)
    page, seen = data(alice, page_size=2)[kind], []
    while True:
        seen += page["results"]
        assert len(page["results"]) <= 2
        if page["next"] is None:
            break
        assert page["next"].startswith(f"http://testserver{PATH}?")
        answer = alice.client.get(page["next"]).json()["kinds"]
        assert [(one["name"], one["count"]) for one in answer] == [(kind, None)]
        page = answer[0]
    assert seen == whole


@pytest.mark.parametrize("size", ["0", "201", "-1", "x", ""])
def test_page_size_outside_1_to_200_is_400(alice, size):
    assert alice.get(PATH, page_size=size).json()["fields"]["page_size"]


@pytest.mark.parametrize("query", [{"kind": "users"}, {"kind": ""}, {"before": 5}])
def test_unknown_kind_is_400(alice, query):
    answer = alice.get(PATH, **query)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["kind"])


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("before", [0, 2**63 - 1])
def test_any_valid_position_is_answered(alice, kind, before):
    assert list(data(alice, kind=kind, before=before)) == [kind]


@pytest.mark.parametrize("before", ["-1", "x", str(2**63), "٣"])
def test_tampered_position_is_400(alice, before):
    assert alice.get(PATH, kind="messages", before=before).status_code == 400


def test_stranger_gets_401(alice, anonymous):
    assert anonymous.get(PATH).status_code == 401
    alice.session.end()
    assert alice.get(PATH).status_code == 401


def test_query_count_is_equal_for_2_and_20_rows(alice, bob):
    counts = []
    for number in (2, 18):
        for _ in range(number):
            alice.send(bob)
            Session.objects.begin(alice.user)
            LogEntry.objects.create(
                user=alice.user, action_flag=2, object_id="1", object_repr="x", action_time=timezone.now()
            )
        with CaptureQueriesContext(connection) as captured:
            data(alice)
        counts.append(len(captured))
        assert not [query for query in captured if "ciphertext" in query["sql"] and "REPLACE" not in query["sql"]]
    assert counts[0] == counts[1]
