"""The floor: a minimal relay without any checks, as the baseline of the benchmarks.

A raw ASGI application on uvicorn. Each frame is one committed INSERT, then a PUBLISH to the recipient's channel, to
which the process with the recipient's socket is subscribed, then the acceptance. `connect` takes an email as token.
FLOOR_DROPS_EVERY=10 drops every tenth push, to test that the benchmark detects it.
"""

import asyncio
import json
import os

import asyncpg
import redis.asyncio

SCHEMA = """
CREATE TABLE IF NOT EXISTS relayed (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sender text NOT NULL, recipient text NOT NULL, client_id uuid NOT NULL, ciphertext text NOT NULL,
    nonce text NOT NULL, salt text NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
)
"""
INSERT = """
INSERT INTO relayed (sender, recipient, client_id, ciphertext, nonce, salt)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
POOL_SIZE = 8
DROPS_EVERY = int(os.environ.get("FLOOR_DROPS_EVERY", "0"))


class Relay:
    async def open(self):
        self.database = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=POOL_SIZE, max_size=POOL_SIZE)
        await self.database.execute(SCHEMA)
        self.redis = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"])
        self.subscription = self.redis.pubsub(ignore_subscribe_messages=True)
        self.sockets = {}
        self.forwarding = None

    async def close(self):
        if self.forwarding:
            self.forwarding.cancel()
        await self.subscription.aclose()
        await self.redis.aclose()
        await self.database.close()

    async def join(self, email, send):
        self.sockets.setdefault(email.encode(), []).append(send)
        await self.subscription.subscribe(email)
        self.forwarding = self.forwarding or asyncio.create_task(self.forward())

    def leave(self, email, send):
        self.sockets[email.encode()].remove(send)

    async def forward(self):
        async for pushed in self.subscription.listen():
            for send in list(self.sockets.get(pushed["channel"], ())):
                await send({"type": "websocket.send", "text": pushed["data"].decode()})

    async def take_in(self, sender, frame):
        recipient = frame["recipient_email"]
        row_id = await self.database.fetchval(
            INSERT, sender, recipient, frame["client_id"], frame["ciphertext"], frame["nonce"], frame["salt"]
        )
        message = {"id": row_id, "sender_email": sender, **frame}
        if not (DROPS_EVERY and row_id % DROPS_EVERY == 0):
            await self.redis.publish(recipient, json.dumps({"type": "new_message", "message": message}))
        return json.dumps({"type": "message_accepted", "message": message})


relay = Relay()


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["type"] == "websocket":
        await converse(receive, send)


async def live(receive, send):
    await receive()
    await relay.open()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await relay.close()
    await send({"type": "lifespan.shutdown.complete"})


async def converse(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    email = None
    while (event := await receive())["type"] == "websocket.receive":
        frame = json.loads(event["text"])
        if frame.pop("type") == "connect":
            email = frame["token"]
            await relay.join(email, send)
            await send({"type": "websocket.send", "text": json.dumps({"type": "connected"})})
        else:
            await send({"type": "websocket.send", "text": await relay.take_in(email, frame)})
    if email:
        relay.leave(email, send)
