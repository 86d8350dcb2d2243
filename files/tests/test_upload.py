import os
import re
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from files.models import LEAST_BYTES, PART_BYTES, File, FilePart, FileUse, largest_sealed
from files.tests.uploads import begin, digest_header, fetch, on_disk, put_part, upload
from tests.support.whole_server import ask
from vibechat.core.exceptions import NotFound

pytestmark = pytest.mark.django_db
SEALED = os.urandom(PART_BYTES + 5000)


def test_it_works(alice, bob):
    answer = begin(alice, bob, len(SEALED))
    assert answer.status_code == 201
    file = answer.json()
    assert re.fullmatch("[0-9a-f]{32}", file["id"])
    assert file == {
        "id": file["id"],
        "size": len(SEALED),
        "part_size": PART_BYTES,
        "part_count": 2,
        "is_complete": False,
    }
    assert put_part(alice, file["id"], 1, SEALED[PART_BYTES:]).status_code == 204
    assert [part["number"] for part in alice.get(f"/api/files/{file['id']}/parts").json()["parts"]] == [1]
    assert put_part(alice, file["id"], 0, SEALED[:PART_BYTES]).status_code == 204
    complete = alice.post(f"/api/files/{file['id']}/complete")
    assert complete.json() == file | {"is_complete": True}
    parts = alice.get(f"/api/files/{file['id']}/parts").json()["parts"]
    assert [f"sha-256=:{part['sha256']}:" for part in parts] == [
        digest_header(SEALED[:PART_BYTES]),
        digest_header(SEALED[PART_BYTES:]),
    ]
    assert fetch(alice, file["id"]).body == SEALED


def test_ids_cannot_be_guessed(alice, bob):
    ids = {begin(alice, bob, 1000).json()["id"] for _ in range(20)}
    assert len(ids) == 20
    assert all(len({id[place] for id in ids}) > 3 for place in range(32))


@pytest.mark.parametrize("size", [0, LEAST_BYTES - 1, -1, "1000", 1.5, None, True, 2**53, 2**70])
def test_size_that_no_file_has_is_refused(alice, bob, size):
    answer = begin(alice, bob, size)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["size"]


def test_file_for_nobody_or_oneself_is_refused(alice, mallory):
    mallory.user.is_active = False
    mallory.user.save()
    assert begin(alice, mallory, 1000).json()["code"] == "user_not_found"
    answer = begin(alice, alice, 1000)
    assert answer.status_code == 400
    assert answer.json()["fields"]["recipient_email"][0]["code"] == "yourself"


