"""Two browsers that write at the same time, in threads on PostgreSQL: one is refused, and nothing is lost."""

from functools import partial

import pytest
from django.db import connection

from messaging.mailboxes import Mailbox
from messaging.tests.test_concurrency import together
from tests.support.vault_writer import Browser, Writer
from vault.models import BrowserList, VaultVersion

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def statuses(*jobs) -> list[int]:
    return sorted(answer.status_code for answer in together(*jobs))


def charged(person) -> int:
    return Mailbox.objects.get(user=person.user).stored_bytes


def test_of_several_first_vaults_one_is_stored(writer):
    bodies = [writer.body(browsers=writer.list()) for _ in range(4)]
    assert statuses(*(partial(writer.put, body) for body in bodies)) == [201, 409, 409, 409]
    assert VaultVersion.objects.get().version == 1


def test_of_several_next_versions_one_is_stored(writer, alice):
    first = writer.first()
    bodies = [writer.after(first) for _ in range(4)]
    assert statuses(*(partial(writer.put, body) for body in bodies)) == [200, 409, 409, 409]
    assert [row["version"] for row in alice.get("/api/vault/versions").json()["results"]] == [2, 1]
    lists = 1024 + len(bytes(BrowserList.objects.get().raw))
    assert charged(alice) == lists + sum(VaultVersion.objects.values_list("size", flat=True))


def test_one_write_repeated_at_once_is_stored_once(writer):
    body = writer.after(writer.first())
    assert statuses(*(partial(writer.put, body) for _ in range(4))) == [200] * 4
    assert VaultVersion.objects.count() == 2


def test_writer_that_is_signed_out_meanwhile_is_refused_or_was_first(writer, alice):
    lost = Browser()
    first = writer.body(browsers=writer.list(1, [writer.browser, lost]))
    writer.put(first)
    theirs = writer.after(first, by=lost)
    shorter = {"browsers": writer.list(2)}
    answers = together(partial(writer.put, theirs), partial(alice.put, "/api/browsers", shorter))
    assert answers[1].status_code == 200
    assert answers[0].status_code in (200, 403)
    assert writer.put(writer.after(theirs, by=lost)).status_code in (403, 409)


def test_binding_and_removal_of_a_browser_leave_no_bound_session(writer, alice):
    lost = Browser()
    alice.put("/api/browsers", {"browsers": writer.list(1, [writer.browser, lost])})
    bind = partial(alice.post, "/api/browsers/here", {"browser": lost.id})
    together(bind, partial(alice.put, "/api/browsers", {"browsers": writer.list(2)}))
    alice.session.refresh_from_db()
    assert alice.session.browser is None or alice.session.revoked_at is not None


def test_deletion_of_the_account_and_a_write_do_not_deadlock(alice):
    writer = Writer(alice)
    body = writer.after(writer.first())
    delete = partial(alice.delete, "/api/auth/me", {"password": "correct horse battery"})
    deleted, written = together(delete, partial(writer.put, body))
    assert deleted.status_code == 204
    assert written.status_code in (200, 401, 503)
    assert not VaultVersion.objects.exists()
