"""Faults of clients: one does not read, one was offline, many repeat their messages."""

import asyncio

from tests.faults.client import Client
from tests.faults.machine import resident_bytes
from tests.faults.scale import Scale
from tests.faults.town import Town

MEBIBYTE = 2**20
LARGE_BYTES = 60 * 1024
EXCHANGES = 10
WAITING_MESSAGES = 500


async def slow_reader(town: Town, scale: Scale) -> None:
    """Bob's browsers stop reading while large messages arrive for him. Others go on, and the memory of the servers
    grows by far less than the unread messages.
    """
    slow = town.clients_of("bob")
    await be_deaf(town, slow)
    before = [resident_bytes(server.process) for server in town.servers]
    for number in range(scale.flood_messages):
        town.clients_of(("dave", "carol")[number % 2])[0].outbox.put(town.person("bob"), LARGE_BYTES)
    for _ in range(EXCHANGES):
        await exchange(town, *town.clients_of("alice"))
    await town.until(town.all_sent, "the large messages are acknowledged", 60 + scale.flood_messages / 10)
    unread = scale.flood_messages * LARGE_BYTES * 4 / 3
    for server, bytes_before in zip(town.servers, before, strict=True):
        check_growth(town, resident_bytes(server.process) - bytes_before, unread)
    for client in slow:
        client.reading.set()


async def be_deaf(town: Town, clients: list[Client]) -> None:
    """Open a socket with a small receive buffer, and stop reading after the connect."""
    for client in clients:
        client.receive_buffer_bytes = 4096
        await client.hang_up()
    await town.until(lambda: all(client.socket for client in clients), "the small sockets are open")
    for client in clients:
        client.reading.clear()


async def exchange(town: Town, writer: Client, other: Client) -> None:
    """Send a message and wait until another browser of the sender, on the other server, has it."""
    client_id = writer.outbox.put(town.person("carol"))
    await town.until(lambda: has(other, client_id), "others talk while somebody reads nothing")


def has(client: Client, client_id: str) -> bool:
    return any(message["client_id"] == client_id for message in client.mailbox.messages.values())


def check_growth(town: Town, growth: int, unread: float) -> None:
    most = 20 * MEBIBYTE
    assert unread > 1.5 * most, "the flood is too small to show anything"
    if growth > most:
        town.ledger.complain(f"a server grew by {growth / MEBIBYTE:.1f} MiB for {unread / MEBIBYTE:.1f} MiB unread")


async def offline_with_500_waiting(town: Town, scale: Scale) -> None:
    away = town.clients_of("bob")
    await asyncio.gather(*(client.go_offline() for client in away))
    writers = [client for client in town.clients if client not in away]
    for number in range(WAITING_MESSAGES):
        writers[number % len(writers)].outbox.put(town.person("bob"))
    await town.until(town.all_sent, "500 messages are acknowledged", 60)
    for client in away:
        client.go_online()


async def repeated_by_every_transport(town: Town, scale: Scale) -> None:
    """Send each message, and an old one with it, by both transports and to both processes concurrently."""
    for client in town.clients:
        client.outbox.sends_copies = True
    async with town.busy():
        await asyncio.sleep(scale.copies_seconds)
