"""Delays that a person experiences, in Chromium, with a server like that of `make run`: SQLite, one process."""

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import httpx
from playwright.sync_api import Browser, Page

from benchmarks.figures import markdown_table, number, percentiles
from benchmarks.results import Section
from tests.browser.site import Site, running_site
from tools.browser.person import Person
from tools.browser.start import contexts_of, running_browser

SCRIPT = Path(__file__).with_name("browser_page.js").read_text()
PATIENCE_MS = 600_000
BATCH = 250
Result = TypeVar("Result")
LATENCY_MS = 100  # of each request of a cold start
PAUSE_SECONDS = 0.15  # between two messages, so that each is measured alone


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.browser", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=10_000, help="in the long chat")
    parser.add_argument("--missed", type=int, nargs="+", default=[500, 4_000], help="while the browser was closed")
    parser.add_argument("--typed", type=int, default=50, help="one after the other")
    parser.add_argument("--repeats", type=int, default=7, help="of each opening")
    return parser.parse_args(arguments)


class Reader:
    """A person who repeatedly opens a chat with one other person."""

    def __init__(self, person: Person, other: Person):
        self.person = person
        self.other = other
        self.address = f"{person.url}/chat#/{other.email}"

    def page(self) -> Page:
        self.person.page.close()
        self.person.page = self.person.context.new_page()
        self.person.page.set_default_timeout(PATIENCE_MS)
        self.person.page.add_init_script(SCRIPT)
        return self.person.page

    def load(self) -> Page:
        page = self.page()
        page.goto(self.address, wait_until="commit")
        return page

    def open_chat(self, newest: str) -> float:
        """Milliseconds from the navigation to the frame with the newest message."""
        return self.load().evaluate("async text => (await measuring.drawn(text)) - performance.timeOrigin", newest)

    def open_after_absence(self, newest: str) -> tuple[float, float]:
        """Milliseconds from the navigation until all visible messages are decrypted, and until the newest is shown."""
        times = "Promise.all([measuring.readable('message '), measuring.drawn(text)])"
        readable, drawn = self.load().evaluate(
            f"async text => (await {times}).map(time => time - performance.timeOrigin)", newest
        )
        return readable, drawn

    def open_chat_from_list(self, newest: str) -> tuple[float, float]:
        """Milliseconds from the click to that frame: the first time in a page, and the second time."""
        page = self.page()
        page.goto(f"{self.person.url}/chat")
        self.person.chat_link(self.other).wait_for()
        page.wait_for_load_state("networkidle")
        times = []
        for _ in range(2):
            times.append(
                page.evaluate("([email, text]) => measuring.openChat(email, text)", [self.other.email, newest])
            )
            page.go_back()
            page.locator("#nothing-open").wait_for()
            page.wait_for_timeout(300)
        return times[0], times[1]

    def open_everything(self) -> float:
        """Seconds until all messages are decrypted."""
        start = time.monotonic()
        while self.person.page.evaluate("measuring.pending()"):
            time.sleep(0.25)
        return time.monotonic() - start


class Sender:
    """Sends many encrypted messages as fast as a browser can."""

    def __init__(self, person: Person, other: Person):
        self.person = person
        self.other = other
        self.sent = 0
        person.page.evaluate(SCRIPT)
        self.client = httpx.Client(base_url=person.url, timeout=60)
        credentials = {"email": person.email, "password": person.password}
        access = self.client.post("/api/auth/login", json=credentials).json()["access"]
        self.client.headers["Authorization"] = f"Bearer {access}"

    def send(self, count: int) -> str:
        """Returns the text of the last message."""
        for envelope in self.seal(count):
            self.client.post("/api/messages/send", json=envelope).raise_for_status()
        return f"message {self.sent - 1}"

    def seal(self, count: int) -> list[dict]:
        envelopes = []
        for first in range(self.sent, self.sent + count, BATCH):
            of = {"own": self.person.email, "peer": self.other.email, "first": first}
            batch = {**of, "count": min(BATCH, self.sent + count - first)}
            envelopes += self.person.page.evaluate("batch => measuring.seal(batch)", batch)
        self.sent += count
        return envelopes


# --- measurements ----------------------------------------------------------------------------------------------------


def typing(sender: Person, reader: Person, count: int) -> dict[str, dict[str, float]]:
    """Milliseconds from Enter until the message is on the sender's screen, and on the recipient's."""
    here, there = [], []
    for page in (sender.page, reader.page):
        page.evaluate(SCRIPT)
    for index in range(count):
        text = f"typed {index}"
        sender.message_box().press_sequentially(text)
        sender.page.evaluate("text => { window.here = measuring.enterAndShown(text) }", text)
        reader.page.evaluate("text => { window.there = measuring.drawn(text) }", text)
        sender.message_box().press("Enter")
        times = sender.page.evaluate("here")
        here.append(times["shown"] - times["enter"])
        there.append(reader.page.evaluate("there") - times["enter"])
        time.sleep(PAUSE_SECONDS)
    return {"here": percentiles(here), "there": percentiles(there)}


def first_load(person: Person) -> dict[str, int]:
    """All requests of a browser with an empty cache, until the chat list is shown and after."""
    person.use_no_cache()
    files: set[str] = set()
    calls: list[str] = []
    person.page.on(
        "request", lambda request: calls.append(request.url) if "/api/" in request.url else files.add(request.url)
    )
    person.page.goto("about:blank")
    person.visit("/chat")
    person.expect_chat_page()
    at_first = {url for url in files if url.startswith("http")}
    person.page.wait_for_load_state("networkidle")
    rest = {url for url in files if url.startswith("http")} - at_first
    return {
        "requests": len(at_first),
        "brotli_bytes": sum(size(url, "br") for url in at_first),
        "gzip_bytes": sum(size(url, "gzip") for url in at_first),
        "code_brotli_bytes": sum(size(url, "br") for url in at_first if re.search(r"\.(js|css)$", url)),
        "rest_requests": len(rest),
        "rest_brotli_bytes": sum(size(url, "br") for url in rest),
        "calls": len(calls),
    }


