"""What nginx passes on, redirects and refuses."""

import hashlib
import json
import re
import socket
import ssl
import time

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.deployment.nginx import HOST

CLAIMS = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Real-IP": "203.0.113.7",
    "Forwarded": "for=203.0.113.7;proto=http",
    "Daphne-Root-Path": "/elsewhere",
}


def test_page_is_served_over_https(visitor):
    answer = visitor.get("/api/health/ready")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ok", "channel_layer": "ok"}


def test_http_redirects_to_https(deployment):
    url = f"http://127.0.0.1:{deployment.nginx.plain_port}/login?next=/chat"
    answer = httpx.get(url, headers={"Host": HOST})
    assert answer.status_code == 308
    assert answer.headers["Location"] == f"https://{HOST}/login?next=/chat"


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1", None])
def test_other_server_name_gets_no_certificate(visitor, name):
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with visitor.connection() as connection, pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        anybody.wrap_socket(connection, server_hostname=name)


def test_other_host_header_gets_no_response(deployment, visitor):
    plain = f"http://127.0.0.1:{deployment.nginx.plain_port}/"
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(plain, headers={"Host": "evil.example"})
    with pytest.raises(httpx.RemoteProtocolError):
        visitor.get("/", headers={"Host": "evil.example"})


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_tls_1_1_is_refused(visitor):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(visitor.nginx.authority)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"), visitor.connection() as connection:
        old.wrap_socket(connection, server_hostname=HOST)


@pytest.mark.parametrize("path", ["/", "/chat", "/admin/login/", "/api/health/live", "/api/nothing", "/static/nothing"])
def test_security_headers_are_sent_once(visitor, path):
    headers = visitor.get(path).headers
    assert headers.get_list("Strict-Transport-Security") == ["max-age=31536000"]
    assert headers.get_list("X-Content-Type-Options") == ["nosniff"]
    assert headers["Server"] == "nginx"


def test_nginx_serves_hashed_static_files_as_immutable(visitor):
    path = re.search(r'src="(/static/js/login\.[0-9a-f]{12}\.js)"', visitor.get("/login").text)[1]
    answer = visitor.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.text == visitor.get(path, headers={"Accept-Encoding": "identity"}).text
    assert "immutable" not in visitor.get("/static/js/login.js").headers["Cache-Control"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("js/login.js", "text/javascript"),
        ("css/base.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("manifest.webmanifest", "application/manifest+json"),
    ],
)
def test_static_files_have_their_content_type(visitor, name, kind):
    assert visitor.get(f"/static/{name}").headers["Content-Type"] == kind


