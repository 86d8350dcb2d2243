import json
import os

import pytest

from conftest import envelope
from files.models import PART_BYTES
from files.tests.uploads import begin, fetch, on_disk, put_part, upload
from messaging.models import Message
from tests.support.whole_server import ask, assert_error

pytestmark = pytest.mark.django_db
SEALED = os.urandom(PART_BYTES + 5000)


@pytest.fixture
def sent(alice, bob):
    """The id of a file that Alice has sent to Bob."""
    id = upload(alice, bob, SEALED)
    alice.send(bob, files=[id])
    return id


def test_it_works(alice, bob, sent):
    for person in (alice, bob):
        answer = fetch(person, sent)
        assert answer.status == 200
        assert answer.body == SEALED
        assert answer.headers["content-length"] == str(len(SEALED))
        assert answer.headers["accept-ranges"] == "bytes"


def test_file_is_no_document(alice, sent):
    headers = fetch(alice, sent).headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"] == "attachment"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "sandbox" in policy.split("; ")
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=5-", 5, len(SEALED)),
        ("bytes=-7", len(SEALED) - 7, len(SEALED)),
        (f"bytes={PART_BYTES - 1}-{PART_BYTES}", PART_BYTES - 1, PART_BYTES + 1),
        (f"bytes={PART_BYTES}-{PART_BYTES + 9}", PART_BYTES, PART_BYTES + 10),
        (f"bytes=10-{10**14}", 10, len(SEALED)),
    ],
)
def test_range_is_206(alice, sent, header, start, end):
    answer = fetch(alice, sent, header)
    assert answer.status == 206
    assert answer.body == SEALED[start:end]
    assert answer.headers["content-length"] == str(end - start)
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(SEALED)}"


@pytest.mark.parametrize("header", [f"bytes={len(SEALED)}-", f"bytes={10**14}-", "bytes=-0"])
def test_range_behind_the_end_is_416(alice, sent, header):
    answer = fetch(alice, sent, header)
    assert answer.status == 416
    assert answer.headers["content-range"] == f"bytes */{len(SEALED)}"
    assert_error(answer)


@pytest.mark.parametrize(
    "header",
    ["bytes=", "bytes=-", "bytes=9-5", "chunks=0-5", "bytes=a-b", "bytes=0-1,3-4", f"bytes={10**20}-", "x" * 900],
)
def test_header_that_is_not_understood_gets_the_whole_file(alice, sent, header):
    answer = fetch(alice, sent, header)
    assert answer.status == 200
    assert answer.body == SEALED


# --- who -------------------------------------------------------------------------------------------------------------


def test_nobody_but_the_people_of_the_chat_gets_it(mallory, sent):
    for target in (sent, "0" * 32, "x", "parts"):
        answer = fetch(mallory, target)
        assert answer.status == 404
        assert_error(answer)
    assert mallory.get(f"/api/files/{sent}/parts").status_code == 404
    assert ask("GET", f"/api/files/{sent}").status == 401


def test_recipient_gets_nothing_before_a_message_names_it(alice, bob):
    id = upload(alice, bob)
    assert fetch(alice, id).status == 200
    assert fetch(bob, id).status == 404
    assert bob.get(f"/api/files/{id}/parts").status_code == 404


def test_only_the_owner_changes_an_upload(alice, bob, mallory):
    id = begin(alice, bob, 1000).json()["id"]
    for other in (bob, mallory):
        assert put_part(other, id, 0, os.urandom(1000)).status_code == 404
        assert other.post(f"/api/files/{id}/complete").status_code == 404
        assert other.delete(f"/api/files/{id}").status_code == 404
    assert on_disk() == []


def test_recipient_of_a_sent_file_cannot_give_it_up(bob, sent):
    assert bob.delete(f"/api/files/{sent}").status_code == 404


