"""The driver, a separate process, so that its CPU time is not counted for a server.

It reads a job as JSON from standard input. It prints lines with `{"progress": …}` if the job asks for them, and
`{"seen": …}` at the end.
"""

import asyncio
import gc
import json
import random
import sys
import uuid
from array import array
from collections import deque
from dataclasses import asdict, dataclass, field
from time import perf_counter

import uvloop

from benchmarks.calls import envelope
from benchmarks.client import ClientError, client_frame, open_http, sign_in
from benchmarks.figures import percentiles
from benchmarks.usage import cpu_seconds

HOST = "127.0.0.1"
SETTLE_SECONDS = 0.1
STALL_SECONDS = 30
POST = (
    "POST /api/messages/send HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    "Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
)
CLIENT_ID_PLACE = "00000000-0000-0000-0000-000000000000"


@dataclass
class Job:
    transport: str  # "socket" or "post"
    ports: list[int]  # of the server processes; with several, half of the pairs are on two of them
    senders: list[dict]  # people: email, token, fingerprint
    recipients: list[dict]  # one for each sender, or one for all
    messages: int = 3000
    seconds: float | None = None  # instead of `messages`
    per_second: float | None = None  # None: each sender sends the next message when the last is accepted
    warm_up: int = 300
    grace_seconds: float = 3
    progress_seconds: float | None = None
    processes: dict[str, list[int]] = field(default_factory=dict)


@dataclass
class Seen:
    sent: int
    accepted: int
    refused: int
    delivered: int
    dropped: int  # accepted, but not pushed within the grace period
    unexpected: int  # pushed twice, or never sent
    resyncs: int
    seconds: float
    latency_ms: dict[str, float]  # from the send to the recipient's push
    cpu_seconds: dict[str, float]
    refusals: list[str]


class Phase:
    """The counts of a warm-up or a measurement, from its first message to its last push."""

    is_closed_loop = True

    def __init__(self, messages: float, seconds: float | None = None):
        self.start = self.last_event = perf_counter()
        self.left = float("inf") if seconds else messages
        self.deadline = self.start + seconds if seconds else float("inf")
        self.unanswered, self.undelivered = set(), {}
        self.latencies_ms = array("d")
        self.sent = self.accepted = self.refused = self.unexpected = self.resyncs = 0
        self.refusals = []

    def is_done(self, grace_seconds) -> bool:
        if self.unanswered or (self.left > 0 and perf_counter() < self.deadline):
            return False
        return not self.undelivered or perf_counter() - self.last_event > grace_seconds

    def send(self, sender):
        if self.left <= 0 or perf_counter() >= self.deadline:
            return
        client_id = str(uuid.uuid4()).encode()
        self.left -= 1
        self.sent += 1
        self.unanswered.add(client_id)
        self.undelivered[client_id] = perf_counter()
        sender.send(client_id)

    def accept(self, client_id):
        self.unanswered.remove(client_id)
        self.accepted += 1
        self.last_event = perf_counter()

    def refuse(self, client_id, answer):
        self.unanswered.remove(client_id)
        self.undelivered.pop(client_id, None)
        self.refused += 1
        self.refusals = [*self.refusals, answer[:200].decode(errors="replace")][:3]
        self.last_event = perf_counter()

    def deliver(self, client_id):
        now = perf_counter()
        sent_at = self.undelivered.pop(client_id, None)
        if sent_at is None:
            self.unexpected += 1
            return
        self.latencies_ms.append(1000 * (now - sent_at))
        self.last_event = now

    def progress(self) -> dict:
        return {"seconds": round(perf_counter() - self.start, 1), "delivered": len(self.latencies_ms)}

    def seen(self, cpu) -> Seen:
        return Seen(
            sent=self.sent,
            accepted=self.accepted,
            refused=self.refused,
            delivered=len(self.latencies_ms),
            dropped=len(self.undelivered),
            unexpected=self.unexpected,
            resyncs=self.resyncs,
            seconds=self.last_event - self.start,
            latency_ms=percentiles(self.latencies_ms),
            cpu_seconds=cpu,
            refusals=self.refusals,
        )


class Sender:
    """A connection, and a message as bytes before and after its client_id."""

    def __init__(self, load, connection, message: bytes):
        self.load = load
        self.write = connection.transport.write
        self.before, self.after = message.split(CLIENT_ID_PLACE.encode())
        connection.on_close = load.fail

    def send(self, client_id: bytes):
        self.write(self.before + client_id + self.after)


class SocketSender(Sender):
    def on_frame(self, payload):
        if b'"message_accepted"' in payload:
            self.load.phase.accept(client_id_in(payload))
        elif b'"error"' in payload:
            self.load.phase.refuse(client_id_in(payload), payload)
        else:
            return  # the push of the sender's own message
        self.load.answered(self)


