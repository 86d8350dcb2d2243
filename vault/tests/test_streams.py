import base64
import json
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging.mailboxes import Mailbox
from messaging.tests.test_concurrency import together
from tests.support.vault_writer import Browser, b64
from vault.models import Stream, StreamSegment

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/streams"


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def writer(writer):
    writer.first()
    return writer


def stored(person) -> int:
    return Mailbox.objects.get(user=person.user).stored_bytes


def test_it_works(writer, alice):
    assert alice.get(PATH).json() == {"results": []}
    path, body, hashes = writer.segment_body(1)
    answer = alice.put(path, body)
    assert answer.status_code == 201
    (stream,) = alice.get(PATH).json()["results"]
    assert answer.json() == stream
    assert stream == {
        "browser": writer.browser.id,
        "kind": "archive",
        "count": 1,
        "revision": 1,
        "by": writer.browser.id,
        "signature": body["signature"],
        "hashes": [hashes[0].hex()],
    }
    segment = {"number": 1, "blob": body["blob"], "hash": hashes[0].hex()}
    assert alice.get(path).json() == segment
    assert alice.get(path.rpartition("/")[0]).json() == {"results": [segment]}


def test_tables_have_only_these_columns():
    def columns(model):
        return {field.attname for field in model._meta.concrete_fields}

    assert columns(Stream) == {"id", "user_id", "browser", "kind", "revision", "by", "signature", "updated_at"}
    assert columns(StreamSegment) == {"id", "stream_id", "number", "blob", "hash", "size"}


def test_segments_are_appended_and_replaced(writer, alice):
    hashes = writer.segment()
    hashes = writer.segment(2, hashes, revision=2)
    hashes = writer.segment(1, hashes, revision=3)
    (stream,) = alice.get(PATH).json()["results"]
    assert (stream["count"], stream["revision"]) == (2, 3)
    assert stream["hashes"] == [hashed.hex() for hashed in hashes]


def test_any_own_browser_replaces_a_segment(writer, alice):
    other = Browser()
    alice.put("/api/browsers", {"browsers": writer.list(2, [writer.browser, other])})
    hashes = writer.segment(of=other, by=other)
    alice.put("/api/browsers", {"browsers": writer.list(3)})
    writer.segment(1, hashes, revision=2, of=other)
    refused = writer.segment_body(1, hashes, revision=3, of=other, by=other)
    assert code_of(alice.put(*refused[:2])) == (403, "signature_refused")


def test_streams_are_the_owners_alone(writer, bob):
    writer.segment()
    base = f"{PATH}/{writer.browser.id}/archive"
    assert bob.get(PATH).json() == {"results": []}
    for path in (base, f"{base}/1"):
        assert code_of(bob.get(path)) == (404, "no_stream")


@pytest.mark.parametrize("number", ["0", "4294967296", "999999999999999999", "x"])
def test_number_that_no_segment_can_have_is_not_found(writer, alice, number):
    path, body, _ = writer.segment_body(1)
    path = f"{path.rpartition('/')[0]}/{number}"
    assert code_of(alice.put(path, body)) == code_of(alice.get(path)) == (404, "no_stream")


@pytest.mark.parametrize(("number", "revision"), [(2, 1), (1, 1), (3, 2), (2, 3), (2, 4)])
def test_write_that_does_not_follow_is_refused(writer, alice, number, revision):
    hashes = writer.segment()
    path, body, _ = writer.segment_body(number, hashes, revision=revision)
    assert code_of(alice.put(path, body)) == (409, "stream_changed")
    assert StreamSegment.objects.count() == 1


def test_repeat_of_the_last_write_changes_nothing(writer, alice, pushed):
    path, body, _ = writer.segment_body(1)
    assert [alice.put(path, body).status_code for _ in range(2)] == [201, 200]
    assert len(pushed) == 1


def test_write_is_pushed_to_own_sockets(writer, alice, pushed):
    writer.segment()
    push = {"type": "stream_changed", "browser": writer.browser.id, "kind": "archive", "revision": 1}
    assert pushed == [(alice.user.pk, json.dumps(push))]


def test_signature_covers_stream_revision_and_segments(writer, alice):
    path, body, _ = writer.segment_body(1)
    wrong = [
        writer.segment_body(1, kind="states")[1]["signature"],
        writer.segment_body(1, revision=2)[1]["signature"],
        writer.segment_body(1)[1]["signature"],
        writer.segment_body(1, by=Browser())[1]["signature"],
    ]
    for signature in wrong:
        assert code_of(alice.put(path, body | {"signature": signature})) == (403, "signature_refused")


def test_browsers_outside_the_list_write_and_begin_nothing(writer, alice):
    stranger = Browser()
    for more in ({"by": stranger}, {"of": stranger}, {"of": stranger, "by": stranger}):
        assert code_of(alice.put(*writer.segment_body(1, **more)[:2])) == (403, "signature_refused")


