"""The unsent messages of a client. It sends them in turn and repeats each until it is acknowledged."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import secrets
import uuid
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from tests.browser.site import Server
from tests.faults.ledger import Sent
from tests.faults.person import ANSWER_SECONDS, Away, Person

if TYPE_CHECKING:
    from tests.faults.client import Client

SOCKET, POST = "socket", "POST"
SEND = "/api/messages/send"


class Outbox:
    def __init__(self, client: Client):
        self.client = client
        self.waiting: asyncio.Queue[dict] = asyncio.Queue()
        self.unfinished = 0
        self.answers: dict[str, list[asyncio.Future]] = {}
        self.acknowledged: list[dict] = []  # bodies that send_copies repeats
        self.sends_copies = False
        self.transports = [SOCKET, POST]

    def put(self, recipient: Person, ciphertext_bytes: int = 64) -> str:
        body = self.write(recipient, ciphertext_bytes)
        self.unfinished += 1
        self.waiting.put_nowait(body)
        return body["client_id"]

    def write(self, recipient: Person, ciphertext_bytes: int = 64) -> dict:
        body = envelope(recipient.email, ciphertext_bytes)
        sender = self.client.person.email
        self.client.ledger.sent[body["client_id"]] = Sent(self.client.name, sender, recipient.email)
        return body

    async def empty_for_ever(self) -> None:
        while True:
            body = await self.waiting.get()
            await self.send_until_acknowledged(body)
            self.acknowledged.append(body)
            self.unfinished -= 1

    async def send_until_acknowledged(self, body: dict) -> None:
        failures = 0
        while True:
            await self.client.online.wait()
            try:
                await (self.send_copies(body) if self.sends_copies else self.send(body))
            except Away as away:
                failures += 1
                await asyncio.sleep(max(away.wait_seconds, self.client.backoff(failures)))
            else:
                return

    async def send(self, body: dict) -> None:
        transport = self.client.random.choice(self.transports)
        if self.client.socket and self.client.server in self.client.sends_to and transport == SOCKET:
            await self.send_by_socket(body)
        else:
            await self.send_by_post(body, self.client.random.choice(self.client.sends_to))

    async def send_copies(self, body: dict) -> None:
        """Send the message and an earlier one by both transports and to every process concurrently."""
        known = self.client.random.choice([*self.acknowledged[-20:], body])
        ways = [self.send_by_post(one, server) for one in (body, known) for server in self.client.servers]
        if self.client.socket:
            ways += [self.send_by_socket(body), self.send_by_socket(known)]
        for outcome in await asyncio.gather(*ways, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    # --- the two transports ---------------------------------------------------------------------------------------

    async def send_by_post(self, body: dict, server: Server) -> None:
        answer = await self.client.person.call(server, "POST", SEND, body)
        if answer.status_code not in (200, 201):
            self.client.ledger.complain(f"{answer.status_code} from the POST: {answer.text[:200]}")
            raise Away(str(answer.status_code))
        self.client.ledger.note_acknowledgement(body["client_id"], answer.json(), POST)

    async def send_by_socket(self, body: dict) -> None:
        if not (socket := self.client.socket):
            raise Away("no socket")
        answer = asyncio.get_running_loop().create_future()
        outages_over = self.client.ledger.outages_over
        self.answers.setdefault(body["client_id"], []).append(answer)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await socket.send(json.dumps({"type": "send_message", **body}))
                frame = await answer
        except (ConnectionClosed, TimeoutError) as error:
            raise Away(type(error).__name__) from error
        finally:
            self.forget(body["client_id"], answer)
        if frame["type"] == "gone":
            raise Away("the socket is gone")
        if frame["type"] == "error":
            self.note_refusal(frame, outages_over)
            raise Away(frame["code"], frame.get("retry_after", 0))
        self.client.ledger.note_acknowledgement(body["client_id"], frame["message"], SOCKET)

    def note_refusal(self, frame: dict, outages_over: int) -> None:
        if frame["code"] != "unavailable" or not self.client.ledger.was_away_since(outages_over):
            self.client.ledger.complain(f"the socket answered {frame}")

    def answer(self, client_id: str, frame: dict) -> None:
        """Give the answer to the sending that has waited longest."""
        for waiting in self.answers.get(client_id, ()):
            if not waiting.done():
                waiting.set_result(frame)
                return

    def forget(self, client_id: str, answer: asyncio.Future) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self.answers[client_id].remove(answer)
            if not self.answers[client_id]:
                del self.answers[client_id]

    def lose_socket(self) -> None:
        for waiting in [future for futures in self.answers.values() for future in futures if not future.done()]:
            waiting.set_result({"type": "gone"})


def envelope(recipient_email: str, ciphertext_bytes: int) -> dict:
    return {
        "recipient_email": recipient_email,
        "ciphertext": base64.b64encode(secrets.token_bytes(ciphertext_bytes)).decode(),
        "nonce": base64.b64encode(secrets.token_bytes(12)).decode(),
        "salt": base64.b64encode(secrets.token_bytes(32)).decode(),
        "client_id": str(uuid.uuid4()),
    }
