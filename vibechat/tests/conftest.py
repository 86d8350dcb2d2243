"""Servers started like `make run`."""

import os
import signal

import httpx
import pytest
from websockets.sync.client import connect

from tests.support.collected import lay_server
from tests.support.environment import ROOT, clean_environment
from tools.provision.processes import free_port
from tools.server import announces_its_url, start_server, wait_for_server

SERVICES = ("DATABASE_URL", "REDIS_URL")


class RunningServer:
    def __init__(self, folder, port=None, **variables):
        self.port = port or free_port()
        self.folder = folder
        self.output, self.log = folder / f"{self.port}.out", folder / f"{self.port}.log"
        services = {name: os.environ[name] for name in SERVICES if os.environ.get(name)}
        given = {"DJANGO_SETTINGS_MODULE": "tests.support.settings", "RATELIMIT_ENABLE": "False"}
        given |= services | {"PORT": str(self.port)} | variables
        self.environment = clean_environment(folder / "var", **given)
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, checkout=ROOT):
        for path in (self.output, self.log):
            path.unlink(missing_ok=True)
        self.process = start_server(self.environment, self.log, output=self.output, checkout=checkout)
        return self

    def wait(self):
        wait_for_server(self.process, self.is_ready, self.log)
        return self

    def is_ready(self):
        return announces_its_url(self.output)

    def stop(self, signal_number=signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        return self.process.wait(20)

    def register(self, name) -> dict:
        body = {"email": f"{name}-{os.urandom(6).hex()}@example.org", "password": "correct horse battery"}
        answer = httpx.post(f"{self.url}/api/auth/register", json=body, timeout=30)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def socket(self, **options):
        return connect(f"ws://127.0.0.1:{self.port}/ws/chat/", **options)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    lay_server(folder / "var")
    server = RunningServer(folder).start().wait()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def used_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("servers")
    lay_server(folder / "var")
    return folder


@pytest.fixture
def new_server(tmp_path, used_folder):
    """Makes servers that the test starts and stops. A fresh one has an empty VAR_DIR, an own one has a VAR_DIR for this
    test with the collected static files and a migrated database.
    """
    made = []

    def make(fresh=False, own=False, **variables):
        if own:
            lay_server(tmp_path / "var")
        made.append(RunningServer(tmp_path if fresh or own else used_folder, **variables))
        return made[-1]

    yield make
    for server in made:
        if server.process:
            server.stop(signal.SIGKILL)
