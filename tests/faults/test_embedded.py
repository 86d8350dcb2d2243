"""Faults of a server that is one process on SQLite."""

from dataclasses import replace

import pytest

from tests.faults.runner import FAULTS, run
from tests.faults.scale import SHORT

pytestmark = pytest.mark.once
SEED = 7
SCALE = replace(SHORT, idle_seconds=0)  # without Redis no connection can become stale


@pytest.mark.parametrize("name", ["killed_at_random", "repeated_by_every_transport", "old_and_idle_sockets"])
def test_nothing_is_lost_doubled_or_misordered(one_process, name):
    outcome = run(FAULTS[name], one_process, SCALE, SEED)
    assert outcome.complaints == []
    assert outcome.is_exact, outcome.counts