@pytest.mark.parametrize(
    ("kind", "length", "code"),
    [
        ("archive", 40 + 1024, "invalid_blob"),
        ("archive", 40 + 65_537, "invalid_blob"),
        ("states", 40 + 257 * 1024, "invalid_blob"),
        ("states", 40, "invalid_length"),
    ],
)
def test_segment_has_a_padded_length(writer, alice, kind, length, code):
    path, body, _ = writer.segment_body(1, kind=kind, blob=b"\1" + b"x" * (length - 1))
    answer = alice.put(path, body)
    expected = (400, code) if length <= 40 + 4 * 65_536 else (413, "too_large")
    found = answer.json()["fields"]["blob"][0]["code"] if answer.status_code == 400 else answer.json()["code"]
    assert (answer.status_code, found) == expected


def test_largest_segment_is_accepted_and_one_byte_more_is_413(writer, alice):
    largest = b"\1" + b"x" * (39 + 4 * 65_536)
    writer.segment(blob=largest)
    path, body, _ = writer.segment_body(1, blob=largest + b"x")
    assert code_of(alice.put(path, body)) == (413, "too_large")


@pytest.mark.parametrize(
    "place", ["{}/archive/0", "{}/archive/x", "{}/another/1", "x/archive/1", "{}/states%0a/1", "{}/archive/" + "9" * 30]
)
def test_other_places_are_404(writer, alice, place):
    _, body, _ = writer.segment_body(1)
    path = f"{PATH}/{place.format(writer.browser.id)}"
    assert alice.put(path, body).status_code == 404
    assert alice.get(path).status_code == 404


def test_states_are_one_segment(writer, alice):
    hashes = writer.segment(kind="states")
    path, body, _ = writer.segment_body(2, hashes, revision=2, kind="states")
    assert code_of(alice.put(path, body)) == (409, "too_many_segments")
    writer.segment(1, hashes, revision=2, kind="states")


def test_number_of_streams_is_bounded(writer, alice, monkeypatch):
    monkeypatch.setattr("vault.streams.MOST_STREAMS", 1)
    writer.segment()
    path, body, _ = writer.segment_body(1, kind="states")
    assert code_of(alice.put(path, body)) == (409, "too_many_streams")


def test_segments_come_eight_at_a_time(writer, alice):
    hashes = []
    for number in range(1, 11):
        hashes = writer.segment(number, hashes, revision=number)
    path = f"{PATH}/{writer.browser.id}/archive"
    assert [row["number"] for row in alice.get(path).json()["results"]] == list(range(1, 9))
    page = alice.client.get(f"{path}?from=9").json()
    assert [row["number"] for row in page["results"]] == [9, 10]
    assert alice.client.get(f"{path}?from=x").status_code == 400


def test_bytes_are_charged_and_credited(writer, alice, settings):
    before = stored(alice)
    hashes = writer.segment()
    assert stored(alice) - before == 1024 + 40 + 65_536
    writer.segment(1, hashes, revision=2)
    assert stored(alice) - before == 1024 + 40 + 65_536
    settings.ACCOUNT_STORAGE_BYTES = stored(alice)
    path, body, _ = writer.segment_body(1, kind="states")
    answer = alice.put(path, body)
    assert code_of(answer) == (409, "storage_full")
    assert answer.json()["used"] == answer.json()["allowed"] == stored(alice)
    assert alice.delete("/api/vault").status_code == 204
    assert not Stream.objects.exists()
    assert not StreamSegment.objects.exists()
    assert stored(alice) < before


def test_number_of_queries_does_not_grow(writer, alice):
    counts, hashes = [], []
    for number in range(1, 4):
        hashes = writer.segment(number, hashes, revision=number)
        with CaptureQueriesContext(connection) as queries:
            alice.get(PATH)
            alice.get(f"{PATH}/{writer.browser.id}/archive")
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_deletion_of_the_account_deletes_its_streams(writer, alice):
    writer.segment()
    assert alice.delete("/api/auth/me", {"password": "correct horse battery"}).status_code == 204
    assert not StreamSegment.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_of_several_writers_of_one_revision_one_is_stored(writer, alice):
    hashes = writer.segment()
    bodies = [writer.segment_body(2, hashes, revision=2) for _ in range(4)]
    answers = together(*(partial(alice.put, path, body) for path, body, _ in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert StreamSegment.objects.count() == 2


def test_blobs_are_not_changed(writer, alice):
    blob = b"\1" + bytes(range(256)) * 4 + bytes(39)
    path, body, _ = writer.segment_body(1, kind="states", blob=blob)
    assert alice.put(path, body).status_code == 201
    assert base64.b64decode(alice.get(path).json()["blob"]) == blob
    assert alice.get(path).json()["blob"] == b64(blob)
