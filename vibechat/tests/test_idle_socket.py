"""By default, Redis clients drop a silent connection after five seconds."""

import json
import time

import pytest

from vibechat.tests.test_server import client_of, envelope, sign_in


def test_idle_socket_receives_later_pushes(new_server, backend):
    if backend != "services":
        pytest.skip("needs Redis")
    server = new_server().start().wait()
    alice, bob = server.register("alice"), server.register("bob")
    with server.socket() as connection, client_of(server, alice) as client:
        sign_in(connection, bob)
        time.sleep(6)
        sent = client.post("/api/messages/send", json=envelope(bob)).json()
        assert json.loads(connection.recv(timeout=10))["message"]["id"] == sent["id"]