def test_largest_file_fits_sealed_and_one_above_is_refused_with_the_limit(alice, bob, settings):
    settings.FILE_BYTES = 1_000_000
    length = 1024
    while length < settings.FILE_BYTES:  # docs/protocol.md §19
        length += length // 20
    assert 56 + length + 16 * (length // 16384 + 1) <= largest_sealed()
    answer = begin(alice, bob, largest_sealed() + 1)
    assert answer.status_code == 409
    assert {**answer.json(), "detail": ""} == {"code": "file_too_large", "detail": "", "allowed": 1_000_000}
    assert not File.objects.exists()


def test_person_may_keep_so_many_bytes(alice, bob, settings):
    settings.FILES_STORED_BYTES = 30_000
    first = begin(alice, bob, 10_000).json()["id"]
    answer = begin(alice, bob, 20_000)
    assert answer.status_code == 409
    assert {**answer.json(), "detail": ""} == {"code": "files_full", "detail": "", "left": 15_904, "allowed": 30_000}
    assert begin(bob, alice, 20_000).status_code == 201, "each person has a limit of their own"
    assert alice.delete(f"/api/files/{first}").status_code == 204
    assert begin(alice, bob, 20_000).status_code == 201


def test_person_may_upload_so_many_bytes_in_a_day(alice, bob, settings):
    settings.FILES_DAY_BYTES = 30_000
    first = begin(alice, bob, 20_000).json()["id"]
    alice.delete(f"/api/files/{first}")
    answer = begin(alice, bob, 10_001)
    assert answer.status_code == 409
    assert {**answer.json(), "detail": ""} == {
        "code": "files_day_full",
        "detail": "",
        "left": 10_000,
        "allowed": 30_000,
    }
    assert begin(alice, bob, 10_000).status_code == 201
    FileUse.objects.update(since=timezone.now() - timedelta(hours=24))
    assert begin(alice, bob, 10_001).status_code == 201


# --- parts -----------------------------------------------------------------------------------------------------------


def test_part_once_more_changes_nothing_and_other_bytes_replace_it(alice, bob):
    id = begin(alice, bob, 1000).json()["id"]
    old, new = os.urandom(1000), os.urandom(1000)
    for data in (old, old, new, new):
        assert put_part(alice, id, 0, data).status_code == 204
        assert len(on_disk()) == 2  # the folder and the part
    alice.post(f"/api/files/{id}/complete")
    assert fetch(alice, id).body == new
    assert put_part(alice, id, 0, new).status_code == 204
    assert put_part(alice, id, 0, old).json()["code"] == "file_complete"
    assert fetch(alice, id).body == new


@pytest.mark.parametrize("length", [0, 1, 999, 1001, 5000])
def test_part_of_another_length_is_refused(alice, bob, length):
    id = begin(alice, bob, 1000).json()["id"]
    answer = put_part(alice, id, 0, os.urandom(length))
    assert answer.status_code == 400
    assert answer.json()["fields"]["body"][0]["code"] == "wrong_bytes"
    assert [name for name in on_disk() if "/" in name] == []


@pytest.mark.parametrize(
    "digest",
    ["", "sha-256=:AAAA:", "sha-512=:AAAA:", "sha-256=" + "A" * 43 + "=", "sha-256=:" + "!" * 43 + "=:", "x" * 5000],
)
def test_part_without_a_digest_is_refused(alice, bob, digest):
    id = begin(alice, bob, 1000).json()["id"]
    answer = put_part(alice, id, 0, os.urandom(1000), digest)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["content_digest"]


def test_part_with_the_digest_of_other_bytes_is_refused(alice, bob):
    id = begin(alice, bob, 1000).json()["id"]
    answer = put_part(alice, id, 0, os.urandom(1000), digest_header(b"other"))
    assert answer.json()["fields"]["body"][0]["code"] == "wrong_bytes"
    assert not FilePart.objects.exists()


def test_digest_may_stand_beside_others(alice, bob):
    id, data = begin(alice, bob, 1000).json()["id"], os.urandom(1000)
    assert put_part(alice, id, 0, data, f"sha-512=:AAAA:, {digest_header(data)}").status_code == 204


@pytest.mark.parametrize("number", [1, 2, 10**9, "x", "-1"])
def test_part_that_the_file_does_not_have_is_404(alice, bob, number):
    id = begin(alice, bob, PART_BYTES).json()["id"]
    assert put_part(alice, id, number, b"x").status_code == 404


def test_part_that_is_no_bytes_is_415(alice, bob):
    id = begin(alice, bob, 1000).json()["id"]
    for content_type in ("application/json", "text/html", "multipart/form-data; boundary=x"):
        assert put_part(alice, id, 0, b"{}", content_type=content_type).status_code == 415


@pytest.mark.once
def test_body_may_have_the_length_of_a_part_and_no_more(alice, bob):
    data = os.urandom(PART_BYTES)
    id = begin(alice, bob, PART_BYTES).json()["id"]
    headers = [("Content-Digest", digest_header(data)), ("Content-Type", "application/octet-stream")]
    target = f"/api/files/{id}/parts/0"
    asked = {"token": alice.tokens["access"], "headers": headers, "content_type": None}
    assert ask("PUT", target, data + b"x", **asked).status == 413
    assert ask("PUT", target, data, **asked).status == 204
    assert ask("POST", "/api/files", data, **asked).status == 413


def test_file_with_a_missing_part_is_not_complete(alice, bob):
    id = begin(alice, bob, len(SEALED)).json()["id"]
    put_part(alice, id, 0, SEALED[:PART_BYTES])
    answer = alice.post(f"/api/files/{id}/complete")
    assert answer.status_code == 409
    assert {**answer.json(), "detail": ""} == {"code": "parts_missing", "detail": "", "missing": 1}
    assert fetch(alice, id).status == 404


def test_complete_once_more_changes_nothing(alice, bob):
    id = upload(alice, bob)
    at = File.objects.get().completed_at
    assert alice.post(f"/api/files/{id}/complete").status_code == 200
    assert File.objects.get().completed_at == at


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), PermissionError(), RuntimeError("of a bucket")]
)
def test_storage_that_takes_nothing_is_503_with_words(alice, bob, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    id = begin(alice, bob, 1000).json()["id"]
    monkeypatch.setattr(type(storages["files"]), "_save", fail)
    answer = put_part(alice, id, 0, os.urandom(1000))
    assert answer.status_code == 503
    assert answer.json()["code"] == "storage_away"
    assert "disk" in answer.json()["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert not FilePart.objects.exists()


def test_storage_of_objects_gets_the_same_bytes(alice, bob, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "files": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    id = upload(alice, bob, SEALED)
    assert fetch(alice, id).body == SEALED
    assert fetch(alice, id, f"bytes={PART_BYTES - 3}-{PART_BYTES + 2}").body == SEALED[PART_BYTES - 3 : PART_BYTES + 3]


def test_upload_that_is_given_up_meanwhile_cannot_be_completed(alice, bob):
    file_id = begin(alice, bob, 2000).json()["id"]
    put_part(alice, file_id, 0, bytes(2000))
    file = File.objects.get(pk=file_id)
    assert alice.delete(f"/api/files/{file_id}").status_code == 204
    with pytest.raises(NotFound):
        file.complete()


def test_account_that_is_deleted_meanwhile_begins_no_upload(alice, bob, monkeypatch):
    monkeypatch.setattr(FileUse.objects, "get_or_create", lambda user: None)  # found, and gone with the account
    assert begin(alice, bob, 2000).status_code == 401
