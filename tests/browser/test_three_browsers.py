"""Two browsers of one person and one of another write at once. The long form is a command:
python -m tests.browser.three_browsers --minutes 5"""

import pytest

from tests.browser.on_and_off import Figures
from tests.browser.three_browsers import AGREED, Outcome, count, tell

SECONDS = 20
SEED = 5


@pytest.mark.once
@pytest.mark.timeout(300)
def test_all_three_are_equal_in_the_end(site, browser):
    outcome = tell(site, browser, SECONDS, SEED)
    assert outcome.figures.is_exact, outcome.figures
    assert (outcome.reused, outcome.left_out, outcome.marks_equal) == (0, 0, True), outcome
    assert outcome.unread == AGREED
    assert outcome.figures.typed > 10


@pytest.mark.once
def test_a_counter_that_is_used_again_or_left_out_is_found():
    contents = [{"type": "text", "browser": "ab" * 16, "counter": counter} for counter in (1, 2, 2, 4)]
    outcome = Outcome(Figures())
    count(outcome, [*contents, contents[0] | {"type": "receipt"}])
    assert (outcome.reused, outcome.left_out) == (1, 1)
    assert not outcome.is_exact
