"""Two server processes behind one nginx."""

import json
import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.deployment.rolling_restart import count_calls
from tests.deployment.visitor import envelope, next_frame


@pytest.fixture
def servers(deployment, visitor):
    """The servers, which a test may stop. They are started again afterwards."""
    yield deployment.servers
    for server in deployment.servers:
        if server.process.poll() is not None:
            server.start()
    deadline = time.monotonic() + 30
    while visitor.get("/api/health/ready").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def friends(new_visitor):
    alice, bob = new_visitor(), new_visitor()
    alice.register(), bob.register()
    return alice, bob


def test_people_on_different_processes_get_each_others_messages(deployment, friends):
    alice, bob = friends
    before = deployment.nginx.access_lines("/ws/chat/")
    hers, his = alice.signed_in_socket(), bob.signed_in_socket()
    first, second = envelope(bob), envelope(alice)
    hers.send(json.dumps({"type": "send_message", **first}))
    assert next_frame(his, "new_message")["message"]["ciphertext"] == first["ciphertext"]
    assert bob.post("/api/messages/send", second).status_code == 201
    assert next_frame(hers, "new_message")["message"]["client_id"] == first["client_id"]
    assert next_frame(hers, "new_message")["message"]["ciphertext"] == second["ciphertext"]
    hers.close(), his.close()
    processes = {line["process"] for line in deployment.nginx.access_lines_after(before, 2, "/ws/chat/")}
    assert processes == {str(server.port) for server in deployment.servers}


def test_processes_share_rate_limits(deployment, visitor):
    before = deployment.nginx.access_lines("/api/auth/login")
    wrong = {"email": visitor.email, "password": "not the password"}
    refused = 0
    while (answer := visitor.post("/api/auth/login", wrong)).status_code == 401:
        refused += 1
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert 10 <= refused < 20, "separate limits would allow 20; a new window can allow more than 10"
    processes = {line["process"] for line in deployment.nginx.access_lines_after(before, 10, "/api/auth/login")}
    assert processes == {str(server.port) for server in deployment.servers}


def test_one_process_can_be_restarted(servers, friends):
    alice, bob = friends
    sockets = {alice: alice.signed_in_socket(), bob: bob.signed_in_socket()}
    servers[0].stop()
    answers = [alice.post("/api/messages/send", envelope(bob)).status_code for _ in range(10)]
    assert answers == [201] * 10
    moved = [person for person, chat in sockets.items() if is_told_to_go(chat)]
    assert len(moved) == 1
    sockets[moved[0]] = moved[0].signed_in_socket()
    sent = envelope(bob)
    sockets[alice].send(json.dumps({"type": "send_message", **sent}))
    while next_frame(sockets[bob], "new_message")["message"]["client_id"] != sent["client_id"]:
        pass


def test_rolling_restart_fails_no_call(servers, deployment):
    counts = count_calls(deployment, rate=40)
    assert counts.total() > 100
    assert counts.keys() == {"answered"}, counts


def is_told_to_go(chat) -> bool:
    """Whether the server sent `disconnect` and closed the socket with 1012, as one does that is stopped."""
    try:
        while json.loads(chat.recv(timeout=3))["type"] != "disconnect":
            pass
        chat.recv(timeout=5)
    except ConnectionClosed as closed:
        return closed.rcvd.code == 1012
    except TimeoutError:
        return False
    return False


def test_nginx_answers_unavailable_without_server_processes(servers, visitor):
    for server in servers:
        server.stop()
    api, page, static = visitor.get("/api/auth/me"), visitor.get("/chat"), visitor.get("/static/js/login.js")
    assert (api.status_code, api.json()["code"], api.headers["Retry-After"]) == (503, "unavailable", "2")
    assert (page.status_code, page.headers["Content-Type"], page.headers["Retry-After"]) == (503, "text/html", "2")
    assert api.headers.get_list("Strict-Transport-Security") == ["max-age=31536000"]
    assert static.status_code == 200
