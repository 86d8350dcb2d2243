"""The main stories with Alice in Firefox, with default preferences, a new profile and no answered prompts.

Playwright drives only its own build of Firefox, so Node drives it with puppeteer-core over WebDriver BiDi
(stories.mjs).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.reporting import opened_reports, write_report_key
from tests.support.environment import ROOT
from tools.provision import Unavailable
from tools.provision.firefox import find_firefox
from tools.provision.node import find_node, install_modules

pytestmark = [pytest.mark.once, pytest.mark.timeout(420)]

SCRIPT = Path(__file__).with_name("stories.mjs")
STORIES = [
    "two people register and write both ways, and a reload shows it all",
    "the browser is asked to keep the messages only when the person says so",
    "who logs out and in again reads on",
    "a key that was forgotten is replaced, and the other person is asked",
    "a link and a recovery code open the messages of whoever has lost password and browser",
    "two people use all that a chat offers, and a stranger asks",
]


@pytest.fixture(scope="module")
def programs(chromium) -> dict:
    try:
        install_modules()
        return {"firefox": find_firefox(), "chromium": chromium.program, "environment": chromium.environment}
    except Unavailable as error:
        pytest.skip(f"NOT RUN: {error}")


@pytest.fixture(scope="module")
def failures(programs, site, tmp_path_factory) -> dict[str, str]:
    """The failure of each story, or "". They are told one after the other by the same two people."""
    folder = str(tmp_path_factory.mktemp("firefox"))
    server = site.server_of("alice")
    manage = {"manage": [sys.executable, str(ROOT / "manage.py")], "serverEnvironment": server.environment}
    given = {**programs, **manage, "url": server.url, "folder": folder}
    command = [find_node().program, str(SCRIPT), json.dumps(given)]
    # Firefox writes crash reports and other files to the home folder.
    environment = {**os.environ, "HOME": folder}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=400)
    return json.loads(done.stdout)


@pytest.mark.parametrize("story", STORIES)
def test_story_works_in_firefox(failures, story):
    assert failures.pop(story) == ""


def test_report_from_firefox_is_proven(failures, site, tmp_path):
    (report,) = opened_reports(site.server_of("alice"), write_report_key(tmp_path / "report.pem"))
    assert "Reason: I don't know her" in report
    assert "PROVEN: the reported account sent exactly this, and this server accepted it" in report
    assert "You don't know me" in report


def test_every_story_has_a_test(failures):
    assert failures.keys() <= set(STORIES)
