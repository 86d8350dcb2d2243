"""`manage.py audit_zero_knowledge` against servers in use: an honest one, and one that gives away what is typed."""

import os
import re
import subprocess
import sys

import pytest

from tests.browser.site import Server
from tests.support.environment import ROOT

AUDIT_SECONDS = 420
LEAKING_SCRIPT = """
document.addEventListener("input", ({ target }) => {
  leak(target.value);
});
const leak = (text) => void fetch("/api/leak", { method: "POST", body: text }).then((answer) => answer.text());
const { deriveBits, importKey } = SubtleCrypto.prototype;
const imported = new WeakMap();
SubtleCrypto.prototype.importKey = async function (format, data, ...rest) {
  const key = await importKey.call(this, format, data, ...rest);
  if (format === "raw") imported.set(key, btoa(String.fromCharCode(...new Uint8Array(data))));
  return key;
};
SubtleCrypto.prototype.deriveBits = function (algorithm, key, length) {
  const label = algorithm.info && new TextDecoder("latin1").decode(algorithm.info).slice(4);
  if (label?.startsWith("VibeChat vault\\0")) leak(imported.get(key));
  return deriveBits.call(this, algorithm, key, length);
};
"""
# What is typed, and the vault key, are written into a table, Redis and the log, and pushed to everybody who is online.
LEAKING_SETTINGS = """
from pathlib import Path
from vibechat.settings import *
ROOT_URLCONF = "leaking_urls"
STATICFILES_DIRS = [Path(__file__).parent / "static", *STATICFILES_DIRS]
"""
LEAKING_URLS = """
import json
import uuid

import redis
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from accounts.models import User
from messaging.realtime import dispatcher
from messaging.realtime.payloads import Push
from vibechat.core.logs import log_event
from vibechat.urls import *
from vibechat.urls import urlpatterns

@csrf_exempt
def leak(request):
    text = request.body.decode()
    if len(text) < 26:
        return HttpResponse(status=204)
    log_event("typed", text=text)
    name = uuid.uuid4().hex  # each leak stays, whichever is the last one
    Session.objects.create(session_key=name, session_data=text, expire_date=timezone.now())
    frame = json.dumps({"type": "typed", "text": text})
    dispatcher.publish([Push(user_id, 0, frame) for user_id in User.objects.values_list("pk", flat=True)])
    if settings.REDIS_URL:
        redis.Redis.from_url(settings.REDIS_URL).hset("typed", name, text)
    return HttpResponse(text)

urlpatterns = [path("api/leak", leak), *urlpatterns]
"""


def audit(server: Server, *arguments: str) -> subprocess.CompletedProcess:
    """As an operator runs it, with the server's own settings."""
    environment = {name: value for name, value in server.environment.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "manage.py", "audit_zero_knowledge", *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False,
    )  # fmt: skip


def test_a_server_in_use_is_clean(friends, site):
    alice, bob = friends
    alice.send("hello")
    bob.open_chat(alice)
    bob.send("hello back")
    people = site.execute("SELECT count(*) FROM users")
    arguments = ["--url", site.servers[-1].url, *[f"--log={server.log}" for server in site.servers]]
    done = audit(site.servers[0], *arguments)
    if done.returncode == 2:  # incomplete: a browser on a busy machine may drop what it has read
        done = audit(site.servers[0], *arguments)
    assert_clean(done, site)
    assert site.execute("SELECT count(*) FROM users") == people


def assert_clean(done: subprocess.CompletedProcess, site) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    for secret in (
        "a private key",
        "a vault key",
        "a recovery code",
        "the seed of a way back",
        "a reaction",
        "a picture",
    ):
        assert f"{secret} (" in done.stdout, secret
    for canary in (
        "the name of a file",
        "the type of a file",
        "an answer",
        "an edit",
        "what was typed into the search",
        "the reason of a report",
    ):
        assert canary in done.stdout, canary
    assert "No canary was found in these places." in done.stdout
    assert re.search(r"^ +[1-9]\d* +\d+  table reports$", done.stdout, re.MULTILINE), done.stdout
    for place in ("requests", "WebSocket frames to the server", "table messages", "table vault_versions", "logs"):
        assert f"  {place}\n" in done.stdout
    assert ("  Redis\n" in done.stdout) == bool(site.database_url)
    assert "The 2 temporary people are gone again." in done.stdout
    assert site.execute("SELECT count(*) FROM public_keys WHERE email LIKE ?", "audit-%") == [(0,)]


@pytest.mark.once
def test_without_a_url_it_starts_a_server_of_its_own(site):
    people = site.execute("SELECT count(*) FROM users")
    done = audit(site.servers[0])
    assert_clean(done, site)
    assert site.servers[0].url not in done.stdout
    assert site.execute("SELECT count(*) FROM users") == people


@pytest.fixture
def leaking_server(site, tmp_path):
    script = tmp_path / "static" / "js" / "chat.js"
    script.parent.mkdir(parents=True)
    script.write_text((ROOT / "static" / "js" / "chat.js").read_text() + LEAKING_SCRIPT)
    (tmp_path / "leaking_settings.py").write_text(LEAKING_SETTINGS)
    (tmp_path / "leaking_urls.py").write_text(LEAKING_URLS)
    shared = {name: os.environ[name] for name in ("REDIS_URL",) if site.database_url}
    shared |= {"DATABASE_URL": site.database_url} if site.database_url else {}
    server = Server(tmp_path / "var", PYTHONPATH=str(tmp_path), DJANGO_SETTINGS_MODULE="leaking_settings", **shared)
    server.start()
    yield server
    server.stop()


def test_a_leak_is_named_in_every_place_where_it_is(leaking_server, site):
    done = audit(leaking_server, "--url", leaking_server.url, "--log", str(leaking_server.log))
    assert done.returncode == 1, done.stdout + done.stderr
    leaks = "\n".join(line for line in done.stdout.splitlines() if line.startswith("LEAK"))
    for place in (
        "requests, POST /api/leak",
        "answers, POST /api/leak",
        "WebSocket frames from the server (pushes)",
        "table django_session, column session_data",
        f"logs, {leaking_server.log}",
        *(["Redis, a hash", "Redis, pushes published meanwhile"] if site.database_url else []),
    ):
        assert f" in {place}, as utf-8" in leaks, leaks
    for secret in (
        "a message from Alice to Bob",
        "a draft",
        "what was typed and taken back",
        "what was typed into the",
        "a recovery code as it is shown or typed",
        "a vault key",
        "the reason of a report",
    ):
        assert f"LEAK: {secret}" in leaks, secret
    assert "What should be secret was found" in done.stderr
    assert "No canary was found" not in done.stdout
    assert "The 2 temporary people are gone again." in done.stdout


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--log", "/no/such/log"], "There is no /no/such/log."),
        (["--url", "http://127.0.0.1:1"], "Not carried out: "),
    ],
)
def test_what_cannot_be_carried_out_is_not_clean(arguments, sentence, site):
    done = audit(site.servers[0], *arguments)
    assert (done.returncode, sentence in done.stderr) == (2, True), done.stderr
    assert "No canary" not in done.stdout


@pytest.mark.once
def test_without_a_browser_to_drive_it_says_what_is_missing(site, tmp_path):
    (tmp_path / "playwright.py").write_text("raise ImportError('absent', name='playwright')")
    server = Server(tmp_path / "var", PYTHONPATH=str(tmp_path))
    done = audit(server)
    assert (done.returncode, "requirements-dev.txt" in done.stderr) == (2, True), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
