"""The application runs under Daphne: `daphne vibechat.asgi:application`."""

import json
import subprocess
import sys

import httpx
import pytest

from tests.support.collected import lay_server
from tests.support.environment import ROOT
from vibechat.tests.conftest import RunningServer
from vibechat.tests.test_server import client_of, envelope, sign_in

pytestmark = pytest.mark.once


class Daphne(RunningServer):
    def start(self):
        lay_server(self.folder / "var")
        prepare = [sys.executable, "manage.py", "shell", "--no-imports", "-c"]
        prepare += ["from vibechat.startup import collect, migrate; migrate(); collect()"]
        subprocess.run(prepare, cwd=ROOT, env=self.environment, check=True)
        command = [sys.executable, "-m", "daphne", "--port", str(self.port), "vibechat.asgi:application"]
        self.log = self.output
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        return self

    def is_ready(self):
        try:
            return httpx.get(f"{self.url}/api/health/live").status_code == 200
        except httpx.TransportError:
            return False


def test_two_people_can_talk(tmp_path):
    server = Daphne(tmp_path).start()
    try:
        server.wait()
        alice, bob = server.register("alice"), server.register("bob")
        with server.socket() as connection, client_of(server, alice) as client:
            sign_in(connection, bob)
            sent = client.post("/api/messages/send", json=envelope(bob)).json()
            assert json.loads(connection.recv(timeout=10))["message"] == sent
        page = httpx.get(f"{server.url}/chat", headers={"Accept": "text/html"}).text
        script = page.split('type="module" src="')[1].split('"')[0]
        assert httpx.get(server.url + script).status_code == 200
        assert httpx.get(f"{server.url}/x/api/health/live", headers={"Daphne-Root-Path": "/x"}).status_code == 404
    finally:
        server.stop()
