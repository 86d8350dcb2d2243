import base64
import hashlib
import re

import pytest

from vibechat.core import static_files
from vibechat.core.middleware.security_headers import SecurityHeaders
from vibechat.tests.asgi import answering, call, http_scope

pytestmark = pytest.mark.once


async def headers_of(path="/", headers=()):
    return (await call(SecurityHeaders(answering(headers=headers)), http_scope(path))).headers


def directives(headers) -> dict[str, str]:
    parts = headers["content-security-policy"].split("; ")
    return {part.partition(" ")[0]: part.partition(" ")[2] for part in parts}


@pytest.mark.parametrize("path", ["/", "/chat", "/login", "/api/auth/me", "/admin/", "/static/js/chat.js", "/nowhere"])
async def test_it_works(path):
    headers = await headers_of(path)
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == ("same-origin" if path == "/admin/" else "no-referrer")
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    assert ("camera=(self)" if path == "/chat" else "camera=()") in headers["permissions-policy"]
    assert ("microphone=(self)" if path == "/chat" else "microphone=()") in headers["permissions-policy"]
    made = "(self)" if path == "/chat" else "()"
    used = "(self)" if path in ("/chat", "/login") else "()"
    assert f"publickey-credentials-create={made}" in headers["permissions-policy"]
    assert f"publickey-credentials-get={used}" in headers["permissions-policy"]
    policy = directives(headers)
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/login", "/chat", "/service-worker.js", "/nowhere"])
async def test_pages_have_trusted_types(path):
    policy = directives(await headers_of(path))
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == ("vibechat-workers" if path == "/chat" else "'none'")


async def test_service_worker_loads_no_code():
    policy = directives(await headers_of("/service-worker.js"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "script-src" not in policy


@pytest.mark.parametrize("path", ["/", "/chat", "/nowhere"])
async def test_pages_load_no_script_without_integrity(path):
    assert (await headers_of(path))["integrity-policy"] == "blocked-destinations=(script)"


@pytest.mark.parametrize("path", ["/admin/", "/api/auth/me"])
async def test_admin_has_no_integrity_policy_and_api_loads_nothing(path):
    assert "integrity-policy" not in await headers_of(path)


async def test_admin_has_no_trusted_types():
    policy = directives(await headers_of("/admin/accounts/user/"))
    assert "trusted-types" not in policy
    assert policy["script-src"] == policy["style-src"] == "'self'"


@pytest.mark.parametrize("path", ["/", "/login", "/chat"])
async def test_only_the_chat_page_shows_contents_that_it_has_made(path):
    policy = directives(await headers_of(path))
    assert policy["img-src"] == ("'self' blob:" if path == "/chat" else "'self'")
    assert policy.get("media-src") == ("'self' blob:" if path == "/chat" else None)
    assert "blob:" not in policy["script-src"] + policy["default-src"] + policy["connect-src"]


@pytest.mark.parametrize(("path", "is_file"), [("/api/files/x", True), ("/api/files", False), ("/api/auth/me", False)])
async def test_files_are_no_documents(path, is_file):
    assert ("sandbox" in directives(await headers_of(path))) == is_file


async def test_import_map_is_the_only_inline_script():
    policy = directives(await headers_of("/"))
    digest = base64.b64encode(hashlib.sha256(static_files.import_map().encode()).digest()).decode()
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"


@pytest.mark.parametrize(("https", "expected"), [(True, True), (False, False)])
async def test_hsts_is_sent_only_with_https(settings, https, expected):
    settings.HTTPS = https
    assert ("strict-transport-security" in await headers_of()) is expected


async def test_response_without_cache_control_is_not_cached():
    assert (await headers_of("/api/auth/me"))["cache-control"] == "no-store"


async def test_existing_cache_control_is_kept():
    headers = [("Cache-Control", "max-age=60, public")]
    assert (await headers_of("/static/x", headers))["cache-control"] == "max-age=60, public"


async def test_application_cannot_weaken_a_header():
    answer = await call(
        SecurityHeaders(answering(headers=[("X-Frame-Options", "SAMEORIGIN"), ("Referrer-Policy", "unsafe-url")])),
        http_scope(),
    )
    sent = [name.lower() for name, _ in answer.messages[0]["headers"]]
    assert sent.count(b"x-frame-options") == sent.count(b"referrer-policy") == 1
    assert answer.headers["x-frame-options"] == "DENY"


def test_permissions_policy_names_each_feature_once():
    from vibechat.core.middleware.security_headers import HEADERS

    features = re.findall(r"([a-z-]+)=\(\)", HEADERS["Permissions-Policy"])
    assert len(features) == len(set(features)) > 20