def test_all_code_matches_the_manifest(visitor):
    answer = visitor.get("/client-manifest.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers.get_list("Cache-Control") == ["no-store"]
    files = answer.json()["files"]
    assert {"/chat", "/login"} < files.keys()
    for address, entry in files.items():
        served = visitor.get(address, headers={"Accept-Encoding": "gzip"})
        assert (served.status_code, hashlib.sha256(served.content).hexdigest()) == (200, entry["sha256"]), address


def test_pages_have_their_policies(visitor):
    headers = visitor.get("/chat").headers
    assert headers.get_list("Integrity-Policy") == ["blocked-destinations=(script)"]
    assert len(headers.get_list("Content-Security-Policy")) == 1


def test_pages_are_compressed_and_api_responses_are_not(visitor):
    visitor.register()
    kinds = {path: visitor.get(path).headers.get("Content-Encoding") for path in ("/", "/chat", "/api/messages/sync")}
    assert kinds == {"/": "gzip", "/chat": "gzip", "/api/messages/sync": None}


def test_refresh_cookie_is_secure(visitor):
    cookie = visitor.register(refresh_cookie=True).headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/api/auth"} <= set(cookie.split("; "))


def test_refresh_from_another_origin_is_refused(visitor):
    cookies = visitor.register(refresh_cookie=True).headers.get_list("Set-Cookie")
    cookie = "; ".join(each.split(";")[0] for each in cookies)
    foreign = visitor.post("/api/auth/refresh", {}, headers={"Cookie": cookie, "Origin": "https://evil.example"})
    own = visitor.post("/api/auth/refresh", {}, headers={"Cookie": cookie, "Origin": f"https://{HOST}"})
    assert (foreign.status_code, own.status_code) == (403, 200)


@pytest.mark.parametrize("origin", ["https://evil.example", f"http://{HOST}", f"https://{HOST}:8443", "null"])
def test_socket_from_another_origin_is_refused(visitor, origin):
    with pytest.raises(InvalidStatus) as refused:
        visitor.open_socket(origin=origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("has_length", [True, False], ids=["with its length", "in chunks"])
def test_nginx_refuses_a_large_body_with_413_in_the_error_shape(deployment, visitor, has_length):
    content, before = b" " * (128 * 1024 + 1), deployment.nginx.access_lines("/api/auth/login")
    headers = {"Content-Type": "application/json"}
    answer = visitor.request("POST", "/api/auth/login", content=content if has_length else [content], headers=headers)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert deployment.nginx.access_lines_after(before, 1, "/api/auth/login")[0]["process"] == ""


def test_largest_allowed_body_is_passed_on(visitor):
    answer = visitor.post("/api/auth/login", {"email": "a@example.org", "password": "x" * (128 * 1024 - 100)})
    assert answer.status_code != 413


@pytest.mark.parametrize(
    ("request_line", "status", "code"),
    [
        ("TRACE /api/auth/me", 405, "method_not_allowed"),
        ("GET /api/auth/me?" + "x" * 40_000, 400, "invalid"),
        ("GET /%zz", 400, "invalid"),
        ("GET /static/../secret", 404, "not_found"),
        ("GET /static/js/", 404, "not_found"),
        ("POST /static/icon.svg", 405, "method_not_allowed"),
        ("GET /vibechat-error/413", 404, "not_found"),
        ("GET / HTTP/9.9", 400, "invalid"),
        ("GET / HTTP/2.0", 400, "invalid"),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: gzip", 400, "invalid"),
        ("GET / HTTP/1.1\r\nContent-Length: x", 400, "invalid"),
    ],
)
def test_refusals_by_nginx_have_the_error_shape(visitor, request_line, status, code):
    version = "" if "HTTP/" in request_line else " HTTP/1.1"
    answer = visitor.raw(f"{request_line}{version}\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(body)["code"] == code


@pytest.mark.parametrize(
    "request_line", ["GET /%zz HTTP/1.1", "GET / HTTP/9.9", "nonsense", "GET / HTTP/1.1\r\nHost: x y"]
)
@pytest.mark.parametrize("port", ["plain_port", "port"], ids=["http", "http to the port of https"])
def test_malformed_request_without_a_name_gets_no_response(deployment, port, request_line):
    with socket.create_connection(("127.0.0.1", getattr(deployment.nginx, port)), timeout=5) as connection:
        connection.sendall(f"{request_line}\r\n\r\n".encode())
        assert connection.recv(65536) == b""


def test_missing_headers_time_out_after_ten_seconds(visitor):
    """nginx starts its timer with the connection, before the TLS handshake."""
    begun = time.monotonic()
    with visitor.tls.wrap_socket(visitor.connection(), server_hostname=HOST) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        connection.recv(65536)
    assert 5 < time.monotonic() - begun < 20


def test_forwarding_headers_of_the_client_are_overwritten(deployment, visitor):
    wrong = {"email": visitor.email, "password": "not the password"}
    assert visitor.post("/api/auth/login", wrong, headers=CLAIMS).status_code == 401
    lines = [json.loads(line) for line in deployment.server_logs().splitlines() if "login_refused" in line]
    assert visitor.address in {line["address"] for line in lines}
    assert "203.0.113.7" not in deployment.server_logs()
