"""Pages of the development server load themselves anew when a file of them has changed."""

import pytest

from vibechat.tests.test_development import running_development

pytestmark = [pytest.mark.once, pytest.mark.timeout(300)]


def test_page_reloads_on_a_change_of_each_kind(browser, tmp_path):
    with running_development(tmp_path) as server, browser.new_context() as context:
        page = context.new_page()
        complaints = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        with page.expect_request(knows_its_version, timeout=60_000):
            page.goto(f"{server.url}/login")
        assert complaints == []
        for name, old in [
            ("static/js/login.js", "import"),
            ("static/css/base.css", "{"),
            ("templates/login.html", "Log in"),
            ("vibechat/pages.py", "import sys"),
        ]:
            with page.expect_event("load", timeout=60_000), page.expect_request(knows_its_version, timeout=60_000):
                server.change(name, old, f"{old} ")


def knows_its_version(request) -> bool:
    return "/development/changes?known=1" in request.url
