"""The main stories with one of the two people in Firefox: default preferences, a new profile, no question answered.

Playwright drives only a Firefox of its own, so Node does it here, by puppeteer-core over WebDriver BiDi (stories.mjs).
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tools.provision import Unavailable
from tools.provision.firefox import find_firefox
from tools.provision.node import find_node, install_modules

pytestmark = [pytest.mark.once, pytest.mark.timeout(420)]

SCRIPT = Path(__file__).with_name("stories.mjs")
STORIES = [
    "two people register and write both ways, and a reload shows it all",
    "who logs out and in again reads on",
    "a key that was forgotten is replaced, and the other person is asked",
    "the browser is asked to keep the messages only when the person says so",
]


@pytest.fixture(scope="module")
def programs(chromium) -> dict:
    try:
        install_modules()
        return {"firefox": find_firefox(), "chromium": chromium.program, "environment": chromium.environment}
    except Unavailable as error:
        pytest.skip(f"NOT RUN: {error}")


@pytest.fixture(scope="module")
def told(programs, site, tmp_path_factory) -> dict[str, str]:
    """What went wrong in each story, "" for nothing; the two browsers are started once for all of them."""
    folder = str(tmp_path_factory.mktemp("firefox"))
    given = {**programs, "url": site.server_of("alice").url, "folder": folder}
    command = [find_node().program, str(SCRIPT), json.dumps(given)]
    # Firefox keeps crash reports and the like in the home folder.
    environment = {**os.environ, "HOME": folder}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=400)
    return json.loads(done.stdout)


@pytest.mark.parametrize("story", STORIES)
def test_story(told, story):
    assert told.pop(story) == ""


def test_every_story_has_a_test(told):
    assert told.keys() <= set(STORIES)
