"""pytest --backend=services tests/faults      on PostgreSQL and Redis; without it, on SQLite in one process"""

import pytest

from tests.faults.machine import embedded_machine, running_machine
from tests.faults.scale import SHORT
from tools.provision import Unavailable


def pytest_ignore_collect(collection_path, config):
    """Several server processes need PostgreSQL and Redis."""
    is_for_services = collection_path.name == "test_faults.py"
    return (is_for_services and config.getoption("backend") == "embedded") or None


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    try:
        with running_machine(tmp_path_factory.mktemp("machine"), SHORT.check_seconds) as machine:
            yield machine
    except Unavailable as error:
        pytest.skip(f"NOT RUN: {error}")


@pytest.fixture(scope="session")
def one_process(tmp_path_factory):
    with embedded_machine(tmp_path_factory.mktemp("machine"), SHORT.check_seconds) as machine:
        yield machine
