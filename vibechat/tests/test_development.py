"""`manage.py runserver`, as run by `make dev`, in a checkout whose files change."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import httpx
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.support.environment import ROOT, clean_environment
from vibechat.development.management.commands import runserver
from vibechat.tests.conftest import RunningServer
from vibechat.tests.test_server import sign_in
from vibechat.tests.test_upgrade import CODE

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]
HTML = {"Accept": "text/html"}
SETTINGS = {"DJANGO_SETTINGS_MODULE": "vibechat.development.settings"}


class DevelopmentServer(RunningServer):
    def start(self, checkout):
        self.checkout = checkout
        manage = [sys.executable, "manage.py"]
        subprocess.run([*manage, "migrate", "--verbosity=0"], cwd=checkout, env=self.environment, check=True)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*manage, "runserver"],
                cwd=checkout,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def wait(self):
        self.until(lambda: self.get("/api/health/live").status_code == 200)
        return self

    def until(self, is_so):
        deadline = time.monotonic() + 90
        while True:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            try:
                if is_so():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)

    def stop(self):
        """Stop both processes: the file watcher and the server."""
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)

    def get(self, path):
        return httpx.get(self.url + path, headers=HTML, timeout=30)

    def change(self, name, old, new):
        path = self.checkout / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


@contextlib.contextmanager
def running_development(folder):
    checkout = folder / "checkout"
    checkout.mkdir()
    for name in CODE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, checkout / name)
    server = DevelopmentServer(folder, **SETTINGS).start(checkout)
    try:
        yield server.wait()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_development(tmp_path_factory.mktemp("development")) as server:
        yield server


def version(server, known=""):
    return httpx.get(f"{server.url}/development/changes", params={"known": known}, timeout=30).text


def test_pages_use_unhashed_file_names(server):
    page = server.get("/chat")
    assert page.status_code == 200
    assert '<script type="module" src="/static/js/chat.js"' in page.text
    assert 'src="/static/development/reload.js"' in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("name", "address", "old"),
    [
        ("templates/login.html", "/login", "Log in"),
        ("static/css/base.css", "/static/css/base.css", "{"),
        ("static/js/chat.js", "/static/js/chat.js", "import"),
    ],
)
def test_change_is_served_and_pages_are_notified(server, name, address, old):
    known = version(server)
    assert "changed just now" not in server.get(address).text
    server.change(name, old, f"changed just now {old}")
    assert version(server, known) != known
    answer = server.get(address)
    assert "changed just now" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    server.change(name, "changed just now ", "")


def test_change_of_python_restarts_the_server(server):
    known = version(server)
    server.change("vibechat/core/health.py", '"status": "ok"', '"status": "fine"')
    server.until(lambda: server.get("/api/health/live").json() == {"status": "fine"})
    assert version(server, known) != known


def test_error_shows_a_debug_page(server):
    answer = server.get("/nowhere")
    assert answer.status_code == 404
    assert "DEBUG = True" in answer.text
    assert "content-security-policy" not in answer.headers


def test_two_people_can_talk(server):
    bob = server.register("bob")
    with server.socket() as chat:
        sign_in(chat, bob)
        chat.send(json.dumps({"type": "nonsense"}))
        assert json.loads(chat.recv(timeout=10))["code"] == "unknown_type"


def manage(tmp_path, *arguments, **variables):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean_environment(tmp_path / "var", **SETTINGS, **variables),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("command", "variables"),
    [("runserver", {"ALLOWED_HOSTS": "chat.example.org"}), ("migrate", {"BIND": "192.0.2.1"})],
)
def test_public_host_is_refused(tmp_path, command, variables):
    public = {
        "HTTPS": "True",
        "BEHIND_PROXY": "True",
        "DATABASE_URL": "postgres://vibechat:unused@127.0.0.1:1/vibechat",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    done = manage(tmp_path, command, **public, **variables)
    assert done.returncode == 1
    assert "The development server shows settings and source code" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["0:0", "[::]:0", "192.0.2.1:0", "chat.example.org:0"])
def test_address_that_is_not_loopback_is_refused(address):
    with pytest.raises(CommandError, match="so it listens on loopback only"):
        call_command(runserver.Command(), address, use_reloader=False)


def test_refused_address_prints_no_traceback(tmp_path):
    done = manage(tmp_path, "runserver", "0.0.0.0:0")
    assert done.returncode == 1
    assert "so it listens on loopback only" in done.stderr
    assert "Traceback" not in done.stderr
