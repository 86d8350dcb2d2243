"""pytest --backend=services tests/deployment      needs nginx and openssl, and not root"""

import contextlib

import pytest

from tests.deployment.deployment import addresses, running_deployment
from tests.deployment.visitor import Visitor
from tools.provision import Unavailable


def pytest_ignore_collect(config):
    """Several server processes need PostgreSQL and Redis."""
    return config.getoption("backend") == "embedded" or None


@pytest.fixture(scope="session")
def deployment(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        try:
            running = stack.enter_context(running_deployment(tmp_path_factory.mktemp("deployment")))
        except Unavailable as error:
            pytest.skip(str(error))
        yield running


@pytest.fixture
def new_visitor(deployment):
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(Visitor(deployment.nginx, next(addresses)))


@pytest.fixture
def visitor(new_visitor):
    return new_visitor()
