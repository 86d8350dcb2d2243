"""The two channel layers, extended by `group_send_many` and `reconnect`."""

import asyncio
from collections.abc import Iterable
from typing import Any

from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer


class RedisLayer(RedisPubSubChannelLayer):
    async def group_send_many(self, messages: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Send in order, in one round trip. channels-redis needs a round trip for each message, so under load pushes
        would fall behind their messages.

        messages: list of (group, message)
        """
        layer = self._get_layer()
        shard = layer._shards[0]
        async with shard._lock:
            shard._ensure_redis()
            pipeline = shard._redis.pipeline(transaction=False)
            for group, message in messages:
                pipeline.publish(layer._get_group_channel_name(group), self.serialize(message))
            await pipeline.execute()

    async def reconnect(self) -> None:
        """Replace all connections."""
        layer = self._layers.pop(asyncio.get_running_loop(), None)
        if layer:
            await layer.flush()


class MemoryLayer(InMemoryChannelLayer):
    async def reconnect(self) -> None:
        await self.flush()

    async def group_send_many(self, messages: Iterable[tuple[str, dict[str, Any]]]) -> None:
        for group, message in messages:
            await self.group_send(group, message)


Layer = RedisLayer | MemoryLayer
