"""`manage.py backup` under load, and `manage.py restore` from it into an empty database, on both engines."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from conftest import PASSWORD, envelope
from messaging.models import Message
from messaging.tests.test_concurrency import send_in_loop
from tests.support.environment import ROOT, clean_environment
from tools.provision.postgres import installed_package
from vibechat import backups

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
IS_SQLITE = connection.vendor == "sqlite"


@pytest.fixture(autouse=True)
def _programs(monkeypatch):
    """The PostgreSQL client programs that match the server."""
    if not IS_SQLITE:
        folder = sorted(installed_package().glob("pginstall*"))[-1] / "bin"
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


class Elsewhere:
    """An empty database of the same engine, with management commands on it."""

    def __init__(self, folder: Path):
        self.folder = folder
        variables = {}
        if not IS_SQLITE:
            name = f"restored_{os.getpid()}"
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {name}")
                cursor.execute(f"CREATE DATABASE {name}")
            self.url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
            variables = {"DATABASE_URL": self.url, "PATH": os.environ["PATH"]}
        self.environment = clean_environment(folder, **variables)

    def manage(self, *arguments) -> subprocess.CompletedProcess:
        command = [sys.executable, "manage.py", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)

    def values(self, sql) -> list:
        if IS_SQLITE:
            with sqlite3.connect(self.folder / "vibechat.sqlite3") as database:
                return database.execute(sql).fetchall()
        with psycopg.connect(self.url) as database:
            return database.execute(sql).fetchall()


@pytest.fixture
def elsewhere(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return Elsewhere(folder)


class Load(threading.Thread):
    """Two people who send messages without pause."""

    def __init__(self, alice, bob):
        super().__init__(daemon=True)
        self.people = alice, bob
        self.is_over = threading.Event()
        self.sent: list[int] = []

    def run(self):
        alice, bob = self.people
        while not self.is_over.is_set():
            self.sent.append(send_in_loop(alice, envelope(bob))[0])
            alice, bob = bob, alice
        connection.close()


def test_backup_under_load_restores_all_earlier_messages(alice, bob, tmp_path, elsewhere):
    before = [alice.send(bob)["id"] for _ in range(20)]
    load = Load(alice, bob)
    load.start()
    while len(load.sent) < 5:
        pass
    before += load.sent[:5]
    path = tmp_path / "copy"
    try:
        call_command("backup", path)
        during = len(load.sent)
        while len(load.sent) <= during:  # sending continues after the backup
            pass
    finally:
        load.is_over.set()
        load.join(60)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob("*.part")) == []

    restored = elsewhere.manage("restore", path)
    assert restored.returncode == 0, restored.stderr
    assert elsewhere.manage("migrate", "--check").returncode == 0
    kept = {row[0] for row in elsewhere.values("SELECT id FROM messages")}
    assert set(before) <= kept <= set(before) | set(load.sent)
    largest = elsewhere.values("SELECT max(sender_sequence), max(recipient_sequence) FROM messages")[0]
    assert all(counter > max(largest) + 900_000 for (counter,) in elsewhere.values("SELECT sequence FROM mailboxes"))
    assert elsewhere.values("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == [(0,)]
    assert elsewhere.values("SELECT email FROM users ORDER BY email") == [(alice.email,), (bob.email,)]

    again = elsewhere.manage("restore", path)
    assert again.returncode != 0
    assert "not empty" in again.stderr or "move away" in again.stderr
    assert "Traceback" not in again.stderr


def test_new_messages_get_ids_above_the_lost_ones(alice, bob, tmp_path, elsewhere):
    last = alice.send(bob)["id"]
    call_command("backup", tmp_path / "copy")
    assert elsewhere.manage("restore", tmp_path / "copy").returncode == 0
    following = (
        "SELECT seq FROM sqlite_sequence WHERE name = 'messages'" if IS_SQLITE else "SELECT nextval('messages_id_seq')"
    )
    assert elsewhere.values(following)[0][0] >= last + 1_000_000


def test_counters_of_an_empty_backup_start_far_ahead(alice, tmp_path, elsewhere):
    call_command("backup", tmp_path / "copy")
    assert elsewhere.manage("restore", tmp_path / "copy").returncode == 0
    assert elsewhere.values("SELECT sequence, stored_bytes FROM mailboxes") == [(1_000_000, 0)]
    following = (
        "SELECT seq FROM sqlite_sequence WHERE name = 'messages'" if IS_SQLITE else "SELECT nextval('messages_id_seq')"
    )
    assert elsewhere.values(following)[0][0] >= 1_000_000


def test_restore_ends_admin_log_ins(client, tmp_path, elsewhere):
    client.force_login(User.objects.create_superuser("op@example.org", PASSWORD))
    call_command("backup", tmp_path / "copy")
    assert elsewhere.manage("restore", tmp_path / "copy").returncode == 0
    assert elsewhere.values("SELECT count(*) FROM django_session") == [(0,)]


def test_default_folder_is_accessible_to_its_owner_only(alice, settings, tmp_path, capsys):
    settings.VAR_DIR = tmp_path
    call_command("backup")
    path = Path(capsys.readouterr().out.strip())
    assert path.parent == tmp_path / "backups"
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_existing_file_is_not_overwritten(alice, tmp_path):
    path = tmp_path / "copy"
    path.write_text("something else")
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", path)
    assert path.read_text() == "something else"


@pytest.mark.parametrize("place", ["a file", "a folder", "a dangling link", "no folder"])
def test_unwritable_target_is_refused_before_the_database_is_read(alice, tmp_path, monkeypatch, place):
    read = []
    for name in ("write_sqlite", "write_postgresql"):
        monkeypatch.setattr(backups, name, read.append)
    path = tmp_path / "copy"
    if place == "a file":
        path.touch()
    elif place == "a folder":
        path.mkdir()
    elif place == "a dangling link":
        path.symlink_to(tmp_path / "nothing")
    else:
        path = tmp_path / "no folder" / "copy"
    with pytest.raises(CommandError):
        call_command("backup", path)
    assert read == []


def test_failed_backup_leaves_nothing(alice, tmp_path):
    with pytest.raises(CommandError):
        call_command("backup", tmp_path / "no folder" / "copy")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no backup", None])
def test_invalid_backup_is_not_restored(alice, tmp_path, elsewhere, content):
    path = tmp_path / "copy"
    if content is not None:
        path.write_bytes(content)
    refused = elsewhere.manage("restore", path)
    assert refused.returncode != 0
    assert "Traceback" not in refused.stderr
    assert not (elsewhere.folder / "vibechat.sqlite3").exists()


@pytest.mark.skipif(not IS_SQLITE, reason="only SQLite has one file as its journal")
class TestJournal:
    SIZE = 40_000

    @pytest.fixture
    def old_messages(self, alice, bob):
        alice.send(bob)
        template = Message.objects.values().get()
        del template["id"], template["client_id"]
        rows = [
            Message(**template | {"sender_sequence": n, "recipient_sequence": n, "ciphertext": "x" * self.SIZE})
            for n in range(2, 502)
        ]
        Message.objects.bulk_create(rows)
        Message.objects.update(created_at="2020-01-01T00:00Z")

    @property
    def journal(self) -> Path:
        return Path(f"{connection.settings_dict['NAME']}-wal")

    def test_pruning_empties_the_journal_after_each_batch(self, old_messages, monkeypatch):
        from messaging import pruning

        monkeypatch.setattr(pruning, "BATCH_ROWS", 50)
        sizes = []
        next_ids = pruning.next_ids
        monkeypatch.setattr(
            pruning, "next_ids", lambda *given: (sizes.append(self.journal.stat().st_size), next_ids(*given))[1]
        )
        call_command("prune_messages", older_than=1, delete=True)
        assert Message.objects.count() == 0
        assert sizes[0] > 0
        assert set(sizes[1:]) == {0}

    def test_pruning_stops_with_an_error_while_a_reader_blocks_the_journal(self, old_messages, monkeypatch):
        from messaging import pruning

        monkeypatch.setattr(pruning, "BATCH_ROWS", 50)
        monkeypatch.setattr(pruning, "JOURNAL_SECONDS", 0)
        reader = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM messages").fetchone()
        with pytest.raises(CommandError, match="journal cannot be emptied"):
            call_command("prune_messages", older_than=1, delete=True)
        assert Message.objects.count() == 451
        reader.execute("COMMIT")
        call_command("prune_messages", older_than=1, delete=True)
        assert Message.objects.count() == 0
        reader.close()
