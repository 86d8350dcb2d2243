"""Sequential API calls of one person on one connection."""

import base64
import http.client
import json
import os
import time
import uuid

from benchmarks.figures import percentiles
from benchmarks.usage import cpu_seconds

CIPHERTEXT_BYTES = 500


class Caller:
    newest = 0  # the sequence of the mailbox after it was filled

    def __init__(self, port: int, person: dict):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {person['token']}", "Content-Type": "application/json"}
        self.person = person

    def call(self, method: str, path: str, body: dict | None = None):
        self.connection.request(method, path, None if body is None else json.dumps(body), self.headers)
        response = self.connection.getresponse()
        content = response.read()
        if response.status not in (200, 201, 204):
            raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
        return json.loads(content) if content else None

    def get(self, path: str):
        return self.call("GET", path)

    def post(self, path: str, body: dict | None = None):
        return self.call("POST", path, {} if body is None else body)

    def send(self, recipient: dict) -> dict:
        return self.post("/api/messages/send", envelope(self.person, recipient, str(uuid.uuid4())))


def envelope(person: dict, recipient: dict, client_id: str) -> dict:
    """A message with the same fields as those of our browser code, with random bytes."""
    return {
        "recipient_email": recipient["email"],
        "ciphertext": random_base64(CIPHERTEXT_BYTES),
        "nonce": random_base64(12),
        "salt": random_base64(32),
        "message_type": "text",
        "suite": 1,
        "client_id": client_id,
        "sender_fingerprint": person["fingerprint"],
        "recipient_fingerprint": recipient["fingerprint"],
    }


def random_base64(length: int) -> str:
    return base64.b64encode(os.urandom(length)).decode()


def measured(call, repeats: int, processes: dict[str, list[int]]) -> dict[str, float]:
    """Milliseconds of one call (p50, p95, p99), and the CPU time of each kind of process."""
    before = {name: cpu_seconds(roots) for name, roots in processes.items()}
    durations_ms = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        durations_ms.append(1000 * (time.perf_counter() - start))
    cpu = {name: 1000 * (cpu_seconds(roots) - before[name]) / repeats for name, roots in processes.items()}
    return percentiles(durations_ms) | cpu
