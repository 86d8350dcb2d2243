"""Fixtures for services of a single test."""

from collections.abc import Iterator

import pytest

from tools.provision import Unavailable
from tools.provision.postgres import Postgres
from tools.provision.processes import private_folder
from tools.provision.redis import Redis


def started(kind: type[Postgres] | type[Redis]) -> Iterator[Postgres | Redis]:
    """A running service, stopped after the test. The test is skipped as NOT RUN if the service is not available."""
    with private_folder(kind.__name__.lower()) as folder:
        service = kind(folder)
        try:
            service.start()
        except Unavailable as reason:
            pytest.skip(f"NOT RUN: {reason}")
        yield service
        service.stop()
