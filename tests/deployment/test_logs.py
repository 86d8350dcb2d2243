"""Logs hold no secrets, and nginx's logs hold nothing that identifies a person or that a person chose."""

from tests.deployment.nginx import HOST
from tests.deployment.visitor import envelope


def test_logs_hold_routes_and_no_secrets_or_addresses(deployment, new_visitor):
    alice, bob = new_visitor(), new_visitor()
    secrets = [alice.register().json()["refresh"], alice.access, alice.password, alice.email]
    bob.register()
    message = envelope(bob)
    assert alice.post("/api/messages/send", message).status_code == 201
    assert alice.get(f"/api/messages/conversation/{bob.email}?page_size=5").status_code == 200
    assert alice.get(f"/api/keys/email/{bob.email}").status_code == 404
    alice.get(f"/{alice.email}?token={alice.access}")
    alice.request(f"X{alice.email.split('@')[0].upper()}".replace("-", ""), "/chat")
    alice.post(f"/api/keys/email/{alice.email}", {"x": "y" * 200_000})
    alice.raw(f"GET /{alice.email} HTTP/1.1\r\nHost: {HOST}\r\nBroken {alice.email}\r\n\r\n".encode())
    alice.signed_in_socket().close()

    nginx, servers = deployment.nginx.logs(), deployment.server_logs()
    for secret in (*secrets, bob.email, message["ciphertext"], message["nonce"]):
        assert secret not in nginx + servers
    assert "@" not in nginx
    assert "127.0." not in nginx
    assert "?" not in nginx


def test_access_lines_have_the_documented_fields(deployment, visitor):
    before = deployment.nginx.access_lines("/api/keys/email/<path:email>")
    visitor.get("/api/keys/email/nobody@example.org?x=y")
    [line] = deployment.nginx.access_lines_after(before, 1, "/api/keys/email/<path:email>")
    assert {**line, "time": "", "seconds": 0, "process": "", "upstream_seconds": ""} == {
        "time": "",
        "scheme": "https",
        "method": "GET",
        "route": "/api/keys/email/<path:email>",
        "status": 401,
        "bytes": line["bytes"],
        "seconds": 0,
        "process": "",
        "upstream_seconds": "",
    }
    assert line["process"] in {str(server.port) for server in deployment.servers}
