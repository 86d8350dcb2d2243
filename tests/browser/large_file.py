"""A large sound is sent, interrupted, resumed, played from its middle, received, and deleted from the server's disk.

python -m tests.browser.large_file --mebibytes 100 [--backend=services]
"""

import argparse
import contextlib
import hashlib
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, expect

from benchmarks.usage import memory_kib
from tests.browser.on_and_off import addresses
from tests.browser.site import Site, running_site
from tests.browser.test_archive import clear_chat
from tests.browser.test_disappearing import timer
from tests.browser.test_playing import IS_CONTROLLED, PART_BYTES, SECOND_BYTES, SEEK, Asked, play, wav
from tests.support.environment import ROOT
from tools.browser.person import Person
from tools.browser.start import PATIENCE_MS, WIDE, running_browser

NAME = "concert.wav"
LONG_MS = 600_000
HEADER_BYTES = 44
# The server's process as a whole may grow by so much, whatever the length of the file.
GROWTH_MIB = 64


@dataclass
class Outcome:
    """`left`: bytes of files on the server's disk after each way in which a file is deleted. `played`: bytes that were
    loaded to play the beginning and the middle. `sent_again`: parts that were there before the interruption.
    """

    size: int
    seconds: dict[str, float] = field(default_factory=dict)
    on_disk: int = 0
    left: dict[str, int] = field(default_factory=dict)
    sent_again: list[int] = field(default_factory=list)
    played: int = 0
    is_received: bool = False
    server_mib_before: int = 0
    server_mib_peak: int = 0

    @property
    def is_exact(self) -> bool:
        grown = self.server_mib_peak - self.server_mib_before
        is_gone = set(self.left.values()) == {0} and len(self.left) == 3
        return (
            self.is_received and is_gone and not self.sent_again and grown < GROWTH_MIB and 0 < self.played < self.size
        )


