"""Services of a test's own, as fixtures."""

from collections.abc import Iterator

import pytest

from tools.provision import Unavailable
from tools.provision.postgres import Postgres
from tools.provision.processes import private_folder
from tools.provision.redis import Redis


def started(kind: type[Postgres] | type[Redis]) -> Iterator[Postgres | Redis]:
    """A running service, which ends with the fixture; the test is skipped as NOT RUN where it cannot be had."""
    with private_folder(kind.__name__.lower()) as folder:
        service = kind(folder)
        try:
            service.start()
        except Unavailable as reason:
            pytest.skip(f"NOT RUN: {reason}")
        yield service
        service.stop()
