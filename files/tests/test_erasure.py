"""The bytes of a file leave the disk with the last message that names it."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils import timezone

from files.cleaning import clean_files
from files.models import File, FilePart
from files.tests.uploads import begin, fetch, on_disk, put_part, upload
from messaging.expiry import delete_expired
from messaging.models import Message

pytestmark = pytest.mark.django_db(transaction=True)
PAST = "2020-01-01T00:00:00Z"


def nothing_is_left():
    return on_disk() == [] and not File.objects.exists() and not FilePart.objects.exists()


@pytest.fixture
def sent(alice, bob):
    id = upload(alice, bob)
    return {"id": id, "message": alice.send(bob, files=[id])["id"]}


def test_deleted_for_everyone(alice, bob, sent):
    assert len(on_disk()) == 2
    alice.delete(f"/api/messages/{sent['message']}?for=everyone")
    assert nothing_is_left()
    for person in (alice, bob):
        assert fetch(person, sent["id"]).status == 404


@pytest.mark.parametrize("is_sender_first", [True, False])
def test_cleared_by_both(alice, bob, sent, is_sender_first):
    first, second = (alice, bob) if is_sender_first else (bob, alice)
    first.delete(f"/api/messages/conversation/{second.email}")
    assert len(on_disk()) == 2
    assert fetch(second, sent["id"]).status == 200
    second.delete(f"/api/messages/conversation/{first.email}")
    assert nothing_is_left()


def test_deleted_by_both_for_themselves(alice, bob, sent):
    alice.delete(f"/api/messages/{sent['message']}?for=me")
    assert len(on_disk()) == 2
    bob.delete(f"/api/messages/{sent['message']}?for=me")
    assert nothing_is_left()


def test_time_has_passed(alice, bob):
    alice.send(bob, files=[upload(alice, bob)], delete_after=PAST)
    assert delete_expired() == 1
    assert nothing_is_left()


def test_pruned(sent):
    Message.objects.update(created_at=timezone.now() - timedelta(days=400))
    call_command("prune_messages", "--older-than", "365", "--delete")
    assert nothing_is_left()


def test_accounts_are_deleted(alice, bob, sent):
    pending = begin(alice, bob, 1000).json()["id"]
    put_part(alice, pending, 0, b"x" * 1000)
    alice.user.delete()
    assert fetch(bob, sent["id"]).status == 200, "bob keeps what he received"
    assert File.objects.count() == 1
    bob.user.delete()
    assert nothing_is_left()


def test_account_whose_messages_nobody_keeps_is_deleted(alice, bob, sent):
    bob.delete(f"/api/messages/conversation/{alice.email}")
    alice.user.delete()
    assert nothing_is_left()


def test_blocked_senders_account_is_deleted(alice, bob):
    bob.post("/api/blocks/add", {"email": alice.email})
    alice.send(bob, files=[upload(alice, bob)])
    alice.user.delete()
    assert nothing_is_left()


def test_file_that_another_message_names_stays(alice, bob, sent):
    edit = alice.send(bob, files=[sent["id"]])
    alice.delete(f"/api/messages/{sent['message']}?for=everyone")
    assert fetch(bob, sent["id"]).status == 200
    alice.delete(f"/api/messages/{edit['id']}?for=everyone")
    assert nothing_is_left()


def test_upload_that_was_given_up(alice, bob):
    for id in (begin(alice, bob, 1000).json()["id"], upload(alice, bob)):
        put_part(alice, id, 0, b"x" * 1000)
        assert alice.delete(f"/api/files/{id}").status_code == 204
        assert alice.delete(f"/api/files/{id}").status_code == 404
    assert nothing_is_left()


def test_no_message_has_named_it_for_a_day(alice, bob, sent, capsys):
    for file in (upload(alice, bob), begin(alice, bob, 1000).json()["id"]):
        put_part(alice, file, 0, b"x" * 1000)
    assert clean_files() == 0
    File.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert clean_files() == 0
    File.objects.update(created_at=timezone.now() - timedelta(hours=24))
    call_command("clean_files")
    assert capsys.readouterr().out == "2 erased.\n"
    assert list(File.objects.values_list("pk", flat=True)) == [sent["id"]]
    assert len(on_disk()) == 2


def test_what_the_storage_did_not_give_up_is_erased_later(alice, sent, monkeypatch):
    def fail(*args):
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(type(storages["files"]), "delete", fail)
        alice.delete(f"/api/messages/{sent['message']}?for=everyone")
        assert len(on_disk()) == 2
        assert fetch(alice, sent["id"]).status == 404
        assert clean_files() == 0
    assert clean_files() == 1
    assert nothing_is_left()


def test_what_no_row_names_is_erased_when_asked(sent, capsys):
    File.objects.update(deleted_at=None)
    storages["files"].save(f"{'0' * 32}/0-x", ContentFile(b"x"))
    call_command("clean_files")
    assert len(on_disk()) == 4
    call_command("clean_files", "--unknown")
    assert capsys.readouterr().out == "0 erased.\n1 erased.\n"
    assert len(on_disk()) == 2
