"""Ephemeral frames are pushed to the recipient's sockets and stored nowhere."""

import base64
import json

import pytest
from asgiref.sync import sync_to_async

from conftest import envelope
from messaging.models import Message
from messaging.realtime import dispatcher
from messaging.realtime.payloads import Push
from messaging.realtime.send_buffer import RESYNC, SendBuffer
from messaging.serializers import EPHEMERAL_BYTES
from messaging.tests.test_socket import post, signed_in, socket

pytestmark = pytest.mark.django_db(transaction=True)
LIMITS = dict.fromkeys(("account", "address", "socket", "pair"), (1000, 1000))
PAYLOAD = base64.b64encode(b"opaque").decode()


def to(person, payload=PAYLOAD):
    return {"type": "send_ephemeral", "recipient_email": person.user.email, "payload": payload}


async def refusal(browser, frame):
    await browser.say(**frame)
    error = await browser.hear()
    assert (error["type"], error["client_id"]) == ("error", None)
    return error


async def test_it_works(alice, bob, mallory):
    async with (
        signed_in(alice) as one,
        signed_in(alice) as two,
        signed_in(bob) as bobs,
        signed_in(bob) as others,
        signed_in(mallory) as mallorys,
    ):
        await one.say(**to(bob))
        frame = {"type": "ephemeral", "sender_email": alice.user.email, "payload": PAYLOAD}
        assert await bobs.hear() == await others.hear() == frame
        for browser in (one, two, mallorys):
            assert await browser.receive_nothing()


async def test_it_takes_no_sequence_and_is_stored_nowhere(alice, bob):
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        await alices.say(**to(bob))
        await bobs.hear("ephemeral")
        assert await sync_to_async(Message.objects.count)() == 0
        message = (await post(alice, "/api/messages/send", envelope(bob))).json()
        assert await bobs.hear() == {"type": "new_message", "sequence": 1, "message": message}
        assert [event["type"] for event in (await sync_to_async(bob.sync)())["events"]] == ["new_message"]


async def test_it_is_not_delivered_later(alice, bob):
    async with signed_in(alice) as alices:
        await alices.say(**to(bob))
        await alices.say(type="keep_alive")
        assert await alices.hear() == {"type": "alive"}
        async with signed_in(bob) as bobs:
            assert await bobs.receive_nothing()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"recipient_email": "alice@example.org"}, "recipient_email"),
        ({"recipient_email": None}, "recipient_email"),
        ({"recipient_email": ["bob@example.org"]}, "recipient_email"),
        ({"payload": None}, "payload"),
        ({"payload": ""}, "payload"),
        ({"payload": {}}, "payload"),
        ({"payload": "b3BhcXVl "}, "payload"),
        ({"payload": base64.b64encode(bytes(EPHEMERAL_BYTES + 1)).decode()}, "payload"),
    ],
)
async def test_malformed_frame_is_refused(alice, bob, change, field):
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        error = await refusal(alices, {**to(bob), **change})
        assert (error["code"], list(error["fields"])) == ("invalid", [field])
        assert await bobs.receive_nothing()


async def test_payload_of_the_largest_size_is_pushed(alice, bob):
    payload = base64.b64encode(bytes(EPHEMERAL_BYTES)).decode()
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        await alices.say(**to(bob, payload))
        assert (await bobs.hear())["payload"] == payload


async def test_unknown_and_suspended_recipients_get_the_same_refusal(alice, bob):
    async with signed_in(alice) as alices:
        nobody = await refusal(alices, {**to(bob), "recipient_email": "nobody@example.org"})
        bob.user.is_active = False
        await sync_to_async(bob.user.save)()
        assert await refusal(alices, to(bob)) == nobody
        assert nobody["code"] == "user_not_found"


async def test_socket_before_sign_in_is_4401(bob):
    async with socket() as browser:
        await browser.say(**to(bob))
        assert await browser.closed() == ("not_signed_in", 4401)


async def test_ended_session_pushes_nothing(alice, bob):
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        assert (await post(alice, "/api/auth/logout")).status_code == 204
        await alices.say(**to(bob))
        assert await alices.closed() == ("session_over", 4401)
        assert await bobs.receive_nothing()


async def test_ephemeral_frames_have_a_separate_limit(alice, bob, settings):
    settings.RATELIMIT_ENABLE = True
    settings.EPHEMERAL_LIMITS = LIMITS | {"account": (0.1, 2)}
    async with signed_in(alice) as alices, signed_in(alice) as another, signed_in(bob) as bobs:
        await alices.say(**to(bob))
        await another.say(**to(bob))
        await bobs.hear("ephemeral")
        await bobs.hear("ephemeral")
        error = await refusal(alices, to(bob))
        assert error["code"] == "rate_limited"
        assert error["retry_after"] >= 1
        await alices.say(type="send_message", **envelope(bob))
        assert await alices.hear("message_accepted")


async def test_flood_to_one_person_is_refused_and_others_still_hear(alice, bob, mallory, settings):
    settings.RATELIMIT_ENABLE = True
    settings.EPHEMERAL_LIMITS = LIMITS | {"pair": (0.1, 2)}
    async with (
        signed_in(alice) as alices,
        signed_in(alice) as another,
        signed_in(bob) as bobs,
        signed_in(mallory) as mallorys,
    ):
        for browser in (alices, another):
            await browser.say(**to(bob))
            await bobs.hear("ephemeral")
        assert (await refusal(another, to(bob)))["code"] == "rate_limited"
        await alices.say(**to(mallory))
        await mallorys.hear("ephemeral")
        await mallorys.say(**to(bob))
        await bobs.hear("ephemeral")
        assert await bobs.receive_nothing()


async def test_flood_over_one_socket_is_refused_and_closes_nothing(alice, bob, settings):
    settings.RATELIMIT_ENABLE = True
    settings.EPHEMERAL_LIMITS = LIMITS | {"socket": (0.1, 2)}
    async with signed_in(alice) as alices, signed_in(alice) as another, signed_in(bob) as bobs:
        for _ in range(2):
            await alices.say(**to(bob))
            await bobs.hear("ephemeral")
        for _ in range(20):
            assert (await refusal(alices, to(bob)))["code"] == "rate_limited"
        await alices.say(type="send_message", **envelope(bob))
        assert await alices.hear("message_accepted")
        await bobs.hear("new_message")
        await another.say(**to(bob))
        await bobs.hear("ephemeral")


async def test_undeliverable_frame_is_dropped_without_a_resync(alice, bob, monkeypatch):
    async with signed_in(alice) as alices, signed_in(bob) as bobs:
        with monkeypatch.context() as full:
            full.setattr(dispatcher, "QUEUE_BYTES", 0)
            await alices.say(**to(bob))
            await alices.say(type="keep_alive")
            assert await alices.hear() == {"type": "alive"}
        assert not dispatcher.PushDispatcher.current.lost
        assert await bobs.receive_nothing()


async def test_frame_to_a_client_that_does_not_read_is_dropped_without_a_resync(settings):
    settings.SOCKET_UNSENT_BYTES = 10
    sent = []

    async def send(text):
        sent.append(text)

    buffer = SendBuffer(send)
    buffer.put("x" * 11, is_ephemeral=True)
    buffer.put("short")
    buffer.release()
    await buffer.task
    assert sent == ["short"]
    buffer.put("x" * 11)
    buffer.put("short")
    await buffer.task
    assert sent == ["short", "short", RESYNC]


def test_push_from_an_older_release_is_not_ephemeral():
    assert Push(1, 1, json.dumps({})).is_ephemeral is False
