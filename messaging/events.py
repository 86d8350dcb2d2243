"""What a change in a mailbox looks like to a client, and the way there: the only file that talks to the channel layer.

The database is the truth and a push only makes it quick: it comes after the commit, and one that is lost costs the
client a `sync`, never the sender an error.
"""

import asyncio
import json
import logging
from functools import partial

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from vibechat.times import iso

logger = logging.getLogger(__name__)
QUEUE_FRAMES = 10_000
PUSH_SECONDS = 2


def group(user_id: int) -> str:
    return f"user_{user_id}"


# --- the frames ------------------------------------------------------------------------------------------------------


def message_json(message) -> dict:
    """A message object: the same JSON for REST, for `sync` and for pushes."""
    return {
        "id": message.pk,
        "client_id": None if message.client_id is None else str(message.client_id),
        "sender_email": message.sender_email,
        "recipient_email": message.recipient_email,
        "ciphertext": message.ciphertext,
        "nonce": message.nonce,
        "salt": message.salt,
        "message_type": message.message_type,
        "suite": message.suite,
        "sender_fingerprint": message.sender_fingerprint,
        "recipient_fingerprint": message.recipient_fingerprint,
        "created_at": iso(message.created_at),
        "delivered_at": iso(message.delivered_at),
        "read_at": iso(message.read_at),
    }


def new_message_frame(sequence: int, message_object: dict) -> dict:
    return {"type": "new_message", "sequence": sequence, "message": message_object}


def cleared_frame(sequence: int, email: str) -> dict:
    return {"type": "conversation_cleared", "sequence": sequence, "email": email}


def status_frame(sequence: int, message) -> dict:
    status = {
        "id": message.pk,
        "client_id": None if message.client_id is None else str(message.client_id),
        "delivered_at": iso(message.delivered_at),
        "read_at": iso(message.read_at),
    }
    return {"type": "message_status", "sequence": sequence, "message": status}


# --- the pushes of a change: lists of (user_id, frame) ---------------------------------------------------------------


def new_message(message) -> list:
    message_object = message_json(message)
    return [
        (message.recipient_id, new_message_frame(message.recipient_sequence, message_object)),
        (message.sender_id, new_message_frame(message.sender_sequence, message_object)),
    ]


def message_status(messages) -> list:
    pushes = []
    for message in messages:
        pushes.append((message.recipient_id, status_frame(message.recipient_sequence, message)))
        if message.sender_id is not None and not message.sender_cleared:
            pushes.append((message.sender_id, status_frame(message.sender_sequence, message)))
    return pushes


def conversation_cleared(user_id, email, sequence) -> list:
    return [(user_id, cleared_frame(sequence, email))]


# --- the way there ---------------------------------------------------------------------------------------------------


def after_commit(pushes):
    transaction.on_commit(partial(publish, pushes), robust=True)


class Publisher:
    """Hands pushes to the channel layer in the order of their commits, from one task of the server's event loop.

    Nobody waits for it. What cannot be handed on is dropped, logged once per outage, and made good by `resync`.
    """

    current: "Publisher | None" = None

    def __init__(self, loop):
        self.loop = loop
        self.queue = asyncio.Queue(maxsize=QUEUE_FRAMES)
        self.lost = False
        self.on_healed = lambda: None
        self.task = loop.create_task(self.run())

    def put(self, pushes):
        for push in pushes:
            try:
                self.queue.put_nowait(push)
            except asyncio.QueueFull:
                self.lose("the queue is full")

    async def run(self):
        while True:
            user_id, frame = await self.queue.get()
            try:
                async with asyncio.timeout(PUSH_SECONDS):
                    await send_to_group(user_id, frame)
            except Exception as error:  # whatever the layer's client raises: the send itself is committed
                self.lose(type(error).__name__)
            else:
                self.heal()

    def lose(self, reason):
        if not self.lost:
            logger.error("push_failed", extra={"reason": reason})
        self.lost = True

    def heal(self):
        if self.lost:
            logger.warning("push_healed")
            self.lost = False
            self.on_healed()


async def send_to_group(user_id, frame):
    push = {"type": "push", "sequence": frame["sequence"], "text": json.dumps(frame)}
    await get_channel_layer().group_send(group(user_id), push)


async def send_all(pushes):
    async with asyncio.timeout(PUSH_SECONDS):
        for user_id, frame in pushes:
            await send_to_group(user_id, frame)


def attach() -> Publisher:
    """Make pushes go through the running event loop; called by whatever holds sockets open on it."""
    loop = asyncio.get_running_loop()
    if Publisher.current is None or Publisher.current.loop is not loop:
        Publisher.current = Publisher(loop)
    return Publisher.current


class PushesByThisLoop:
    """ASGI middleware: from the first request on, this process pushes from the loop that serves it."""

    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        attach()
        return await self.inner(scope, receive, send)


def publish(pushes):
    """From any thread. Where no server runs in this process (a command), straight to the layer."""
    publisher = Publisher.current
    if publisher is not None and publisher.loop.is_running():
        publisher.loop.call_soon_threadsafe(publisher.put, pushes)
        return
    try:
        async_to_sync(send_all)(pushes)
    except Exception as error:
        logger.error("push_failed", extra={"reason": type(error).__name__})
