"""POST /api/reports and GET /api/reports/key, and the operators' commands."""

import base64
import hmac
import io
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated

from accounts.models import User
from messaging.pruning import prunable
from messaging.reports import stamps
from messaging.reports.opening import key_number, open_report
from messaging.reports.report import MOST_OF_A_PERSON, Report

URL = "/api/reports"
ROOT = Path(__file__).resolve().parents[2]
SALT = bytes(range(16))


@pytest.fixture(autouse=True)
def _key_of_this_test():
    stamps.stamp_key.cache_clear()


@pytest.fixture
def key_file(tmp_path, settings):
    """The file of a private key whose public half the server has."""
    file, output = tmp_path / "report.pem", io.StringIO()
    call_command("report_key", file, stdout=output)
    settings.REPORT_KEY = output.getvalue().strip().removeprefix("REPORT_KEY=")
    return file


def lp(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def text_of(sender, recipient, body="I will find you"):
    """Untagged JSON, as far as the operators read it."""
    content = {"v": 2, "type": "text", "from": sender.email, "to": recipient.email, "salt": SALT.hex(), "body": body}
    return json.dumps(content).encode()


def sent(sender, recipient, untagged):
    tag = hmac.digest(SALT, lp(b"VibeChat suite 1 franking", untagged), "sha256")
    return sender.send(recipient, tag=base64.b64encode(tag).decode())


def proof_of(message, untagged):
    stamp = base64.b64decode(message["stamp"])
    return lp(str(message["id"]).encode(), message["created_at"].encode(), stamp, untagged)


def sealed(key_file, reporter, reported, *messages, reason="He threatens me"):
    report = lp(b"VibeChat report 1", reason.encode(), *messages)
    padded = len(report).to_bytes(4, "big") + report
    padded += bytes(-len(padded) % 4096)
    public = load_pem_private_key(key_file.read_bytes(), None).public_key()
    info = lp(b"VibeChat report", reporter.email.encode(), reported.email.encode())
    return Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM).encrypt(padded, public, info=info)


def body_of(settings, reported, blob):
    return {"reported_email": reported.email, "key": settings.REPORT_KEY, "sealed": base64.b64encode(blob).decode()}


def opened(key_file, *options):
    output = io.StringIO()
    call_command("open_reports", *options, key=key_file, stdout=output)
    return output.getvalue()


def report(key_file, settings, reporter, reported, *messages):
    body = body_of(settings, reported, sealed(key_file, reporter, reported, *messages))
    return reporter.post(URL, body)


def test_it_works(alice, bob, key_file, settings):
    untagged = text_of(alice, bob)
    response = report(key_file, settings, bob, alice, proof_of(sent(alice, bob, untagged), untagged))
    assert response.status_code == 201
    assert set(response.json()) == {"id", "reported_email", "created_at"}
    shown = opened(key_file)
    assert f"{bob.email} on {alice.email}" in shown
    assert "Reason: He threatens me" in shown
    assert "PROVEN" in shown
    assert "NOT PROVEN" not in shown
    assert "I will find you" in shown


def test_table_has_only_these_columns():
    fields = {field.attname for field in Report._meta.get_fields()}
    assert fields == {"id", "reporter_id", "reported_email", "key", "sealed", "created_at"}


def test_proof_outlives_the_message(alice, bob, key_file, settings):
    untagged = text_of(alice, bob)
    message = sent(alice, bob, untagged)
    assert alice.delete(f"/api/messages/{message['id']}?for=everyone").status_code == 204
    report(key_file, settings, bob, alice, proof_of(message, untagged))
    assert "PROVEN: the reported account" in opened(key_file)


def test_exported_reports_open_without_the_database(alice, bob, key_file, settings, tmp_path):
    untagged = text_of(alice, bob)
    report(key_file, settings, bob, alice, proof_of(sent(alice, bob, untagged), untagged))
    file = tmp_path / "reports.json"
    call_command("export_reports", file, stdout=io.StringIO())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert base64.b64encode(stamps.stamp_key()).decode() not in file.read_text()
    shown = opened(key_file)
    Report.objects.all().delete()
    assert opened(key_file, f"--file={file}") == shown


@pytest.mark.parametrize("forgery", ["text", "time", "number", "stamp", "sender", "recipient"])
def test_reporter_cannot_forge_a_message(alice, bob, mallory, key_file, settings, forgery):
    untagged = text_of(alice, bob)
    message = sent(alice, bob, untagged)
    if forgery == "text":
        untagged = text_of(alice, bob, "I will pay you")
    elif forgery == "time":
        message["created_at"] = "2026-01-01T00:00:00Z"
    elif forgery == "number":
        message["id"] += 1
    elif forgery == "stamp":
        message["stamp"] = base64.b64encode(bytes(32)).decode()
    elif forgery == "sender":
        untagged = text_of(mallory, bob)
        message = sent(mallory, bob, untagged)
    else:
        untagged = text_of(alice, mallory)
        message = sent(alice, mallory, untagged)
    report(key_file, settings, bob, alice, proof_of(message, untagged))
    shown = opened(key_file)
    assert "FALSE" in shown
    assert "PROVEN" not in shown


def test_message_without_a_stamp_is_not_proven(alice, bob, key_file, settings):
    report(key_file, settings, bob, alice, lp(b"1", b"", b"", text_of(alice, bob)))
    assert "NOT PROVEN" in opened(key_file)


