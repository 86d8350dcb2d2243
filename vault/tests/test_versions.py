"""The last five versions stay, and the last of each day for 30 days."""

import base64
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from messaging.mailboxes import Mailbox
from vault.models import Invitation, SpentChallenge, VaultVersion
from vault.retention import superseded

PATH = "/api/vault/versions"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def day(number, hour=10):
    return NOW - timedelta(days=number) + timedelta(hours=hour - 12)


def test_last_five_stay_whatever_their_time():
    assert superseded([(n, day(400)) for n in range(1, 9)], NOW) == [3, 2, 1]


def test_last_of_each_day_stays_for_30_days():
    versions = [
        (1, day(31)),
        (2, day(29)),
        (3, day(5, 9)),
        (4, day(5, 10)),
        (5, day(4)),
        *[(n, day(0)) for n in range(6, 11)],
    ]
    assert superseded(versions, NOW) == [3, 1]


@pytest.mark.django_db
def test_it_works(writer, alice):
    first = writer.first()
    second = writer.next(first)
    results = alice.get(PATH).json()["results"]
    assert [(row["version"], row["hash"]) for row in results] == [(2, second["hash"]), (1, first["hash"])]
    assert set(results[0]) == {"version", "hash", "created_at"}
    assert alice.get(f"{PATH}/1").json()["blob"] == first["blob"]


@pytest.mark.django_db
def test_write_deletes_superseded_versions_and_credits_them(writer, alice):
    body = writer.first()
    for _ in range(6):
        body = writer.next(body)
    assert [row["version"] for row in alice.get(PATH).json()["results"]] == [7, 6, 5, 4, 3]
    sizes = sum(VaultVersion.objects.values_list("size", flat=True))
    lists = 1024 + 5 + 55 + 64
    assert Mailbox.objects.get(user=alice.user).stored_bytes == sizes + lists
    assert alice.get(f"{PATH}/1").status_code == 404


@pytest.mark.django_db
def test_yesterdays_last_version_stays(writer, alice):
    body = writer.next(writer.first())
    VaultVersion.objects.update(created_at=timezone.now() - timedelta(days=1))
    for _ in range(6):
        body = writer.next(body)
    assert [row["version"] for row in alice.get(PATH).json()["results"]] == [8, 7, 6, 5, 4, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["0", "x", "9" * 18, "9" * 40, "-1"])
def test_number_without_a_version_is_404(writer, alice, number):
    writer.first()
    assert alice.get(f"{PATH}/{number}").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_prune_command_deletes_versions_of_accounts_that_write_no_more(writer, alice, capsys):
    body = writer.first()
    for days in (40, 35, 32, 31, 20, 20, 20, 20):
        VaultVersion.objects.filter(version=body["version"]).update(created_at=timezone.now() - timedelta(days=days))
        body = writer.next(body)
    VaultVersion.objects.filter(created_at__gt=timezone.now() - timedelta(days=30)).update(
        created_at=timezone.now() - timedelta(days=31)
    )
    call_command("prune_messages", older_than=36500, delete=True)
    assert sorted(VaultVersion.objects.values_list("version", flat=True)) == [5, 6, 7, 8, 9]
    lists = 1024 + len(base64.b64decode(writer.list()))
    sizes = sum(VaultVersion.objects.values_list("size", flat=True))
    assert Mailbox.objects.get(user=alice.user).stored_bytes == sizes + lists


@pytest.mark.django_db(transaction=True)
def test_prune_command_deletes_invitations_and_challenges_that_are_over(alice, capsys):
    past = timezone.now() - timedelta(hours=1)
    for times in (past, timezone.now() + timedelta(minutes=1)):
        Invitation.objects.create(user=alice.user, route=secrets.token_hex(16), expires_at=times)
        SpentChallenge.objects.create(digest=secrets.token_hex(32), spent_at=times)
    call_command("prune_messages", older_than=36500, delete=True)
    assert (Invitation.objects.count(), SpentChallenge.objects.count()) == (1, 1)