def test_owner_cannot_give_up_what_a_message_has(alice, sent):
    answer = alice.delete(f"/api/files/{sent}")
    assert answer.status_code == 409
    assert answer.json()["code"] == "file_sent"


def test_who_has_cleared_the_message_gets_it_no_more(alice, bob, sent):
    bob.delete(f"/api/messages/conversation/{alice.email}")
    assert fetch(bob, sent).status == 404
    assert fetch(alice, sent).status == 200


def test_who_has_blocked_the_sender_gets_nothing(alice, bob):
    bob.post("/api/blocks/add", {"email": alice.email})
    id = upload(alice, bob)
    assert alice.send(bob, files=[id])["files"] == [id]
    assert fetch(bob, id).status == 404
    assert fetch(alice, id).status == 200


def test_part_that_the_storage_has_lost_is_503(alice, sent, tmp_path):
    for path in (tmp_path / "f" / sent).iterdir():
        path.unlink()
    answer = fetch(alice, sent)
    assert answer.status == 503
    assert json.loads(answer.body)["code"] == "storage_away"


# --- the field of a message -------------------------------------------------------------------------------------------


def test_message_object_has_its_files_everywhere(alice, bob):
    ids = [upload(alice, bob), upload(alice, bob)]
    message = alice.send(bob, files=ids)
    assert message["files"] == ids
    assert alice.send(bob)["files"] == []
    assert bob.get("/api/messages/inbox").json()["results"][1] == message
    assert bob.sync()["events"][0]["message"] == message


def test_repeat_has_the_same_files(alice, bob):
    ids = [upload(alice, bob), upload(alice, bob)]
    body = envelope(bob, files=ids)
    first = alice.post("/api/messages/send", body)
    assert first.status_code == 201
    again = alice.post("/api/messages/send", body)
    assert (again.status_code, again.json()) == (200, first.json())
    for other in (ids[:1], ids[::-1], [], None):
        answer = alice.post("/api/messages/send", body | {"files": other})
        assert answer.status_code == 409
        assert answer.json()["code"] == "client_id_conflict"


def test_repeat_is_the_same_message_after_its_file_is_gone(alice, bob):
    body = envelope(bob, files=[upload(alice, bob)])
    message = alice.post("/api/messages/send", body).json()
    alice.delete(f"/api/messages/{message['id']}?for=everyone")
    assert alice.post("/api/messages/send", body).json()["code"] == "message_deleted"


def test_edit_may_name_the_same_file(alice, bob, sent):
    assert alice.send(bob, files=[sent])["files"] == [sent]


@pytest.mark.parametrize("whose", ["nobody's", "bob's for alice", "alice's for mallory", "not complete", "given up"])
def test_file_that_is_not_ones_own_complete_and_for_them_is_refused(alice, bob, mallory, whose):
    good = upload(alice, bob)
    if whose == "nobody's":
        id = "0" * 32
    elif whose == "bob's for alice":
        id = upload(bob, alice)
    elif whose == "alice's for mallory":
        id = upload(alice, mallory)
    else:
        id = begin(alice, bob, 1000).json()["id"] if whose == "not complete" else upload(alice, bob)
        alice.delete(f"/api/files/{id}") if whose == "given up" else None
    answer = alice.post("/api/messages/send", envelope(bob, files=[good, id]))
    assert answer.status_code == 409
    assert answer.json()["code"] == "file_not_found"
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "files",
    ["x", {}, [1], ["x"], ["A" * 32], ["0" * 31], ["0" * 33], ["0" * 32] * 2, [f"{n:032x}" for n in range(21)], [None]],
)
def test_files_out_of_form_are_400(alice, bob, files):
    answer = alice.post("/api/messages/send", envelope(bob, files=files))
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["files"]


def test_recipient_is_checked_before_the_files(alice, mallory):
    mallory.user.is_active = False
    mallory.user.save()
    answer = alice.post("/api/messages/send", envelope(mallory, files=["0" * 32]))
    assert answer.json()["code"] == "user_not_found"
