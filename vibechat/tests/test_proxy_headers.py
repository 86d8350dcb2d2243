import pytest

from vibechat.core.middleware.proxy_headers import ProxyHeaders
from vibechat.tests.asgi import answering, call, http_scope, socket_scope

pytestmark = pytest.mark.once
FORWARDED = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}


async def seen_behind(settings, scope, behind_proxy=True):
    settings.BEHIND_PROXY = behind_proxy
    app = answering()
    await call(ProxyHeaders(app), scope)
    return app.seen[0]


async def test_it_works(settings):
    seen = await seen_behind(settings, http_scope(headers=FORWARDED))
    assert seen["client"][0] == "203.0.113.7"
    assert seen["scheme"] == "https"


async def test_socket_scheme_follows_the_proxy(settings):
    scope = socket_scope(headers=FORWARDED)
    app = []

    async def socket(scope, receive, send):
        app.append(scope)

    settings.BEHIND_PROXY = True
    await call(ProxyHeaders(socket), scope)
    assert app[0]["scheme"] == "wss"


async def test_without_a_proxy_forwarding_headers_are_ignored(settings):
    seen = await seen_behind(settings, http_scope(headers=FORWARDED), behind_proxy=False)
    assert seen["client"][0] == "192.0.2.1"
    assert seen["scheme"] == "http"


@pytest.mark.parametrize("behind_proxy", [True, False])
async def test_forwarding_headers_are_removed(settings, behind_proxy):
    more = {"Forwarded": "for=203.0.113.7", "X-Real-IP": "203.0.113.7"}
    seen = await seen_behind(settings, http_scope(headers=FORWARDED | more), behind_proxy)
    assert [name for name, _ in seen["headers"]] == [b"host"]


async def test_last_forwarded_address_counts(settings):
    scope = http_scope(headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.7"})
    scope["headers"].insert(0, (b"x-forwarded-for", b"198.51.100.2"))
    assert (await seen_behind(settings, scope))["client"][0] == "203.0.113.7"


@pytest.mark.parametrize("claim", ["", "unknown", "203.0.113.7:80", "203.0.113.300", "<script>"])
async def test_invalid_address_is_ignored(settings, claim):
    seen = await seen_behind(settings, http_scope(headers={"X-Forwarded-For": claim}))
    assert seen["client"][0] == "192.0.2.1"


@pytest.mark.parametrize("claim", ["", "ftp", "javascript", "https, http"])
async def test_invalid_scheme_is_ignored(settings, claim):
    seen = await seen_behind(settings, http_scope(headers={"X-Forwarded-Proto": claim}))
    assert seen["scheme"] == "http"


async def test_client_cannot_set_the_root_path(settings):
    """Daphne accepts Daphne-Root-Path from any client: `/x/admin/` would be routed as `/admin/`."""
    seen = await seen_behind(settings, http_scope("/x/admin/", root_path="/x"))
    assert seen["root_path"] == ""