def cold_start(person: Person, other: Person, repeats: int) -> dict[str, float]:
    """Milliseconds from the navigation until the chats are shown, without a cache and with LATENCY_MS to the server."""
    person.use_no_cache()
    session = person.context.new_cdp_session(person.page)
    session.send("Network.enable")
    link = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", link)
    times = []
    for _ in range(repeats):
        person.page.goto("about:blank")
        start = time.monotonic()
        person.page.goto(f"{person.url}/chat", wait_until="commit")
        person.chat_link(other).wait_for()
        times.append(1000 * (time.monotonic() - start))
    return percentiles(times)


def size(url: str, encoding: str) -> int:
    with httpx.stream("GET", url, headers={"Accept-Encoding": encoding}) as response:
        return sum(len(part) for part in response.iter_raw())


def absence(reader: Reader, sender: Sender, missed: int) -> dict[str, float]:
    reader.page()
    newest = sender.send(missed)
    readable_ms, drawn_ms = reader.open_after_absence(newest)
    all_seconds = drawn_ms / 1000 + reader.open_everything()
    return {"readable_ms": readable_ms, "drawn_ms": drawn_ms, "all_opened_seconds": all_seconds}


def long_chat(reader: Reader, newest: str, options) -> dict[str, dict[str, float]]:
    reader.open_chat(newest)
    in_new_page = [reader.open_chat(newest) for _ in range(options.repeats)]
    clicks = [reader.open_chat_from_list(newest) for _ in range(options.repeats)]
    return {
        "new_page": percentiles(in_new_page),
        "first_click": percentiles(first for first, _ in clicks),
        "next_click": percentiles(later for _, later in clicks),
    }


def measure(site: Site, browser: Browser, options) -> dict:
    alice, bob = (Person(name, site.server_of(name).url, contexts_of(browser)).register() for name in ("alice", "bob"))
    alice.add(bob)
    bob.add(alice)
    for person, other in ((alice, bob), (bob, alice)):
        person.open_chat(other)
    found: dict = {"typing_ms": typing(alice, bob, options.typed)}
    sender, reader = Sender(alice, bob), Reader(bob, alice)
    found["absence"] = {missed: absence(reader, sender, missed) for missed in options.missed}
    older = max(0, options.messages - options.typed - sender.sent)
    bob.page.evaluate("of => measuring.remember(of)", {"peer": alice.email, "count": older})
    found["long_chat_ms"] = long_chat(reader, f"message {sender.sent - 1}", options)
    found["first_load"] = first_load(alice)
    found["cold_start_ms"] = cold_start(alice, bob, options.repeats)
    return found


# --- report ----------------------------------------------------------------------------------------------------------


def text(found: dict, options) -> str:
    typed, chat, load = found["typing_ms"], found["long_chat_ms"], found["first_load"]
    times = [
        ["Enter → shown here", typed["here"]],
        ["Enter → the other screen", typed["there"]],
        [f"a chat of {options.messages:,}: in a new page", chat["new_page"]],
        [f"a chat of {options.messages:,}: first click in a page", chat["first_click"]],
        [f"a chat of {options.messages:,}: next click", chat["next_click"]],
        [f"cold start, {LATENCY_MS} ms to the server", found["cold_start_ms"]],
    ]
    absences = [
        [f"{missed:,}", *(number(figures[name]) for name in ("readable_ms", "drawn_ms", "all_opened_seconds"))]
        for missed, figures in found["absence"].items()
    ]
    bytes_table = [
        ["until the chats stand", load["requests"], number(load["brotli_bytes"]), number(load["gzip_bytes"])],
        ["of these JavaScript and CSS", "", number(load["code_brotli_bytes"]), ""],
        ["when nothing else is to be done", load["rest_requests"], number(load["rest_brotli_bytes"]), ""],
    ]
    return (
        f"Chromium, one embedded server; {options.typed} messages typed one after the other, {options.repeats} "
        "openings of each kind. Messages missed are really sealed; of the long chat, what is older than those stands "
        "in the browser as it keeps what it has opened.\n\n"
        + markdown_table(["", "p50 ms", "p95 ms"], [[what, number(p["p50"]), number(p["p95"])] for what, p in times])
        + "\n\n"
        + markdown_table(
            ["missed", "ms until all in sight is read", "ms to the newest one", "s until all are opened"], absences
        )
        + f"\n\nThe first load of /chat, and {load['calls']} calls:\n\n"
        + markdown_table(["", "requests", "bytes, brotli", "bytes, gzip"], bytes_table)
    )


def in_chromium(work: Callable[[Site, Browser, argparse.Namespace], Result], options: argparse.Namespace) -> Result:
    """Call the function with an embedded server and a browser of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="vibechat-benchmark-") as folder,
        running_site(Path(folder), "embedded") as site,
        running_browser() as browser,
    ):
        return work(site, browser, options)


def section(site: Site, browser: Browser, options) -> Section:
    found = measure(site, browser, options)
    return Section("browser", "In the browser", text(found, options), found)


def main(arguments: list[str] | None = None) -> Section:
    options = parse(arguments or [])
    result = in_chromium(section, options)
    print(result.markdown(), flush=True)
    return result


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
