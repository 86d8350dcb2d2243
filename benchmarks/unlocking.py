"""How long a fresh browser takes to show the history of an account from its archive."""

import argparse
import json
import time
from collections.abc import Callable

from playwright.sync_api import Browser, Page

from benchmarks.browser import PATIENCE_MS, SCRIPT, Sender, in_chromium
from benchmarks.figures import markdown_table, number
from benchmarks.results import Section
from tests.browser.site import Site
from tools.browser.person import Person
from tools.browser.start import contexts_of
from tools.browser.ways import keep_code, unlock_dialog

NEWEST = 60  # messages that the server has: more than a screen


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.unlocking", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=50_000, help="in the archive")
    parser.add_argument("--chats", type=int, default=25, help="among which they are divided")
    parser.add_argument("--repeats", type=int, default=3, help="fresh browsers")
    return parser.parse_args(arguments)


class Received:
    """Counts the bytes that a page receives over the network, with their headers."""

    def __init__(self, page: Page):
        self.bytes = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._add)

    def _add(self, event: dict) -> None:
        self.bytes += int(event["encodedDataLength"])


def archive(person: Person, other: Person, options: argparse.Namespace) -> float:
    """Fills the person's browser with opened messages, and waits until all are in the archive. Returns the seconds."""
    peers = [f"person-{index}@example.org" for index in range(options.chats - 1)]
    person.page.evaluate(SCRIPT)
    person.page.evaluate(
        "of => measuring.rememberChats(of)", {"peers": [other.email, *peers], "count": options.messages}
    )
    start = time.monotonic()
    person.page.reload()
    person.page.evaluate(SCRIPT)
    wait_until(lambda: person.page.evaluate("measuring.countStored('unarchived')") == 0)
    return time.monotonic() - start


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.5)


def unlock(fresh: Person, other: Person, code: str, newest: str, total: int) -> dict[str, float]:
    """In a browser that holds nothing: unlocks, waits for the newest screen and the whole archive, and scrolls back."""
    fresh.page.set_default_timeout(PATIENCE_MS)
    fresh.page.add_init_script(SCRIPT)
    fresh.log_in()
    dialog = unlock_dialog(fresh)
    dialog.wait_for()
    fresh.page.evaluate("email => { location.hash = `#/${email}` }", other.email)
    dialog.get_by_label("Recovery code").fill(code)
    fresh.page.wait_for_load_state("networkidle")
    received = Received(fresh.page)
    button = dialog.get_by_role("button", name="Unlock")
    fresh.page.evaluate(
        """text => {
          window.shown = new Promise((resolve) => {
            document.addEventListener("click", () => {
              const start = performance.timeOrigin + performance.now();
              const times = Promise.all([measuring.drawn(text), measuring.readable("message ")]);
              times.then((both) => resolve(Math.max(...both) - start));
            }, { once: true, capture: true });
          });
        }""",
        newest,
    )
    start = time.monotonic()
    button.click()
    shown = fresh.page.evaluate("shown")
    found = {"screen_ms": shown, "screen_bytes": received.bytes}
    wait_until(lambda: fresh.page.evaluate("measuring.countStored()") >= total)
    found |= {"whole_seconds": time.monotonic() - start, "whole_bytes": received.bytes}
    found["first_message_seconds"] = fresh.page.evaluate("measuring.scrollBackTo('older message 1:')") / 1000
    return found


def measure(site: Site, browser: Browser, options: argparse.Namespace) -> dict:
    url = site.server_of("alice").url
    contexts = contexts_of(browser)
    alice, bob = (Person(name, url, contexts).register() for name in ("alice", "bob"))
    alice.add(bob)
    bob.add(alice)
    for person, other in ((alice, bob), (bob, alice)):
        person.open_chat(other)
    newest = Sender(bob, alice).send(NEWEST)
    alice.expect_message(newest)
    code = keep_code(alice)
    archived = archive(alice, bob, options)
    alice.page.close()
    found: dict = {"archived_seconds": archived, "stored": stored(site), "repeats": []}
    for index in range(options.repeats):
        fresh = Person(f"alice-{index}", url, contexts, account=alice)
        found["repeats"].append(unlock(fresh, bob, code, newest, options.messages + NEWEST))
        fresh.page.close()
    return found


def stored(site: Site) -> dict[str, int]:
    ((segments, size),) = site.execute(
        "SELECT COUNT(*), SUM(LENGTH(blob)) FROM stream_segments JOIN streams ON streams.id = stream_id"
        " WHERE kind = 'archive'"
    )
    return {"segments": segments, "bytes": size}


def median(repeats: list[dict], name: str) -> float:
    values = sorted(one[name] for one in repeats)
    return values[len(values) // 2]


def text(found: dict, options: argparse.Namespace) -> str:
    rows = [
        ["Unlock → newest screen, all of it decrypted, ms", "screen_ms"],
        ["bytes received until then", "screen_bytes"],
        ["Unlock → the whole archive is in this browser, s", "whole_seconds"],
        ["bytes received until then", "whole_bytes"],
        ["scrolling back to the first message of the chat, s", "first_message_seconds"],
    ]
    repeats = found["repeats"]
    table = [
        [what, number(median(repeats, name)), ", ".join(number(one[name]) for one in repeats)] for what, name in rows
    ]
    size = found["stored"]
    return (
        f"Chromium, one embedded server, no network latency. {options.messages:,} opened messages of {options.chats} "
        f"chats, which only the archive has, and the newest {NEWEST} of one of them, which the server has as well. The "
        f"archive has {size['segments']} segments, {size['bytes']:,} bytes; the first browser took "
        f"{number(found['archived_seconds'])} s to write it. {options.repeats} fresh browsers, one after the other.\n\n"
        + markdown_table(["", "median", "each"], table)
    )


def main(arguments: list[str] | None = None) -> Section:
    options = parse(arguments)
    found = in_chromium(measure, options)
    section = Section("unlocking", "Unlocking a fresh browser", text(found, options), found)
    print(section.markdown(), flush=True)
    print(json.dumps(found), flush=True)
    return section


if __name__ == "__main__":
    main()
