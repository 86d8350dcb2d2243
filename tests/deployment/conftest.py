"""deploy/nginx on loopback: TLS by an authority of our own, two server processes, PostgreSQL and Redis.

pytest --backend=services tests/deployment      needs nginx and openssl; root is neither needed nor kept
"""

import contextlib
import itertools
import os
import shutil

import pytest

from tests.browser.site import Server, make_database
from tests.deployment.nginx import HOST, Nginx
from tests.deployment.visitor import Visitor
from tests.provision import Unavailable
from tests.provision.processes import private_folder


class Deployment:
    def __init__(self, nginx: Nginx, servers: list[Server]):
        self.nginx = nginx
        self.servers = servers

    def server_logs(self) -> str:
        return "".join(server.log.read_text() for server in self.servers)


def pytest_ignore_collect(config):
    """More than one process needs both services."""
    return config.getoption("backend") == "embedded" or None


@pytest.fixture(scope="session")
def deployment(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(private_folder("nginx"))
        servers = [new_server(tmp_path_factory.mktemp("server"), folder / "static") for _ in range(2)]
        shared_database = make_database()
        nginx = Nginx(folder, folder / "static", [server.port for server in servers])
        stack.callback(nginx.stop)
        try:
            nginx.start()
        except Unavailable as error:
            pytest.skip(str(error))
        for server in servers:
            server.environment["DATABASE_URL"] = shared_database
            stack.callback(server.stop)
            server.start()
        yield Deployment(nginx, servers)


def new_server(folder, static_root) -> Server:
    settings = {
        "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "HTTPS": "True",
        "BEHIND_PROXY": "True",
        "SERVER": "uvicorn",
        "REDIS_URL": os.environ["REDIS_URL"],
        "STATIC_ROOT": str(static_root),
    }
    server = Server(folder / "var", **settings)
    server.environment["RATELIMIT_ENABLE"] = "True"
    return server


addresses = (f"127.0.{high}.{low}" for high, low in itertools.product(range(1, 255), range(1, 255)))


@pytest.fixture
def new_visitor(deployment):
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(Visitor(deployment.nginx, next(addresses)))


@pytest.fixture
def visitor(new_visitor):
    return new_visitor()