def test_report_moved_to_other_people_does_not_open(alice, bob, mallory, key_file, settings):
    report(key_file, settings, bob, alice, lp(b"1", b"", b"", text_of(alice, bob)))
    Report.objects.update(reported_email=mallory.email)
    assert "It cannot be opened" in opened(key_file)


def test_text_does_not_steer_the_terminal(alice, bob, key_file, settings):
    report(key_file, settings, bob, alice, lp(b"1", b"", b"", text_of(alice, bob, "a\x1b[2Jb\nReport 7")))
    assert "\x1b" not in opened(key_file)
    assert "\nReport 7" not in opened(key_file)


@pytest.mark.parametrize(
    "garbage", [b"", b"x" * 40, lp(b"x"), *(lp(b"1", b"", b"s", text) for text in (b"[]", b"{}", b"[" * 80_000))]
)
def test_malformed_message_makes_the_report_unreadable(alice, bob, key_file, settings, garbage):
    report(key_file, settings, bob, alice, garbage)
    assert "It cannot be opened" in opened(key_file)


def test_without_a_report_key_none_is_taken(alice, bob, key_file, settings):
    body = body_of(settings, alice, sealed(key_file, bob, alice))
    settings.REPORT_KEY = ""
    assert bob.get("/api/reports/key").json() == {"key": None}
    assert bob.post(URL, body).json()["code"] == "no_report_key"


def test_another_key_is_refused(alice, bob, key_file, settings, tmp_path):
    assert bob.get("/api/reports/key").json() == {"key": settings.REPORT_KEY}
    body = body_of(settings, alice, sealed(key_file, bob, alice))
    output = io.StringIO()
    call_command("report_key", tmp_path / "another.pem", stdout=output)
    settings.REPORT_KEY = output.getvalue().strip().removeprefix("REPORT_KEY=")
    assert bob.post(URL, body).json()["code"] == "report_key_changed"


@pytest.mark.parametrize("sealed", ["", "AAAA", base64.b64encode(bytes(4097 + 81)).decode(), 7, None])
def test_malformed_report_is_400(alice, bob, key_file, settings, sealed):
    body = {"reported_email": alice.email, "key": settings.REPORT_KEY, "sealed": sealed}
    assert list(bob.post(URL, body).json()["fields"]) == ["sealed"]


def test_nobody_reports_themselves(alice, key_file, settings):
    response = alice.post(URL, body_of(settings, alice, bytes(4096 + 81)))
    assert response.json()["fields"]["reported_email"][0]["code"] == "yourself"


def test_reports_of_a_person_are_bounded(alice, bob, key_file, settings):
    body = body_of(settings, alice, bytes(4096 + 81))
    rows = [Report(reporter=bob.user, reported_email=alice.email, sealed=b"") for _ in range(MOST_OF_A_PERSON)]
    Report.objects.bulk_create(rows)
    assert bob.post(URL, body).json()["code"] == "too_many_reports"


def test_account_that_is_deleted_meanwhile_reports_nothing(alice, bob, key_file, settings):
    reporter = User.objects.get(pk=bob.user.pk)
    User.objects.filter(pk=bob.user.pk).delete()
    body = {"key": settings.REPORT_KEY, "sealed": "AAAA"}
    with pytest.raises(NotAuthenticated):
        Report.objects.file(reporter, alice.email, **body)


def test_old_reports_are_pruned(alice, bob):
    old = timezone.now() - timedelta(days=91)
    Report.objects.create(reporter=bob.user, reported_email=alice.email, sealed=b"", created_at=old)
    Report.objects.create(reporter=bob.user, reported_email=alice.email, sealed=b"")
    assert prunable(timezone.now())["reports that are over"].count() == 1


def test_log_names_the_report_and_no_content(alice, bob, key_file, settings, caplog):
    with caplog.at_level("INFO", "vibechat.security"):
        report(key_file, settings, bob, alice, lp(b"1", b"", b"", text_of(alice, bob)))
    (line,) = [record for record in caplog.records if record.msg == "report"]
    assert (line.user, line.report) == (bob.user.pk, Report.objects.get().pk)


def test_report_key_is_never_overwritten(key_file):
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    with pytest.raises(CommandError):
        call_command("report_key", key_file)


def test_new_report_key_has_a_number_to_compare(tmp_path):
    key, number = io.StringIO(), io.StringIO()
    call_command("report_key", tmp_path / "report.pem", stdout=key, stderr=number)
    public = base64.b64decode(key.getvalue().strip().removeprefix("REPORT_KEY="))
    assert key_number(public) in number.getvalue()


def test_report_of_the_vectors_opens():
    vector = json.loads((ROOT / "docs/test_vectors/reports.json").read_text())
    private_key = ec.derive_private_key(int(vector["private_key"], 16), ec.SECP256R1())
    keys = bytes.fromhex(vector["recipient_key"]), vector["reporter"], vector["reported"]
    report = open_report(private_key, *keys, bytes.fromhex(vector["sealed"]))
    assert key_number(bytes.fromhex(vector["report_key"])) == vector["report_key_number"]
    assert report.reason == vector["reason"]
    assert [message.verdict for message in report.messages] == ["proven", "unproven"]
    assert [message.content["body"] for message in report.messages] == ["I will find you", "You will see"]
