"""A process that keeps idle sockets open and counts their frames.

It reads `{"port", "people", "sockets_each"}` from standard input, opens all sockets, offering permessage-deflate like
browsers, and prints a line. It answers each further line with the counts so far, and ends at the end of its input.
"""

import asyncio
import json
import sys
from collections import Counter

import uvloop

from benchmarks.client import sign_in

HOST = "127.0.0.1"
AT_ONCE = 16  # concurrent handshakes


class Holder:
    def __init__(self, job):
        self.job = job
        self.frames, self.closed = Counter(), Counter()
        self.sockets = []
        self.places = asyncio.Semaphore(AT_ONCE)

    async def hold(self):
        lines = await standard_input()
        people = [person for person in self.job["people"] for _ in range(self.job["sockets_each"])]
        self.sockets = await asyncio.gather(*map(self.open, people))
        self.say()
        while await lines.readline():
            self.say()

    async def open(self, person):
        async with self.places:
            socket = await sign_in(HOST, self.job["port"], person, deflate=True)
        socket.on_frame, socket.on_close = self.count_frame, self.count_close
        return socket

    def count_frame(self, payload):
        self.frames[json.loads(payload)["type"]] += 1

    def count_close(self, code):
        self.closed[code] += 1

    def say(self):
        with_deflate = sum(socket.has_deflate for socket in self.sockets)
        is_open = len(self.sockets) - self.closed.total()
        print(json.dumps({"open": is_open, "with_deflate": with_deflate, "frames": self.frames, "closed": self.closed}))
        sys.stdout.flush()


async def standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def main():
    await Holder(json.loads(sys.stdin.readline())).hold()


if __name__ == "__main__":
    uvloop.run(main())
