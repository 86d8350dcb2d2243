"""Registration that is closed: the page says so, and takes a link."""

import os
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.site import Server
from tests.support.environment import ROOT

pytestmark = pytest.mark.once


@pytest.fixture
def closed_server(tmp_path):
    server = Server(tmp_path / "closed", REGISTRATION="closed")
    server.start()
    yield server
    server.stop()


def new_link(server) -> str:
    command = [sys.executable, "manage.py", "create_invite"]
    environment = {**os.environ, **server.environment}
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def test_it_says_so_and_takes_a_link(closed_server, new_person):
    alice = new_person("alice")
    page = alice.page
    page.goto(f"{closed_server.url}/register")
    expect(page.get_by_text("New people need an invitation here.")).to_be_visible()
    alice.fill_in_registration()
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("This needs an invitation link")).to_be_visible()
    link = new_link(closed_server)
    page.get_by_label("Invitation link").fill(link)
    page.get_by_role("button", name="Create account").click()
    alice.expect_chat_page()

    bob = new_person("bob")
    page = bob.page
    page.goto(link)  # used already
    bob.fill_in_registration()
    expect(page.get_by_label("Invitation link")).to_be_hidden()
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("This needs an invitation link")).to_be_visible()
    page.goto("about:blank")
    page.goto(new_link(closed_server))
    bob.fill_in_registration()
    page.get_by_role("button", name="Create account").click()
    bob.expect_chat_page()
