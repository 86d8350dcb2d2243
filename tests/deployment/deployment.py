"""deploy/nginx on loopback, with a test CA, two server processes, PostgreSQL and Redis."""

import contextlib
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.browser.site import Server, make_database
from tests.deployment.nginx import HOST, Nginx
from tests.support.collected import lay_static
from tools.provision import Unavailable
from tools.provision.processes import private_folder

# Client addresses, one for each visitor. All of 127.0.0.0/8 is loopback.
addresses = (f"127.0.{high}.{low}" for high, low in itertools.product(range(1, 255), range(1, 255)))


class Deployment:
    def __init__(self, nginx: Nginx, servers: list[Server]):
        self.nginx = nginx
        self.servers = servers

    def server_logs(self) -> str:
        return "".join(server.log.read_text() for server in self.servers)


@contextlib.contextmanager
def running_deployment(folder: Path) -> Iterator[Deployment]:
    """Uses the services in DATABASE_URL and REDIS_URL. Raises Unavailable if nginx or openssl is missing."""
    if not shutil.which("openssl"):
        raise Unavailable("openssl is not installed")
    with contextlib.ExitStack() as stack:
        nginx_folder = stack.enter_context(private_folder("nginx"))
        lay_static(nginx_folder)
        servers = [new_server(folder / f"server-{number}", nginx_folder / "static") for number in range(2)]
        nginx = Nginx(nginx_folder, nginx_folder / "static", [server.port for server in servers])
        stack.callback(nginx.stop)
        nginx.start()
        shared_database = make_database()
        for server in servers:
            server.environment["DATABASE_URL"] = shared_database
            stack.callback(server.stop)
            server.start()
        yield Deployment(nginx, servers)


def new_server(folder: Path, static_root: Path) -> Server:
    folder.mkdir()
    settings = {
        "ALLOWED_HOSTS": f"{HOST},127.0.0.1",
        "HTTPS": "True",
        "BEHIND_PROXY": "True",
        "REDIS_URL": os.environ["REDIS_URL"],
        "STATIC_ROOT": str(static_root),
    }
    server = Server(folder / "var", **settings)
    server.environment["RATELIMIT_ENABLE"] = "True"
    return server