class PostSender(Sender):
    def __init__(self, *args):
        super().__init__(*args)
        self.in_flight = deque()

    def send(self, client_id):
        self.in_flight.append(client_id)
        super().send(client_id)

    def on_answer(self, status, body):
        client_id = self.in_flight.popleft()
        if status == 201 and client_id in body:
            self.load.phase.accept(client_id)
        else:
            self.load.phase.refuse(client_id, b"%d %s" % (status, body))
        self.load.answered(self)


def client_id_in(payload: bytes) -> bytes:
    """Found without parsing the JSON, since no other value can contain the name."""
    start = payload.index(b'"', payload.index(b'"client_id"') + 11) + 1
    return payload[start : start + 36]


class Load:
    def __init__(self, job: Job):
        self.job = job
        self.senders = []
        self.phase = Phase(0)
        self.failure = None

    def fail(self, reason):
        self.failure = self.failure or ClientError(f"A connection ended: {reason}")

    def answered(self, sender):
        if self.phase.is_closed_loop:
            self.phase.send(sender)

    def on_push(self, payload):
        if b'"new_message"' in payload:
            self.phase.deliver(client_id_in(payload))
        else:
            self.phase.resyncs += b'"resync"' in payload

    # --- connections -------------------------------------------------------------------------------------------------

    async def open(self):
        job, processes = self.job, len(self.job.ports)
        for number, person in enumerate(job.recipients):
            socket = await sign_in(HOST, job.ports[number // processes % processes], person)
            socket.on_frame, socket.on_close = self.on_push, self.fail
        for number, person in enumerate(job.senders):
            opening = self.socket_sender if job.transport == "socket" else self.post_sender
            recipient = job.recipients[number % len(job.recipients)]
            self.senders.append(await opening(job.ports[number % processes], person, recipient))

    async def socket_sender(self, port, person, recipient):
        socket = await sign_in(HOST, port, person)
        frame = {"type": "send_message", **envelope(person, recipient, CLIENT_ID_PLACE)}
        sender = SocketSender(self, socket, client_frame(json.dumps(frame).encode()))
        socket.on_frame = sender.on_frame
        return sender

    async def post_sender(self, port, person, recipient):
        connection = await open_http(HOST, port)
        body = json.dumps(envelope(person, recipient, CLIENT_ID_PLACE))
        head = POST.format(host=HOST, port=port, token=person["token"], length=len(body))
        sender = PostSender(self, connection, (head + body).encode())
        connection.on_answer = sender.on_answer
        return sender

    # --- phases ------------------------------------------------------------------------------------------------------

    async def run(self) -> Seen:
        job = self.job
        await self.open()
        await self.closed_loop(Phase(job.warm_up))
        await asyncio.sleep(SETTLE_SECONDS)
        before = self.cpu()
        await (self.open_loop if job.per_second else self.closed_loop)(Phase(job.messages, job.seconds))
        await asyncio.sleep(SETTLE_SECONDS)
        after = self.cpu()
        return self.phase.seen({name: after[name] - before[name] for name in after})

    def cpu(self):
        return {name: cpu_seconds(roots) for name, roots in self.job.processes.items()}

    async def closed_loop(self, phase):
        self.phase = phase
        for sender in self.senders:
            phase.send(sender)
        await self.finish()

    async def open_loop(self, phase):
        """Sends at a constant rate with jitter, so that it does not synchronize with a server's timer."""
        self.phase, chance, number = phase, random.Random(1), 0
        phase.is_closed_loop = False
        while phase.left > 0 and perf_counter() < phase.deadline:
            due = phase.start + (number + chance.uniform(0, 0.8)) / self.job.per_second
            await asyncio.sleep(max(0, due - perf_counter()))
            phase.send(self.senders[number % len(self.senders)])
            number += 1
        await self.finish()

    async def finish(self):
        next_progress = self.job.progress_seconds or float("inf")
        while not self.phase.is_done(self.job.grace_seconds):
            if self.failure:
                raise self.failure
            if perf_counter() - self.phase.last_event > STALL_SECONDS:
                raise ClientError(f"No answer for {STALL_SECONDS} s, and {self.phase.sent} messages were sent.")
            if perf_counter() - self.phase.start >= next_progress:
                next_progress += self.job.progress_seconds
                print(json.dumps({"progress": self.phase.progress()}), flush=True)
            await asyncio.sleep(0.02)


def main():
    job = Job(**json.loads(sys.stdin.readline()))
    gc.disable()
    try:
        seen = uvloop.run(Load(job).run())
    except (ClientError, OSError) as error:
        sys.exit(str(error))
    print(json.dumps({"seen": asdict(seen)}), flush=True)


if __name__ == "__main__":
    main()
