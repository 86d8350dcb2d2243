import re

import pytest
from django.db import OperationalError

from vibechat import pages
from vibechat.asgi import application
from vibechat.tests.asgi import call, http_scope

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("collected_static")]
PAGES = ["/", "/register", "/login", "/forgot", "/reset", "/chat", "/about-me"]
BROWSER = {"Accept": "text/html"}


def get(path, method="GET", headers=None):
    return call(application, http_scope(path, method, BROWSER if headers is None else headers))


@pytest.mark.parametrize("path", PAGES)
async def test_it_works(path):
    answer = await get(path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", PAGES)
async def test_import_map_comes_before_any_module(path):
    html = (await get(path)).body.decode()
    modules = [found.start() for found in re.finditer(r'type="module"|rel="modulepreload"', html)]
    assert html.index('<script type="importmap">') < min(modules, default=len(html))
    assert html.count("importmap") == 1


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_pages_refuse_other_methods(path, method):
    assert (await get(path, method)).status == 405


@pytest.mark.parametrize("path", PAGES)
async def test_page_urls_have_no_trailing_slash(path):
    if path != "/":
        assert (await get(f"{path}/")).status == 404


async def test_browser_gets_a_404_page():
    answer = await get("/nowhere")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize(("path", "headers"), [("/nowhere", {}), ("/api/nowhere", BROWSER), ("/api/", BROWSER)])
async def test_other_clients_get_a_json_404(path, headers):
    answer = await get(path, headers=headers)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/json")


async def test_favicon_redirects_to_the_icon():
    answer = await get("/favicon.ico")
    assert answer.status == 301
    assert re.fullmatch(r"/static/icon\.[0-9a-f]{12}\.svg", answer.headers["location"])


def fail_with(monkeypatch, error):
    def get(self, request, *args, **kwargs):
        raise error

    monkeypatch.setattr(pages.PageView, "get", get)


@pytest.mark.parametrize(("headers", "kind"), [(BROWSER, "text/html"), ({}, "application/json")])
async def test_unavailable_database_is_503(monkeypatch, headers, kind):
    fail_with(monkeypatch, OperationalError("connection refused"))
    answer = await get("/chat", headers=headers)
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize(("headers", "kind"), [(BROWSER, "text/html"), ({}, "application/json")])
async def test_unhandled_exception_is_500_without_details(monkeypatch, headers, kind):
    fail_with(monkeypatch, ValueError("secret detail"))
    answer = await get("/chat", headers=headers)
    assert (answer.status, b"secret detail" in answer.body) == (500, False)
    assert answer.headers["content-type"].startswith(kind)


async def test_foreign_host_is_refused():
    answer = await get("/api/nowhere", headers={"Host": "evil.example"})
    assert answer.status in (400, 404)
    page = await get("/", headers={"Host": "evil.example"})
    assert (page.status, b'"invalid"' in page.body) == (400, True)