class Story:
    def __init__(self, site: Site, browser: Browser, mebibytes: int, folder: Path):
        self.site = site
        self.path = folder / NAME
        self.path.write_bytes(wav((mebibytes * 2**20 - HEADER_BYTES) // SECOND_BYTES))
        self.outcome = Outcome(self.path.stat().st_size)
        self.alice, self.bob = (Person(name, site.server_of(name).url, contexts(browser)) for name in ("alice", "bob"))

    def tell(self) -> Outcome:
        alice, bob = self.alice.register(), self.bob.register()
        bob.page.wait_for_function(IS_CONTROLLED)
        alice.add(bob)
        bob.add(alice)
        alice.open_chat(bob)
        bob.open_chat(alice)
        with self.measured_server():
            self.send_with_an_interruption()
            self.play_from_the_middle()
            self.receive()
            self.outcome.on_disk = self.bytes_on_disk()
            self.delete("for everyone", self.delete_for_everyone)
            self.send()
            self.delete("cleared by both", lambda: [clear_chat(person) for person in (alice, bob)])
            timer(alice).select_option("1 hour")
            alice.page.keyboard.press("Escape")
            self.send()
            self.delete("timer", self.let_the_hour_pass)
        return self.outcome

    # --- sending and receiving ---

    def send_with_an_interruption(self) -> None:
        alice = self.alice
        sent: list[int] = []
        last = self.outcome.size // PART_BYTES // 2
        alice.page.route(f"**/api/files/*/parts/{last}", lambda route: route.abort())
        is_there = alice.page.expect_request(lambda request: request.url.endswith(f"/parts/{last}"), timeout=LONG_MS)
        with self.timed("sealed, and uploaded to the middle"), is_there:
            self.choose()
        alice.page.unroute_all(behavior="wait")
        alice.page.reload()
        alice.page.on("request", lambda request: sent.extend(part_of(request)))
        with self.timed("resumed"):
            alice.open_chat(self.bob)
            expect(self.bob.message(NAME)).to_be_visible(timeout=LONG_MS)
        self.outcome.sent_again = [number for number in sent if number < last]

    def send(self) -> None:
        self.choose()
        expect(self.bob.message(NAME)).to_be_visible(timeout=LONG_MS)
        self.alice.expect_state(NAME, "Sent", "Delivered", "Read")

    def choose(self) -> None:
        self.alice.page.get_by_label("Files").set_input_files(self.path)
        self.alice.page.get_by_role("button", name="Send", exact=True).click()

    def play_from_the_middle(self) -> None:
        asked = Asked(self.bob)
        with self.timed("played"):
            play(self.bob)
        middle = self.outcome.size // SECOND_BYTES // 2
        with self.timed("jumped to the middle"):
            assert abs(self.bob.page.evaluate(SEEK, middle) - middle) < 1
        self.outcome.played = PART_BYTES * len(asked.parts)

    def receive(self) -> None:
        with self.timed("received"):
            with self.bob.page.expect_download(timeout=LONG_MS) as download:
                self.bob.page.get_by_role("button", name=f"Save {NAME}").click()
            received = download.value.path()
        self.outcome.is_received = digest(received) == digest(self.path)

    # --- deleting ---

    def delete(self, way: str, how: Callable[[], object]) -> None:
        assert self.bytes_on_disk() > self.outcome.size
        how()
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while self.bytes_on_disk() and time.monotonic() < deadline:
            self.alice.page.wait_for_timeout(100)
        self.outcome.left[way] = self.bytes_on_disk()
        expect(self.bob.message(NAME)).to_have_count(0)

    def delete_for_everyone(self) -> None:
        message = self.alice.message(NAME)
        message.hover()
        message.get_by_role("button", name="Message options").click()
        self.alice.page.get_by_role("menu").get_by_role("menuitem", name="Delete for everyone").click()

    def let_the_hour_pass(self) -> None:
        """On the server, whose timer does within a minute what the command does at once; and in both browsers."""
        self.site.execute(
            "UPDATE messages SET delete_after = ? WHERE delete_after IS NOT NULL", "2020-01-01 00:00:00+00:00"
        )
        command = [sys.executable, "manage.py", "delete_expired"]
        environment = self.site.servers[0].environment
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        for person in (self.alice, self.bob):
            person.page.clock.install(time=time.time() + 2 * 3600)
            person.page.reload()

    # --- figures ---

    def bytes_on_disk(self) -> int:
        folders = [server.var_dir / "files" for server in self.site.servers]
        return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.outcome.seconds[what] = round(time.monotonic() - began, 1)

    @contextlib.contextmanager
    def measured_server(self) -> Iterator[None]:
        over = threading.Event()
        roots = [server.process.pid for server in self.site.servers if server.process]
        self.outcome.server_mib_before = memory_kib(roots)["resident"] // 1024

        def watch() -> None:
            while not over.wait(0.2):
                now = memory_kib(roots)["resident"] // 1024
                self.outcome.server_mib_peak = max(self.outcome.server_mib_peak, now)

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()


def contexts(browser: Browser):
    def new_context():
        context = browser.new_context(viewport=WIDE)
        context.set_default_timeout(PATIENCE_MS)
        return context

    return new_context


def part_of(request) -> list[int]:
    found = re.search(r"/parts/(\d+)$", request.url)
    return [int(found[1])] if found and request.method == "PUT" else []


def digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mebibytes", type=int, default=100)
    parser.add_argument("--backend", choices=("embedded", "services"), default="embedded")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        stack.enter_context(addresses(given.backend))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vibechat-large-file-")))
        site = stack.enter_context(running_site(folder, given.backend))
        outcome = Story(site, stack.enter_context(running_browser()), given.mebibytes, folder).tell()
    for name, value in asdict(outcome).items():
        print(f"{name:>18}  {value}")
    sys.exit(not outcome.is_exact)


if __name__ == "__main__":
    main()
