"""The WebSocket, through the whole ASGI application."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from accounts.models import Session, User
from accounts.tokens import first_tokens
from conftest import envelope, new_spki
from messaging.realtime import consumer, dispatcher
from messaging.realtime.connections import connections
from vibechat.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)
HEADERS = [(b"host", b"localhost:8000"), (b"origin", b"http://localhost:8000")]
PATIENCE_SECONDS = 20


class Browser(WebsocketCommunicator):
    async def say(self, **frame):
        await self.send_json_to(frame)

    async def hear(self, kind=None):
        """Returns the next frame, or the next frame of a kind."""
        while True:
            frame = await self.receive_json_from(timeout=PATIENCE_SECONDS)
            if kind in (None, frame["type"]):
                return frame

    async def closed(self):
        """(reason, code) of the `disconnect` and the close that follow."""
        frame = await self.hear("disconnect")
        message = await self.receive_output(timeout=PATIENCE_SECONDS)
        assert message["type"] == "websocket.close"
        return frame["reason"], message["code"]


async def until(is_so):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def socket(headers=HEADERS):
    browser = Browser(application, "/ws/chat/", headers=headers)
    connected, _ = await browser.connect(timeout=PATIENCE_SECONDS)
    assert connected
    try:
        yield browser
    finally:
        await browser.disconnect()


@asynccontextmanager
async def signed_in(person, tokens=None):
    async with socket() as browser:
        await browser.say(type="connect", token=(tokens or person.tokens)["access"])
        browser.connected = await browser.hear("connected")
        yield browser


async def post(person, path, body=None):
    return await sync_to_async(person.post)(path, body)


async def test_it_works(alice, bob):
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        assert bobs.connected == {
            "type": "connected",
            "user": (await sync_to_async(bob.get)("/api/auth/me")).json(),
            "sequence": 0,
        }
        message = (await post(alice, "/api/messages/send", envelope(bob))).json()
        pushed = {"type": "new_message", "sequence": 1, "message": message}
        assert await bobs.hear() == await alices.hear() == pushed
        assert (await sync_to_async(bob.sync)())["events"] == [pushed]


async def test_message_is_accepted_and_pushed_to_every_socket(alice, bob):
    async with signed_in(alice) as one, signed_in(alice) as two, signed_in(bob) as bobs:
        body = envelope(bob)
        await one.say(type="send_message", **body)
        first, second = await one.hear(), await one.hear()
        accepted, pushed = sorted([first, second], key=lambda frame: frame["type"])
        assert accepted == {"type": "message_accepted", "sequence": 1, "message": pushed["message"]}
        assert pushed["message"]["client_id"] == body["client_id"]
        assert await two.hear() == await bobs.hear() == pushed
        response = await post(alice, "/api/messages/send", body)
        assert (response.status_code, response.json()) == (200, pushed["message"])
        assert await bobs.receive_nothing()


async def test_repeat_is_accepted_and_not_pushed(alice, bob):
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        body = envelope(bob)
        await alices.say(type="send_message", **body)
        accepted = await alices.hear("message_accepted")
        await bobs.hear("new_message")
        await alices.say(type="send_message", **body)
        assert await alices.hear("message_accepted") == accepted
        assert await bobs.receive_nothing()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"recipient_email": "nobody@example.org"}, "user_not_found"),
        ({"sender_fingerprint": "0" * 64}, "stale_key"),
        ({"nonce": "x"}, "invalid"),
        ({"recipient_email": "alice@example.org"}, "invalid"),
        ({"ciphertext": None}, "invalid"),
    ],
)
async def test_socket_refuses_like_the_post(alice, bob, change, code):
    body = envelope(bob, **change)
    expected = (await post(alice, "/api/messages/send", body)).json()
    async with signed_in(alice) as alices:
        await alices.say(type="send_message", **body)
        error = await alices.hear()
        assert error == {"type": "error", "client_id": body["client_id"], **expected}
        assert error["code"] == code
        await alices.say(type="send_message", **envelope(bob))
        assert (await alices.hear("message_accepted"))["sequence"] == 1


async def test_conflict_names_its_client_id(alice, bob):
    async with signed_in(alice) as alices:
        body = envelope(bob)
        await alices.say(type="send_message", **body)
        await alices.hear("message_accepted")
        await alices.say(type="send_message", **body | {"message_type": "other"})
        error = await alices.hear("error")
        assert (error["client_id"], error["code"]) == (body["client_id"], "client_id_conflict")


async def test_receipts_and_clearings_are_pushed_to_the_changed_mailboxes(alice, bob):
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        message = (await post(alice, "/api/messages/send", envelope(bob))).json()
        await alices.hear(), await bobs.hear()
        read = (await post(bob, f"/api/messages/{message['id']}/read")).json()
        status = {name: read[name] for name in ("id", "client_id", "delivered_at", "read_at")}
        expected = {"type": "message_status", "sequence": 2, "message": status}
        assert await alices.hear() == await bobs.hear() == expected
        await sync_to_async(bob.delete)(f"/api/messages/conversation/{alice.email}")
        assert await bobs.hear() == {"type": "conversation_cleared", "sequence": 3, "email": alice.email}
        assert await alices.receive_nothing()


async def test_outsider_gets_no_push(alice, bob, mallory):
    async with signed_in(mallory) as mallorys:
        message = (await post(alice, "/api/messages/send", envelope(bob))).json()
        await post(bob, f"/api/messages/{message['id']}/read")
        assert await mallorys.receive_nothing(timeout=0.3)


async def test_pushes_arrive_in_order_of_sequence(alice, bob):
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        for _ in range(20):
            await alices.say(type="send_message", **envelope(bob))
        assert [(await bobs.hear())["sequence"] for _ in range(20)] == list(range(1, 21))


@pytest.mark.parametrize("token", [None, "", "x", 5, ["x"], "\ud800", "é"])
async def test_invalid_token_is_4401(token):
    async with socket() as browser:
        await browser.send_to(text_data=json.dumps({"type": "connect", "token": token}))
        assert await browser.closed() == ("token_not_valid", 4401)


async def test_refresh_token_is_4401(alice):
    async with socket() as browser:
        await browser.say(type="connect", token=alice.tokens["refresh"])
        assert await browser.closed() == ("token_not_valid", 4401)


@pytest.mark.parametrize("frame", [{"type": "send_message"}, {"type": "keep_alive"}, {}, {"type": None}])
async def test_other_frame_before_connect_is_4401(frame):
    async with socket() as browser:
        await browser.send_json_to(frame)
        assert await browser.closed() == ("not_signed_in", 4401)


async def test_no_group_is_joined_before_the_token_is_checked(alice, bob):
    async with socket() as browser:
        await post(alice, "/api/messages/send", envelope(bob))
        assert await browser.receive_nothing(timeout=0.3)
        assert connections.all() == []


async def test_socket_without_sign_in_is_4408(settings):
    settings.SOCKET_CONNECT_SECONDS = 0.1
    async with socket() as browser:
        assert await browser.closed() == ("no_connect", 4408)


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "5", "null", '"x"', "{", "NaN", '{"a": NaN}', "[" * 50_000, '{"a":' * 20_000]
)
async def test_frame_that_is_not_a_json_object_is_4400(alice, text):
    async with signed_in(alice) as browser:
        await browser.send_input({"type": "websocket.receive", "text": text})
        assert await browser.closed() == ("not_a_json_object", 4400)


async def test_binary_frame_is_4400(alice):
    async with signed_in(alice) as browser:
        await browser.send_to(bytes_data=b'{"type": "keep_alive"}')
        assert await browser.closed() == ("not_a_json_object", 4400)


async def test_frame_over_128_kib_is_1009(alice):
    async with signed_in(alice) as browser:
        await browser.send_to(text_data=json.dumps({"type": "x" * 128 * 1024}))
        assert await browser.closed() == ("frame_too_big", 1009)


@pytest.mark.parametrize("kind", ["dance", None, 5, ["connect"], {"a": 1}, "new_message"])
async def test_unknown_type_is_an_error_and_the_socket_stays_open(alice, kind):
    async with signed_in(alice) as browser:
        await browser.send_json_to({"type": kind})
        error = await browser.hear()
        assert (error["type"], error["code"]) == ("error", "unknown_type")
        await browser.say(type="keep_alive")
        assert await browser.hear() == {"type": "alive"}


class TestConnectAgain:
    async def test_new_token_of_the_same_session_is_accepted(self, alice):
        async with signed_in(alice) as browser:
            await browser.say(type="connect", token=alice.tokens["access"])
            assert await browser.hear() == browser.connected

    async def test_token_of_another_session_is_4401(self, alice, bob):
        other = first_tokens(await sync_to_async(Session.objects.begin)(alice.user))
        for token in (other["access"], bob.tokens["access"]):
            async with signed_in(alice) as browser:
                await browser.say(type="connect", token=token)
                assert await browser.closed() == ("token_not_valid", 4401)

    async def test_it_postpones_the_expiry(self, alice, settings):
        from datetime import timedelta

        from django.utils import timezone

        from accounts.tokens import access_token

        settings.ACCESS_TOKEN_LIFETIME = timedelta(seconds=4)
        short = access_token(alice.session, 0, timezone.now())
        async with signed_in(alice, {"access": short}) as browser:
            await browser.say(type="connect", token=alice.tokens["access"])
            await browser.hear("connected")
            assert await browser.receive_nothing(timeout=4.5)


async def test_socket_with_an_expired_token_is_4401(alice, settings):
    from datetime import timedelta

    from django.utils import timezone

    from accounts.tokens import access_token

    settings.ACCESS_TOKEN_LIFETIME = timedelta(seconds=4)  # long enough to connect on a busy machine
    short = access_token(alice.session, 0, timezone.now())
    async with signed_in(alice, {"access": short}) as browser:
        assert await browser.closed() == ("token_expired", 4401)


@pytest.mark.parametrize("way", ["log-out", "suspension", "deletion", "password"])
async def test_end_of_the_session_closes_the_socket(alice, settings, way, monkeypatch):
    settings.SOCKET_CHECK_SECONDS = 0.1
    async with signed_in(alice) as browser:
        if way == "log-out":
            await post(alice, "/api/auth/logout")
        elif way == "suspension":
            await User.objects.filter(pk=alice.user.pk).aupdate(is_active=False)
        elif way == "deletion":
            await sync_to_async(alice.user.delete)()
        else:
            alice.user.set_password("wholly different words")
            await sync_to_async(alice.user.save)()
        assert await browser.closed() == ("session_over", 4401)


async def test_socket_that_missed_a_push_gets_a_resync(alice, bob, settings, monkeypatch):
    settings.SOCKET_CHECK_SECONDS = 0.1
    monkeypatch.setattr("messaging.realtime.connections.GRACE_SECONDS", 0.1)
    async with signed_in(bob) as browser:
        monkeypatch.setattr(dispatcher, "publish", lambda pushes: None)
        await post(alice, "/api/messages/send", envelope(bob))
        assert await browser.hear() == {"type": "resync"}
        assert await browser.receive_nothing(timeout=0.5)


async def test_replaced_key_is_a_resync_for_its_owner_only(alice, bob):
    def upload(spki):
        return post(alice, "/api/keys/upload", {"public_key": base64.b64encode(spki).decode()})

    first, second = new_spki(), new_spki()
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        for spki in (first, first):
            await upload(spki)
        assert await alices.receive_nothing(timeout=0.5)
        await upload(second)
        assert await alices.hear() == {"type": "resync"}
        assert await bobs.receive_nothing(timeout=0.5)


async def test_layer_outage_fails_no_send_and_ends_with_a_resync(alice, bob, monkeypatch):
    async with signed_in(bob) as browser:
        send_to_layer = dispatcher.send_to_layer

        was_tried = asyncio.Event()

        async def broken(pushes):
            was_tried.set()
            raise ConnectionError("the layer is away")

        monkeypatch.setattr(dispatcher, "send_to_layer", broken)
        assert (await post(alice, "/api/messages/send", envelope(bob))).status_code == 201
        await asyncio.wait_for(was_tried.wait(), PATIENCE_SECONDS)
        monkeypatch.setattr(dispatcher, "send_to_layer", send_to_layer)
        assert (await post(alice, "/api/messages/send", envelope(bob))).status_code == 201
        heard = [await browser.hear(), await browser.hear()]
        assert sorted(frame["type"] for frame in heard) == ["new_message", "resync"]


async def test_during_a_layer_outage_sockets_connect_and_are_checked_more_often(alice, bob, monkeypatch):
    from channels.layers import get_channel_layer

    async def away(*args):
        raise ConnectionError("Redis is away")

    monkeypatch.setattr("messaging.realtime.connections.LOST_CHECK_SECONDS", 0.1)
    monkeypatch.setattr("messaging.realtime.connections.GRACE_SECONDS", 0.1)
    for name in ("new_channel", "group_add", "group_send_many", "send"):
        monkeypatch.setattr(get_channel_layer(), name, away, raising=False)
    async with signed_in(bob) as browser:
        for _ in range(2):
            await post(alice, "/api/messages/send", envelope(bob))
            assert await browser.hear() == {"type": "resync"}


async def test_membership_lost_by_the_layer_is_joined_again(alice, bob, settings, monkeypatch):
    from channels.layers import get_channel_layer

    settings.SOCKET_CHECK_SECONDS = 0.1
    layer, joined = get_channel_layer(), []
    join = layer.group_add

    async def noted(*args):
        await join(*args)
        joined.append(args)

    async with signed_in(bob) as browser:
        membership = dispatcher.group(bob.user.pk), dispatcher.PushDispatcher.current.channel
        monkeypatch.setattr(layer, "group_add", noted, raising=False)
        await layer.group_discard(*membership)
        await until(lambda: membership in joined)
        await post(alice, "/api/messages/send", envelope(bob))
        assert await browser.hear("new_message")


async def test_silent_layer_is_noticed_and_reconnected(alice, bob, monkeypatch):
    from channels.layers import get_channel_layer

    async def swallowed(*args):
        pass

    monkeypatch.setattr(dispatcher, "HEARTBEAT_SECONDS", 0.1)
    async with signed_in(bob) as browser:
        current = dispatcher.PushDispatcher.current
        dead = current.channel
        with monkeypatch.context() as outage:
            outage.setattr(dispatcher, "SILENT_SECONDS", 0.2)
            outage.setattr(dispatcher, "RECONNECT_SECONDS", 0.4)
            outage.setattr(get_channel_layer(), "send", swallowed, raising=False)
            outage.setattr(get_channel_layer(), "group_send_many", swallowed, raising=False)
            await post(alice, "/api/messages/send", envelope(bob))
            await until(lambda: current.channel not in (dead, None))
        await until(lambda: not current.is_deaf)
        assert await browser.hear() == {"type": "resync"}
        await post(alice, "/api/messages/send", envelope(bob))
        assert await browser.hear("new_message")


async def test_failed_join_is_repeated_when_the_layer_is_back(alice, bob, monkeypatch):
    from channels.layers import get_channel_layer

    async def away(*args):
        raise ConnectionError("Redis is away")

    monkeypatch.setattr(dispatcher, "HEARTBEAT_SECONDS", 0.1)
    with monkeypatch.context() as outage:
        outage.setattr(get_channel_layer(), "group_add", away, raising=False)
        async with signed_in(bob) as browser:
            outage.undo()
            assert await browser.hear() == {"type": "resync"}
            await post(alice, "/api/messages/send", envelope(bob))
            assert (await browser.hear("new_message"))["sequence"] == 1


async def test_socket_51_of_a_person_is_4429(alice, bob, settings):
    settings.SOCKETS_PER_USER = 2
    async with signed_in(alice), signed_in(alice) as second, signed_in(bob):
        async with socket() as third:
            await third.say(type="connect", token=alice.tokens["access"])
            assert await third.closed() == ("too_many_sockets", 4429)
        await second.disconnect()
        async with signed_in(alice):
            pass


async def test_sockets_of_other_processes_count(alice, settings):
    from vibechat.core.limits import socket_places

    if not settings.REDIS_URL:
        pytest.skip("there is one process only")
    settings.SOCKETS_PER_USER = 2
    assert await socket_places.take(alice.user.pk, "of another process")
    async with signed_in(alice), socket() as second:
        await second.say(type="connect", token=alice.tokens["access"])
        assert await second.closed() == ("too_many_sockets", 4429)
        await socket_places.free(alice.user.pk, "of another process")
        async with signed_in(alice):
            pass


async def test_socket_over_the_frame_limit_is_4429(alice, settings):
    settings.RATELIMIT_ENABLE = True
    settings.SOCKET_FRAMES_BURST = 5
    settings.SOCKET_FRAMES_PER_SECOND = 1
    async with signed_in(alice) as browser:
        for _ in range(10):
            await browser.say(type="keep_alive")
        assert await browser.closed() == ("too_many_frames", 4429)


async def test_sends_by_socket_and_post_share_one_limit(alice, bob, settings):
    from vibechat.core import limits

    settings.RATELIMIT_ENABLE = True
    settings.SEND_LIMITS = {"account": (0.1, 3), "address": (1000, 1000)}
    async with signed_in(alice) as browser:
        for _ in range(2):
            await browser.say(type="send_message", **envelope(bob))
            await browser.hear("message_accepted")
        assert (await post(alice, "/api/messages/send", envelope(bob))).status_code == 201
        body = envelope(bob)
        await browser.say(type="send_message", **body)
        error = await browser.hear("error")
        assert (error["code"], error["client_id"]) == ("rate_limited", body["client_id"])
        assert error["retry_after"] >= 1
        response = await post(alice, "/api/messages/send", body)
        assert response.status_code == 429
        assert response.json()["code"] == "rate_limited"
        assert int(response.headers["Retry-After"]) >= 1
    assert limits.send_bucket


async def test_database_outage_is_an_error_frame(alice, bob, monkeypatch):
    from django.db import OperationalError

    def away(*args):
        raise OperationalError("server closed the connection")

    async with signed_in(alice) as browser:
        monkeypatch.setattr(consumer, "accept", away)
        body = envelope(bob)
        await browser.say(type="send_message", **body)
        error = await browser.hear("error")
        assert (error["code"], error["client_id"]) == ("unavailable", body["client_id"])


async def test_foreign_origin_is_refused_at_the_handshake():
    for origin in (b"https://evil.example", b"http://localhost:8001", b"https://localhost:8000", b"null"):
        browser = Browser(application, "/ws/chat/", headers=[(b"host", b"localhost:8000"), (b"origin", origin)])
        connected, _ = await browser.connect(timeout=PATIENCE_SECONDS)
        assert not connected


async def test_missing_origin_is_accepted(alice):
    async with socket(headers=[(b"host", b"localhost:8000")]) as browser:
        await browser.say(type="connect", token=alice.tokens["access"])
        await browser.hear("connected")
