"""A client that behaves as the contract asks of a browser: it trusts its cursor, and the database more than pushes."""

import asyncio
import contextlib
import json
import random
import socket

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.browser.site import Server
from tests.faults.ledger import Fresh
from tests.faults.mailbox import Mailbox
from tests.faults.outbox import Outbox
from tests.faults.person import ANSWER_SECONDS, Away, Person

HOLE_SECONDS = 0.3
LONGEST_WAIT_SECONDS = 1
POLL_SECONDS = 2
CHANGES = {"new_message", "message_status", "conversation_cleared"}


class Client:
    def __init__(self, name: str, person: Person, servers: list[Server], seed: int):
        self.name, self.person, self.servers = name, person, servers
        self.ledger = person.ledger
        self.random = random.Random(seed)
        self.mailbox = Mailbox()
        self.outbox = Outbox(self)
        self.socket: ClientConnection | None = None
        self.server = servers[0]
        self.sends_to = servers
        self.sync_wanted = asyncio.Event()
        self.online = asyncio.Event()
        self.is_taken = asyncio.Event()  # set when the socket has accepted the newest token
        self.reading = asyncio.Event()
        self.reading.set()
        self.pushed: set[int] = set()  # sequences that came by push
        self.goodbyes: list[
            tuple[str | None, int | None]
        ] = []  # for each closed socket: reason of `disconnect`, close code
        self.tasks: list[asyncio.Task] = []
        self.was_connected, self.polled_at = False, 0.0
        self.receive_buffer_bytes = 0  # 0: the default of the system

    # --- online and offline ----------------------------------------------------------------------------------------

    def start(self) -> None:
        self.online.set()
        jobs = (self.keep_connected(), self.keep_synced(), self.outbox.empty_for_ever())
        self.tasks = [asyncio.create_task(self.guarded(job)) for job in jobs]

    async def guarded(self, job) -> None:
        try:
            await job
        except Exception as error:
            self.ledger.complain(f"{self.name} broke: {error!r}")
            raise

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def go_offline(self) -> None:
        self.online.clear()
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close the socket. An online client opens another one."""
        if chat := self.socket:
            self.socket = None
            await chat.close()

    def go_online(self) -> None:
        self.online.set()

    # --- the socket ----------------------------------------------------------------------------------------------

    async def keep_connected(self) -> None:
        failures = 0
        while True:
            await self.online.wait()
            self.was_connected = False
            await self.one_socket()
            failures = 0 if self.was_connected else failures + 1
            if failures:
                self.server = self.random.choice(self.servers)
            self.poll_if_due()
            await asyncio.sleep(self.backoff(failures))

    async def one_socket(self) -> None:
        address = self.server.url.replace("http", "ws", 1) + "/ws/chat/"
        options = {"compression": None, "ping_interval": None, "open_timeout": 5, "close_timeout": 1, "proxy": None}
        with contextlib.suppress(OSError, TimeoutError, WebSocketException):
            connection = await self.connection()
            async with connect(address, sock=connection, max_queue=4, **options) as chat:
                await self.listen(chat)

    async def connection(self) -> socket.socket:
        connection = socket.socket()
        if self.receive_buffer_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer_bytes)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.server.port))
        return connection

    async def renew_socket(self) -> None:
        """Send a new token on the same socket, as a browser does before the old one expires."""
        await self.renew(self.person.tokens["access"])
        self.is_taken = asyncio.Event()
        await self.socket.send(json.dumps({"type": "connect", "token": self.person.tokens["access"]}))
        async with asyncio.timeout(ANSWER_SECONDS):
            await self.is_taken.wait()

    async def listen(self, chat: ClientConnection) -> None:
        token, goodbye = self.person.tokens["access"], None
        try:
            await chat.send(json.dumps({"type": "connect", "token": token}))
            while True:
                await self.reading.wait()
                frame = json.loads(await chat.recv())
                goodbye = frame["reason"] if frame["type"] == "disconnect" else goodbye
                self.hear(frame, chat)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
            self.goodbyes.append((goodbye, code))
            if code == 1011:
                self.ledger.complain(f"{self.name}: the socket was closed by a failure (1011)")
            if code == 4401:
                self.person.note_refusal(self.server, f"the socket was closed with 4401, {goodbye}")
                await self.renew(token)
        finally:
            self.socket = None
            self.outbox.lose_socket()

    async def renew(self, token: str) -> None:
        with contextlib.suppress(Away):
            await self.person.renew(self.server, token)

    def poll_if_due(self) -> None:
        """Sync every few seconds while no socket can be opened."""
        now = asyncio.get_running_loop().time()
        if not self.was_connected and now > self.polled_at + POLL_SECONDS:
            self.polled_at = now
            self.sync_wanted.set()

    def backoff(self, failures: int) -> float:
        return min(LONGEST_WAIT_SECONDS, 0.05 * 2**failures) * self.random.uniform(0.5, 1)

    # --- frames --------------------------------------------------------------------------------------------------

    def hear(self, frame: dict, chat: ClientConnection) -> None:
        kind = frame["type"]
        if kind == "connected":
            self.socket, self.was_connected = chat, True
            self.is_taken.set()
            self.note_counter(frame["sequence"])
        elif kind in CHANGES:
            self.take_push(frame)
        elif kind == "resync":
            self.sync_wanted.set()
        elif kind == "message_accepted":
            self.ledger.note_event(self.person.email, frame | {"type": "new_message"})
            self.outbox.answer(frame["message"]["client_id"], frame)
        elif kind == "error":
            self.outbox.answer(frame.get("client_id"), frame)
        elif kind != "disconnect":
            self.ledger.complain(f"{self.name} heard {frame}")

    def note_counter(self, counter: int) -> None:
        """Sync if the counter differs from the cursor. Above the cursor, events were missed. Below it, either a push
        overtook `connected` or the database was restored, which does not happen here.
        """
        if counter != self.mailbox.cursor:
            self.sync_wanted.set()

    def take_push(self, frame: dict) -> None:
        self.ledger.note_event(self.person.email, frame)
        self.pushed.add(frame["sequence"])
        self.mailbox.take_push(frame)
        if self.mailbox.has_hole:
            asyncio.get_running_loop().call_later(HOLE_SECONDS, self.close_hole)

    def close_hole(self) -> None:
        if self.mailbox.has_hole:
            self.sync_wanted.set()

    # --- sync ----------------------------------------------------------------------------------------------------

    async def keep_synced(self) -> None:
        while True:
            await self.sync_wanted.wait()
            await self.online.wait()
            self.sync_wanted.clear()
            try:
                await self.sync()
            except Away as away:
                self.sync_wanted.set()
                await asyncio.sleep(max(away.wait_seconds, self.backoff(3)))

    async def sync(self) -> None:
        more = True
        while more:
            answer = await self.read_sync(self.mailbox.cursor, self.random.choice(self.servers))
            for event in answer["events"]:
                self.ledger.note_event(self.person.email, event)
            if answer["cursor"] >= self.mailbox.cursor:
                self.mailbox.take_sync(drop_known(answer, self.mailbox.cursor))
            more = answer["more"]

    async def read_sync(self, after: int, server: Server) -> dict:
        answer = await self.person.call(server, "GET", f"/api/messages/sync?after={after}")
        if answer.status_code != 200:
            self.ledger.complain(f"{answer.status_code} from sync: {answer.text[:200]}")
            raise Away(str(answer.status_code))
        return answer.json()

    async def fresh(self) -> Fresh:
        """Load the whole mailbox, as a new browser does, from any server that answers."""
        while True:
            try:
                return await self.load(self.random.choice(self.servers))
            except Away as away:
                await asyncio.sleep(max(away.wait_seconds, self.backoff(1)))

    async def load(self, server: Server) -> Fresh:
        mailbox, events, more = Mailbox(), [], True
        while more:
            answer = await self.read_sync(mailbox.cursor, server)
            events += answer["events"]
            mailbox.take_sync(answer)
            more = answer["more"]
        return Fresh(events, mailbox)


def drop_known(answer: dict, cursor: int) -> dict:
    """Drop events that were applied by pushes during the sync."""
    return answer | {"events": [event for event in answer["events"] if event["sequence"] > cursor]}
