"""A running process is not affected by changed files in its checkout, such as after `git pull`."""

import json
import shutil

import httpx
import pytest

from tests.support.environment import ROOT
from vibechat.tests.conftest import RunningServer
from vibechat.tests.test_server import client_of, envelope, sign_in

pytestmark = pytest.mark.once
CODE = ["accounts", "contacts", "files", "keys", "messaging", "vault", "vibechat", "static", "templates"]
CODE += ["manage.py", "pyproject.toml"]
PATHS = [
    "/",
    "/login",
    "/register",
    "/chat",
    "/about-me",
    "/client-manifest.json",
    "/admin/login/",
    "/favicon.ico",
    "/nothing",
    "/api/nothing",
    "/api/health/ready",
    "/api/auth/me",
]


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in CODE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


def test_changed_files_do_not_change_answers_of_a_running_process(checkout, tmp_path):
    """Of two processes of one checkout, one is asked before the change of the files and one only after it; the answers
    are equal."""
    variables = {"DJANGO_SETTINGS_MODULE": "vibechat.settings", "RATELIMIT_ENABLE": "True"}
    servers = [RunningServer(tmp_path / f"server-{number}", **variables) for number in range(2)]
    try:
        for server in servers:
            server.folder.mkdir()
        servers[0].start(checkout).wait()
        shutil.copytree(servers[0].folder / "var/static", servers[1].folder / "var/static")  # collected once
        servers[1].start(checkout).wait()
        before = [answer(servers[0], path) for path in PATHS]
        for path in checkout.rglob("*"):
            if path.is_file():
                path.write_text("{% module 'js/new.js' %} {% not a template, nor code %} (")
        assert [answer(servers[1], path) for path in PATHS] == before
        assert [status for status, *_ in before] == [200] * 7 + [301, 404, 404, 200, 401]
        use(servers[1])
        page = httpx.get(f"{servers[1].url}/chat", headers={"Accept": "text/html"}, timeout=30).text
        script = page.split('type="module" src="')[1].split('"')[0]
        assert "not a template" not in httpx.get(servers[1].url + script, timeout=30).raise_for_status().text
    finally:
        for server in servers:
            if server.process:
                server.stop()


def use(server):
    """Register two people and send messages."""
    alice, bob = server.register("alice"), server.register("bob")
    with server.socket() as chat, client_of(server, alice) as client:
        sign_in(chat, bob)
        assert client.post("/api/contacts/add", json={"email": bob["user"]["email"]}).status_code == 201
        assert client.post("/api/keys/upload", json={"public_key": "x"}).status_code == 400
        for _ in range(2):  # the second send needs no new mailboxes
            assert client.post("/api/messages/send", json=envelope(bob)).status_code == 201
            assert json.loads(chat.recv(timeout=10))["type"] == "new_message"
        for path in ("/api/messages/sync", "/api/messages/conversations", "/api/contacts/list", "/api/auth/me/data"):
            assert client.get(path).status_code == 200
    form = {"username": "nobody@example.org", "password": "x"}
    assert httpx.post(f"{server.url}/admin/login/", data=form, timeout=30).status_code == 403  # no CSRF token


def answer(server, path) -> tuple[int, str, str]:
    found = httpx.get(server.url + path, headers={"Accept": "text/html"}, timeout=30)
    return found.status_code, found.headers["Content-Type"], "" if "/admin/" in path else found.text
