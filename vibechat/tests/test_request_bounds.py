import pytest

from vibechat.core.middleware.error_shape import ErrorShape
from vibechat.core.middleware.request_bounds import RequestBounds
from vibechat.tests.asgi import answering, call, http_scope

pytestmark = pytest.mark.once
LIMIT = 128 * 1024


async def answer_to(scope, body=(b"",)):
    app = answering()
    answer = await call(ErrorShape(RequestBounds(app)), scope, body)
    return answer, app.seen


async def test_it_works():
    scope = http_scope("/api/x", "POST", {"Content-Length": str(LIMIT)})
    answer, _ = await answer_to(scope, [b"x" * LIMIT])
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/api/x", "/admin/login/", "/"])
async def test_large_content_length_is_refused_before_reading(path):
    answer, seen = await answer_to(http_scope(path, "POST", {"Content-Length": str(LIMIT + 1)}))
    assert answer.status == 413
    assert b'"too_large"' in answer.body
    assert seen == []


@pytest.mark.parametrize("path", ["/api/vault", "/api/streams/x/y/1"])
async def test_sealed_bytes_may_be_larger(path):
    for extra, status in ((0, 200), (1, 413)):
        length = 1536 * 1024 + extra
        declared, _ = await answer_to(http_scope(path, "PUT", {"Content-Length": str(length)}), [b"x" * length])
        counted, _ = await answer_to(http_scope(path, "PUT"), [b"x" * 1024] * 1536 + [b"x" * extra])
        assert (declared.status, counted.status) == (status, status)


async def test_part_of_a_file_may_have_4_mib():
    for extra, status in ((0, 200), (1, 413)):
        length = 4 * 1024 * 1024 + extra
        scope = http_scope("/api/files/x/parts/0", "PUT", {"Content-Length": str(length)})
        answer, _ = await answer_to(scope, [b"x" * length])
        assert answer.status == status
    for method, path in (("POST", "/api/files/x/parts/0"), ("PUT", "/api/files/x/parts/0/y"), ("PUT", "/api/files")):
        answer, _ = await answer_to(http_scope(path, method, {"Content-Length": str(LIMIT + 1)}))
        assert answer.status == 413


@pytest.mark.parametrize("path", ["/api/vault/versions", "/api/vaults", "/api/streams", "/x/api/vault", "/api/vault\n"])
async def test_other_paths_keep_the_limit(path):
    answer, _ = await answer_to(http_scope(path, "PUT", {"Content-Length": str(LIMIT + 1)}))
    assert answer.status == 413


async def test_body_without_a_length_is_counted_while_it_arrives():
    answer, _ = await answer_to(http_scope("/api/x", "POST"), [b"x" * 1024] * 128 + [b"x"])
    assert answer.status == 413


async def test_body_without_a_length_may_fill_the_limit():
    answer, _ = await answer_to(http_scope("/api/x", "POST"), [b"x" * 1024] * 128)
    assert answer.status == 200


@pytest.mark.parametrize(("length", "status"), [("9" * 5000, 413), ("-1", 400), ("1e3", 400), ("²", 400)])
async def test_invalid_content_length_is_refused(length, status):
    scope = http_scope("/api/x", "POST")
    scope["headers"].append((b"content-length", length.encode("latin-1")))
    answer, seen = await answer_to(scope)
    assert (answer.status, seen) == (status, [])


@pytest.mark.parametrize("path", ["/api/keys/email/a\x00@example.org", "/\x00", "/admin/\x00/"])
async def test_nul_in_the_path_is_404(path):
    answer, seen = await answer_to(http_scope(path))
    assert (answer.status, seen) == (404, [])


@pytest.mark.parametrize("query", [b"with=%00", b"with=a%00b", b"with=\xff"])
async def test_nul_or_raw_bytes_in_the_query_are_400(query):
    answer, seen = await answer_to(http_scope("/api/messages/inbox", query=query))
    assert (answer.status, seen) == (400, [])
