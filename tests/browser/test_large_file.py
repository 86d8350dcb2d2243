"""A file of several parts is sent, interrupted, resumed, played from its middle and deleted. The long form:
python -m tests.browser.large_file --mebibytes 100"""

import pytest

from tests.browser.large_file import Story
from tests.browser.site import running_site


@pytest.mark.once
@pytest.mark.timeout(300)
def test_nothing_of_it_is_left_on_the_server(browser, tmp_path):
    with running_site(tmp_path, "embedded") as site:
        outcome = Story(site, browser, 14, tmp_path).tell()
    assert outcome.left == {"for everyone": 0, "cleared by both": 0, "timer": 0}
    assert outcome.is_exact, outcome
