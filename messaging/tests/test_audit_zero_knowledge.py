"""What `manage.py audit_zero_knowledge` refuses after its two people have written.

Here nobody writes. The runs with real browsers are in tests/browser/test_audit.py.
"""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from messaging.management.commands import audit_zero_knowledge

pytestmark = [pytest.mark.once, pytest.mark.django_db]


@pytest.fixture
def audit(monkeypatch):
    """Runs the command with these people, whose registration is in no log but those that are given."""

    def run(people, *logs) -> CommandError:
        scenario = SimpleNamespace(open_browser=nullcontext, new_people=lambda *_: people, play=lambda *_: None)
        tools = SimpleNamespace(scenario=scenario, Unavailable=OSError, PlaywrightError=OSError)
        monkeypatch.setattr(audit_zero_knowledge, "import_tools", lambda: tools)
        with pytest.raises(CommandError) as refusal:
            call_command("audit_zero_knowledge", url="http://127.0.0.1:1", log=list(logs))
        return refusal.value

    return run


def test_the_database_of_another_server_is_told(audit, alice):
    elsewhere = SimpleNamespace(email="registered-elsewhere@example.org")
    refusal = audit([alice, elsewhere])
    assert (refusal.returncode, "not in the database of these settings" in str(refusal)) == (2, True), refusal


def test_a_log_that_is_not_the_server_s_is_a_gap(audit, alice, bob, tmp_path, capsys):
    log = tmp_path / "other.log"
    log.write_text("nothing of this server\n")
    refusal = audit([alice, bob], log)
    assert (refusal.returncode, "logs: what must be in there is not" in str(refusal)) == (2, True), refusal
    assert "No canary" not in capsys.readouterr().out


def test_a_log_with_the_registration_is_no_gap(audit, alice, bob, tmp_path):
    log = tmp_path / "server.log"
    log.write_text(f'{{"event": "registration", "user": {alice.user.pk}}}\n')
    assert "logs: what must be in there is not" not in str(audit([alice, bob], log))
