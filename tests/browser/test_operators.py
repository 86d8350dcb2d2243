"""The admin in a real browser: its forms pass the CSRF check, and its pages keep to their content security policy."""

import os
import subprocess
import sys

import pytest

from tests.support.environment import ROOT

pytestmark = pytest.mark.once
PASSWORD = "correct horse battery"


@pytest.fixture
def operator(site) -> str:
    """The email of a new operator, made as docs/deploy.md says."""
    email = f"operator-{os.urandom(4).hex()}@example.org"
    environment = site.servers[0].environment | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    command = [sys.executable, "manage.py", "createsuperuser", "--noinput", "--email", email]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return email


@pytest.fixture
def page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_operator_logs_in_and_walks_about(site, operator, page):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site.servers[0].url}/admin/")
    page.fill("[name=username]", operator)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")
    links = page.eval_on_selector_all("#content-main th a", "links => links.map(link => link.href)")
    assert len(links) >= 4
    for link in dict.fromkeys(links):
        assert page.goto(link).status == 200
    page.goto(f"{site.servers[0].url}/admin/accounts/user/?q={operator}")
    page.click("#result_list tbody a")
    page.wait_for_url("**/change/*")
    page.click("[name=_continue]")
    page.wait_for_selector(".messagelist .success")
    assert complaints == []


def test_browser_is_refused_by_a_page(site, page):
    page.goto(f"{site.servers[0].url}/admin/login/")
    page.context.clear_cookies()
    page.fill("[name=username]", "operator@example.org")
    page.fill("[name=password]", PASSWORD)
    with page.expect_response("**/admin/login/*") as refused:
        page.click("[type=submit]")
    assert refused.value.status == 403
    assert page.get_by_role("heading").inner_text() == "This request was refused."
