"""Under each fault, acknowledged messages are stored once and in order, and open sockets catch up by themselves."""

import pytest

from tests.faults.runner import FAULTS, run
from tests.faults.scale import SHORT

SEED = 7


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_doubled_or_misordered(machine, name):
    outcome = run(FAULTS[name], machine, SHORT, SEED)
    assert outcome.complaints == []
    assert outcome.is_exact, outcome.counts
