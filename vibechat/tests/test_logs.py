import base64
import json
import logging

import pytest

from conftest import PASSWORD, envelope
from vibechat.core.logs import JSONFormatter, log_event, security_event


def formatted(record) -> dict:
    line = JSONFormatter().format(record)
    assert "\n" not in line
    return json.loads(line)


def record_of(name, message, *args, error=None, **extra):
    info = (type(error), error, error.__traceback__) if error else None
    return logging.getLogger(name).makeRecord(name, logging.ERROR, "f", 1, message, args, info, extra=extra)


@pytest.mark.once
def test_it_works(caplog):
    log_event("server_stopped", drained=3)
    line = formatted(caplog.records[-1])
    assert (line["level"], line["logger"], line["event"], line["drained"]) == ("info", "vibechat", "server_stopped", 3)
    assert line["time"].endswith("+00:00")


@pytest.mark.once
def test_security_event_has_the_address_of_the_request(caplog, rf):
    security_event("login_refused", request=rf.get("/", REMOTE_ADDR="203.0.113.7"))
    line = formatted(caplog.records[-1])
    assert (line["logger"], line["event"], line["address"]) == ("vibechat.security", "login_refused", "203.0.113.7")


@pytest.mark.once
def test_arguments_of_libraries_are_not_logged():
    line = formatted(record_of("django.request", "%s: %s", "Not Found", "/api/keys/email/alice@example.org"))
    assert line["event"] == "%s: %s"


@pytest.mark.once
def test_formatted_messages_of_django_security_are_not_logged():
    line = formatted(record_of("django.security.DisallowedHost", "Invalid HTTP_HOST header: 'alice@example.org'."))
    assert "alice" not in json.dumps(line)


@pytest.mark.once
def test_extra_of_libraries_is_not_logged():
    line = formatted(record_of("django.request", "oh", request="<alice>", status_code=500))
    assert "alice" not in json.dumps(line)


@pytest.mark.once
def test_further_lines_of_a_library_message_are_not_logged():
    assert formatted(record_of("asyncio", "Task exception\nfuture: alice@example.org"))["event"] == "Task exception"


@pytest.mark.once
def test_exception_is_logged_as_types_and_locations():
    try:
        try:
            raise OSError(5, "alice@example.org")
        except OSError as cause:
            raise ValueError("alice@example.org") from cause
    except ValueError as error:
        line = formatted(record_of("vibechat", "failed", error=error))
    assert "alice" not in json.dumps(line)
    latest, cause = line["exception"]
    assert (latest["type"], cause["type"], cause["number"]) == ("builtins.ValueError", "builtins.OSError", 5)
    assert latest["frames"][-1].startswith("vibechat/tests/test_logs.py:")


@pytest.mark.django_db(transaction=True)
def test_no_content_of_a_person_is_logged(caplog, alice, bob, anonymous, settings):
    settings.RATELIMIT_ENABLE = True
    caplog.set_level(logging.DEBUG)
    fingerprint, canary = alice.upload_key(), "canary-4711"
    sent = alice.send(bob, ciphertext=base64.b64encode(canary.encode() * 4).decode())
    calls = [
        anonymous.post("/api/auth/login", {"email": alice.email, "password": PASSWORD}, format="json"),
        anonymous.post("/api/auth/login", {"email": f"{canary}@x.org", "password": canary}, format="json"),
        anonymous.post("/api/auth/register", {"email": alice.email, "password": canary}, format="json"),
        anonymous.post("/api/auth/refresh", {"refresh": alice.tokens["refresh"]}, format="json"),
        anonymous.post("/api/auth/refresh", {"refresh": canary}, format="json"),
        anonymous.generic("POST", "/api/auth/login", f"{{{canary}", content_type="application/json"),
        alice.get(f"/api/keys/email/{canary}@example.org"),
        alice.get(f"/api/{canary}"),
        alice.post("/api/contacts/add", {"email": f"{canary}@example.org"}),
        alice.post("/api/messages/send", envelope(bob, sender_fingerprint="0" * 64)),
        alice.patch("/api/auth/me", {"display_name": canary}),
    ]
    assert {call.status_code for call in calls} == {200, 400, 401, 404, 409}
    lines = "\n".join(JSONFormatter().format(record) for record in ours_and_errors(caplog.records))
    assert "login_refused" in lines
    secrets = [alice.email, bob.email, PASSWORD, canary, sent["ciphertext"], *alice.tokens.values()]
    assert [secret for secret in secrets if secret in lines] == []
    assert base64.b64encode(canary.encode()).decode()[:12] not in lines
    assert len(fingerprint) == 64


def ours_and_errors(records):
    """Records that pass the configured levels; caplog captures all levels."""
    return [
        record
        for record in records
        if record.levelno >= logging.WARNING
        or record.name.split(".")[0] in ("vibechat", "accounts", "messaging", "vault")
    ]
