"""Web Push from end to end in Firefox, by a push service on this machine: the page subscribes, the server seals,
Firefox opens, and the service worker shows, with no page of the chat open."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.browser.site import Server
from tests.support.local_push import HOST, VARIABLE, PushService
from tools.provision import Unavailable
from tools.provision.firefox import find_firefox
from tools.provision.node import find_node, install_modules

pytestmark = [pytest.mark.once, pytest.mark.timeout(420)]

SCRIPT = Path(__file__).with_name("push.mjs")


@pytest.fixture
def firefox() -> str:
    try:
        install_modules()
        return find_firefox()
    except Unavailable as error:
        pytest.skip(f"NOT RUN: {error}")


@pytest.fixture
def push_service():
    service = PushService()
    yield service
    service.close()


@pytest.fixture
def server(push_service, tmp_path):
    settings = {"DJANGO_SETTINGS_MODULE": "tests.support.push_settings", "PUSH_HOSTS": HOST}
    server = Server(tmp_path / "server", **settings, **{VARIABLE: str(push_service.port)})
    server.start()
    yield server
    server.stop()


def test_message_is_told_while_no_page_is_open(firefox, push_service, server, tmp_path):
    given = {"firefox": firefox, "folder": str(tmp_path), "url": server.url, "pushUrl": push_service.socket_url}
    environment = {**os.environ, "HOME": str(tmp_path)}
    command = [find_node().program, str(SCRIPT), json.dumps(given)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=400)
    failure = json.loads(done.stdout)["failure"]
    assert not failure, failure
    headers = push_service.received.get_nowait()
    assert headers["Authorization"].startswith("vapid t=")
    assert push_service.unregistered, "log-out unsubscribes"
