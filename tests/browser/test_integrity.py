"""The browser runs no code but that which its page names by hash. Whoever changes the page as well is not kept out:
docs/threat-model.md."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

MARK = "globalThis.somethingElseRan = true;\n"


@pytest.fixture
def page(browser, site):
    """A visitor's; what the browser refuses is told in its console."""
    page = browser.new_page(base_url=site.server_of("alice").url)
    page.refusals = []
    page.on("console", lambda message: page.refusals.append(message.text) if message.type == "error" else None)
    yield page
    page.close()


def change_on_the_way(page, address: str, change) -> None:
    """As a proxy, a cache or a disk would that changes one file and not the page."""

    def answer(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=change(answer.text()))

    page.route(re.compile(address), answer)


def ran_something_else(page) -> bool:
    return page.evaluate("globalThis.somethingElseRan === true")


def form_works(page) -> bool:
    """Only our code enables the button."""
    return page.get_by_role("button", name="Log in", exact=True).is_enabled()


def test_it_works(page):
    page.goto("/login", wait_until="networkidle")
    assert form_works(page)
    assert page.refusals == []


@pytest.mark.parametrize("name", ["login", "lib/dom"], ids=["named by the page", "imported by another"])
def test_changed_module_does_not_run(page, name):
    change_on_the_way(page, rf"/js/{name}\.\w+\.js$", lambda code: MARK + code)
    page.goto("/login", wait_until="networkidle")
    assert not ran_something_else(page)
    assert not form_works(page)
    assert any("integrity" in refusal for refusal in page.refusals)


@pytest.mark.parametrize("file", ["index", "decode"])
def test_changed_library_does_not_run(page, settings, file):
    if not settings.VENDOR_DIR.is_dir():
        pytest.skip("deploy/vendor.py has fetched nothing")
    name = {"index": "qr", "decode": "qr/decode.js"}[file]
    imported = f"import('{name}').then(() => 'imported', () => 'refused')"
    page.goto("/login")
    assert page.evaluate(imported) == "imported"
    change_on_the_way(page, rf"/vendor/qr/{file}\.\w+\.js$", lambda code: MARK + code)
    page.goto("/login")
    assert page.evaluate(imported) == "refused"
    assert not ran_something_else(page)


def test_changed_style_is_not_applied(page):
    change_on_the_way(page, r"/css/base\.\w+\.css$", lambda styles: styles + "\nh1 { display: none }")
    page.goto("/login")
    expect(page.get_by_role("heading").first).to_be_visible()
    assert any("integrity" in refusal for refusal in page.refusals)


@pytest.mark.parametrize("kind", ["module", "text/javascript"])
def test_script_that_the_page_names_without_a_hash_does_not_run(page, kind):
    """By the header Integrity-Policy: none of ours can be forgotten unnoticed."""
    page.route("**/more.js", lambda route: route.fulfill(content_type="text/javascript", body=MARK))
    more = f'<script type="{kind}" src="/static/js/more.js"></script></head>'
    change_on_the_way(page, "/login$", lambda html: html.replace("</head>", more))
    page.goto("/login", wait_until="networkidle")
    assert form_works(page)
    assert not ran_something_else(page)


def test_another_import_map_is_not_taken(page):
    """By the Content-Security-Policy, which names the hash of ours."""
    change_on_the_way(page, "/login$", lambda html: re.sub(r',"integrity":\{[^}]*\}', "", html))
    page.goto("/login", wait_until="networkidle")
    assert not form_works(page)


def test_module_that_the_map_does_not_know_is_not_imported(page):
    page.goto("/login")
    assert page.evaluate("import('/static/js/lib/bytes.js').then(() => 'imported', () => 'refused')") == "imported"
    assert page.evaluate("import('/static/js/lib/bytes.js?other').then(() => 'imported', () => 'refused')") == "refused"
