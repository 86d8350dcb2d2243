"""Browsers are woken by Web Push: the subscriptions, the request, and whom a message wakes."""

import asyncio
import base64
import http.client
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
import pytest
from asgiref.sync import sync_to_async
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import override_settings
from rest_framework.test import APIClient

from conftest import envelope
from contacts.models import Block
from messaging.accept import acceptance
from messaging.web_push import requests, sender
from messaging.web_push.sender import PushSender, notify, wake
from messaging.web_push.subscriptions import MOST_OF_A_PERSON, PushSubscription, is_push_service
from tests.support.nasty_inputs import BODIES

URL = "/api/push"
BODY = BODIES["POST", URL]


def b64(raw):
    return base64.b64encode(raw).decode()


def url_safe(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def at(path, host="fcm.googleapis.com"):
    return BODY | {"endpoint": f"https://{host}/{path}"}


class TestSubscriptions:
    pytestmark = pytest.mark.django_db

    def test_it_works(self, alice, bob):
        answer = alice.post(URL, at("first"))
        assert answer.status_code == 201
        first, second = answer.json(), alice.post(URL, at("second")).json()
        assert first.pop("token") != second.pop("token")
        assert set(first) == {"id", "endpoint", "created_at"}
        state = alice.get(URL).json()
        assert state["results"] == [second, first]
        assert len(base64.b64decode(state["key"])) == 65
        assert bob.get(URL).json() == {"key": state["key"], "results": []}
        assert [person.delete(f"{URL}/{second['id']}").status_code for person in (bob, alice, alice)] == [404, 204, 404]
        assert alice.get(URL).json()["results"] == [first]

    def test_repeat_is_200_and_takes_the_new_keys(self, alice):
        first, again = alice.post(URL, BODY), alice.post(URL, BODY | {"auth": b64(b"a" * 16)})
        assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
        assert PushSubscription.objects.get().auth == b64(b"a" * 16)

    def test_endpoint_follows_who_is_logged_in_in_that_browser(self, alice, bob):
        alice.post(URL, BODY)
        bob.post(URL, BODY)
        assert PushSubscription.objects.get().user == bob.user
        assert alice.get(URL).json()["results"] == []

    def test_oldest_give_way(self, alice):
        for number in range(MOST_OF_A_PERSON + 2):
            alice.post(URL, at(number))
        endpoints = [row["endpoint"] for row in alice.get(URL).json()["results"]]
        assert len(endpoints) == MOST_OF_A_PERSON
        assert (endpoints[0], endpoints[-1]) == (at(MOST_OF_A_PERSON + 1)["endpoint"], at(2)["endpoint"])

    @pytest.mark.parametrize(
        "endpoint",
        ["", "x", 5, None, "http://fcm.googleapis.com/x", "https://fcm.googleapis.com", "https://FCM.googleapis.com/x",
         "https://fcm.googleapis.com:8443/x", "https://user@fcm.googleapis.com/x", "https://fcm.googleapis.com/x y",
         "https://fcm.googleapis.com/x\n", "https://fcm.googleapis.com/" + "x" * 901, "https://127.0.0.1/x",
         "https://localhost/x", "https://[::1]/x", "https://fcm.googleapis.com.example.org/x", "https://example.org/x",
         "https://xfcm.googleapis.com/x", "https://push.apple.com/x", "https://push.apple.com.example.org/x",
         "https://example.org/fcm.googleapis.com/", "https://fcm.googleapis.com#@example.org/", "file:///etc/passwd",
         "https://fcm.googleapis.com\\@example.org/x", "https://169.254.169.254/latest/meta-data", "ftp://x/y"],
    )  # fmt: skip
    def test_other_addresses_are_400(self, alice, endpoint):
        refused = alice.post(URL, BODY | {"endpoint": endpoint})
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["endpoint"])
        assert not PushSubscription.objects.exists()

    @pytest.mark.parametrize(
        "host",
        ["fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "wns2-x.notify.windows.com"],
    )
    def test_push_services_of_known_browsers_are_accepted(self, alice, host):
        assert alice.post(URL, at("x", host)).status_code == 201

    @pytest.mark.parametrize(
        ("field", "value"),
        [("p256dh", b64(b"\4" + b"\1" * 64)), ("p256dh", b64(b"\4" * 64)), ("p256dh", None), ("auth", b64(b"a" * 15)),
         ("auth", None), ("p256dh", b64(b"\2" + b"\1" * 64))],
    )  # fmt: skip
    def test_malformed_keys_are_400(self, alice, field, value):
        refused = alice.post(URL, BODY | {field: value})
        assert (refused.status_code, list(refused.json()["fields"])) == (400, [field])

    @override_settings(PUSH_HOSTS=[])
    def test_server_without_hosts_accepts_none(self, alice):
        assert alice.post(URL, BODY).json()["fields"]["endpoint"][0]["code"] == "unknown_push_host"

    def test_session_that_is_over_wakes_nobody(self, alice):
        alice.post(URL, BODY)
        assert sender.subscriptions_of([alice.user.pk])
        alice.session.end()
        assert sender.subscriptions_of([alice.user.pk]) == []

    def test_they_go_with_the_account(self, alice):
        alice.post(URL, BODY)
        alice.user.delete()
        assert not PushSubscription.objects.exists()


# --- what a woken browser asks ---------------------------------------------------------------------------------------


@pytest.fixture
def woken_token(alice):
    return alice.post(URL, BODY).json()["token"]


def news(token, after=0):
    return APIClient().post(f"{URL}/news", {"token": token, "after": after}, format="json")


@pytest.mark.django_db
class TestNews:
    def test_it_works(self, alice, bob, mallory, woken_token):
        bob.send(alice)
        mallory.send(alice)
        sent = bob.send(alice)
        newest = alice.get("/api/messages/sync?after=0").json()["events"]
        assert [event["message"]["id"] for event in newest][-1] == sent["id"]
        answer = news(woken_token)
        assert answer.status_code == 200
        assert answer.json()["results"] == [
            {"email": bob.email, "sequence": newest[-1]["sequence"]},
            {"email": mallory.email, "sequence": newest[-2]["sequence"]},
        ]
        assert news(woken_token, newest[-2]["sequence"]).json()["results"] == answer.json()["results"][:1]
        assert news(woken_token, newest[-1]["sequence"]).json()["results"] == []

    def test_what_needs_no_attention_is_left_out(self, alice, bob, mallory, woken_token):
        bob.send(alice, quiet=True)
        alice.post(f"/api/messages/{bob.send(alice)['id']}/read", {})
        Block.objects.create(user=alice.user, blocked=mallory.user)
        mallory.send(alice)
        alice.send(bob)
        assert news(woken_token).json()["results"] == []

    @pytest.mark.parametrize("token", ["x", "", "a:b:c"])
    def test_other_tokens_are_refused(self, token, db):
        assert news(token).status_code in (400, 403)

    @pytest.mark.parametrize("after", [-1, -0.0, 1.0, "7", True, None, 2**63])
    def test_other_sequences_are_refused(self, woken_token, after):
        assert list(news(woken_token, after).json()["fields"]) == ["after"]

    def test_token_ends_with_the_session(self, alice, woken_token):
        alice.session.end()
        assert (news(woken_token).status_code, news(woken_token).json()["code"]) == (403, "subscription_over")

    def test_token_ends_with_the_subscription(self, alice, woken_token):
        alice.delete(f"{URL}/{alice.get(URL).json()['results'][0]['id']}")
        assert news(woken_token).status_code == 403

    def test_token_ends_when_another_account_subscribes_in_that_browser(self, bob, woken_token):
        bobs = bob.post(URL, BODY).json()["token"]
        assert (news(woken_token).status_code, news(bobs).status_code) == (403, 200)

    def test_token_is_no_access_token(self, alice, anonymous, woken_token):
        anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {woken_token}")
        assert anonymous.get("/api/messages/sync?after=0").status_code == 401
        assert news(alice.tokens["access"]).status_code == 400


@pytest.mark.django_db
class TestMoved:
    def move(self, token, **changes):
        return APIClient().post(f"{URL}/moved", at("moved") | {"token": token} | changes, format="json")

    def test_it_works(self, alice, woken_token):
        assert self.move(woken_token).status_code == 204
        [row] = alice.get(URL).json()["results"]
        assert row["endpoint"] == at("moved")["endpoint"]
        assert news(woken_token).status_code == 200, "the token stays"

    def test_subscription_that_had_the_address_gives_way(self, alice, bob, woken_token):
        bob.post(URL, at("moved"))
        assert self.move(woken_token).status_code == 204
        assert PushSubscription.objects.get().user == alice.user

    def test_other_tokens_are_refused(self, alice, woken_token):
        assert self.move("x").status_code == 403
        alice.session.end()
        assert self.move(woken_token).status_code == 403

    def test_other_addresses_are_400(self, woken_token):
        assert self.move(woken_token, endpoint="https://127.0.0.1/x").status_code == 400


# --- the request -----------------------------------------------------------------------------------------------------


def test_content_is_encrypted_as_in_rfc_8291_appendix_a():
    own = ec.derive_private_key(
        int.from_bytes(url_safe("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    theirs = url_safe("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4")
    body = requests.sealed(
        b"When I grow up, I want to be a watermelon",
        theirs,
        url_safe("BTBZMqHH6r4Tts7J_aSIgg"),
        own,
        url_safe("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert body == url_safe(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_server_names_itself_as_in_rfc_8292():
    scheme, token, key = requests.authorization("fcm.googleapis.com").replace(",", "").split()
    assert (scheme, token[:2], key[:2]) == ("vapid", "t=", "k=")
    assert url_safe(key[2:]) == base64.b64decode(requests.public_key())
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), url_safe(key[2:]))
    claims = jwt.decode(token[2:], public, algorithms=["ES256"], audience="https://fcm.googleapis.com")
    assert set(claims) == {"aud", "exp", "sub"}
    assert claims["sub"].startswith("https://")


def test_wildcard_stands_for_subdomains_only():
    with override_settings(PUSH_HOSTS=["*.push.example.org", "one.example.org"]):
        assert is_push_service("a.push.example.org")
        assert is_push_service("one.example.org")
        for host in ("push.example.org", "xpush.example.org", "a.one.example.org", "", "example.org"):
            assert not is_push_service(host)


@pytest.fixture
def push_service(monkeypatch):
    """On loopback and without TLS, in place of the connection to a push service."""
    heard = []

    class Service(BaseHTTPRequestHandler):
        status, location = 201, None

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            heard.append((self.path, dict(self.headers), self.rfile.read(length)))
            self.send_response(type(self).status)
            self.send_header("Content-Length", "0")
            if self.location:
                self.send_header("Location", self.location)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(sender, "connect", lambda host: http.client.HTTPConnection("127.0.0.1", server.server_port))
    Service.heard = heard
    yield Service
    server.shutdown()
    thread.join()
    server.server_close()


def subscription(person, path="x"):
    return PushSubscription.objects.get(pk=person.post(URL, at(path)).json()["id"])


@pytest.mark.django_db
def test_request_has_the_same_size_and_headers_each_time(alice, push_service):
    row = subscription(alice, "path?query")
    assert [wake(row), wake(row)] == [201, 201]
    (path, headers, first), (_, again, second) = push_service.heard
    assert path == "/path?query"
    assert first != second
    assert len(first) == len(second) == 16 + 4 + 1 + 65 + len(requests.PAYLOAD) + 1 + 16
    assert headers["Content-Encoding"] == "aes128gcm"
    assert headers["TTL"] == "86400"
    assert {**headers, "Authorization": ""} == {**again, "Authorization": ""}


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "remain"), [(404, 0), (410, 0), (429, 1), (500, 1), (201, 1)])
def test_browser_that_has_unsubscribed_is_forgotten(alice, push_service, status, remain):
    push_service.status = status
    assert wake(subscription(alice)) == status
    assert PushSubscription.objects.count() == remain


@pytest.mark.django_db
def test_redirect_is_not_followed(alice, push_service):
    push_service.status, push_service.location = 307, "/elsewhere"
    assert wake(subscription(alice)) == 307
    assert [path for path, _, _ in push_service.heard] == ["/x"]


@pytest.mark.django_db
def test_nothing_is_sent_to_a_host_that_is_allowed_no_more(alice, push_service):
    row = subscription(alice)
    with override_settings(PUSH_HOSTS=[]):
        assert wake(row) == 0
    assert push_service.heard == []
    assert PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "0.0.0.0"]
)
@pytest.mark.django_db
def test_private_address_is_not_connected_to(alice, monkeypatch, address):
    found = [(None, None, None, "", (public, 443)) for public in ("142.250.1.95", address)]
    monkeypatch.setattr(sender.socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(sender.socket, "create_connection", lambda *_: pytest.fail("connected"))
    assert wake(subscription(alice)) == 0


@pytest.mark.django_db
def test_unreachable_service_is_only_logged(alice, monkeypatch):
    def refuse(*_):
        raise ConnectionRefusedError

    monkeypatch.setattr(sender, "public_address", lambda host: "192.0.2.1")
    monkeypatch.setattr(sender.socket, "create_connection", refuse)
    assert wake(subscription(alice)) == 0
    assert PushSubscription.objects.exists()


# --- whom a message wakes --------------------------------------------------------------------------------------------


@pytest.fixture
def woken(monkeypatch):
    """The ids of people to be woken, in a process that has a sender."""
    monkeypatch.setattr(sender, "senders", [object()])
    sender.waiting.clear()
    yield sender.waiting
    sender.waiting.clear()


@pytest.mark.django_db
def test_message_wakes_its_recipient(alice, bob, woken):
    body = envelope(bob)
    alice.send(bob, **body)
    assert woken == {bob.user.pk}
    woken.clear()
    assert alice.post("/api/messages/send", body).status_code == 200
    assert woken == set()


@pytest.mark.django_db(transaction=True)
async def test_message_in_the_event_loop_wakes_its_recipient(alice, bob, woken):
    try:
        await acceptance.accept(alice.session.pk, alice.user.pk, envelope(bob))
    finally:
        await acceptance.close()
    assert woken == {bob.user.pk}


@pytest.mark.django_db
@pytest.mark.parametrize("more", [{"quiet": True}, {"message_type": "receipt"}])
def test_quiet_messages_and_receipts_wake_nobody(alice, bob, woken, more):
    alice.send(bob, **more)
    assert woken == set()


@pytest.mark.django_db
def test_blocked_person_wakes_nobody(alice, bob, woken):
    Block.objects.create(user=bob.user, blocked=alice.user)
    alice.send(bob)
    assert woken == set()


@pytest.mark.django_db
def test_test_wakes_ones_own_browsers(alice, woken):
    assert alice.post(f"{URL}/test").status_code == 204
    assert woken == {alice.user.pk}


def test_too_many_people_are_not_kept(woken, monkeypatch):
    monkeypatch.setattr(sender, "MOST_WAITING", 2)
    for number in range(5):
        notify(number)
    assert woken == {0, 1}


def test_process_without_a_sender_keeps_nobody(woken, monkeypatch):
    monkeypatch.setattr(sender, "senders", [])
    notify(7)
    assert woken == set()


@pytest.mark.django_db(transaction=True)
async def test_sender_wakes_each_browser_once_a_round_and_survives_failures(alice, bob, monkeypatch, push_service):
    monkeypatch.setattr(sender, "PAUSE_SECONDS", 0.01)
    for person, path in ((alice, "one"), (alice, "two"), (bob, "bobs")):
        await sync_to_async(person.post)(URL, at(path))
    real, failures = sender.subscriptions_of, [OSError("away")]

    def away_at_first(people):
        if failures:
            raise failures.pop()
        return real(people)

    monkeypatch.setattr(sender, "subscriptions_of", away_at_first)
    task = PushSender()
    task.start()
    try:
        async with asyncio.timeout(60):
            notify(alice.user.pk)
            while failures:
                await asyncio.sleep(0.02)
            for _ in range(3):
                notify(alice.user.pk)
            while len(push_service.heard) < 2:
                await asyncio.sleep(0.02)
    finally:
        task.stop()
    assert {path for path, _, _ in push_service.heard} == {"/one", "/two"}
    assert sender.senders == []
