"""Two browsers of one person and one of another write at once, with reloads and offline times; all end up equal.

python -m tests.browser.three_browsers --minutes 5 --seed 7 [--backend=services]
"""

import contextlib
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser, Locator, expect

from messaging.zero_knowledge.key_recording import record_keys
from tests.attacks.office import Office
from tests.browser.on_and_off import Figures, Story, run
from tests.browser.proxy import Line
from tests.browser.sides import Side
from tests.browser.site import Site
from tests.reference.suite1 import Person as Reader
from tests.reference.suite1 import open_message
from tools.browser.person import Person
from tools.browser.start import contexts_of
from tools.browser.ways import keep_code, unlock_by_code

PATIENCE_SECONDS = 60
WEIGHTS = {"write": 60, "write_many": 8, "lose_network": 10, "reload": 6, "close": 3}
UNREAD = 3


@dataclass
class Outcome:
    """`counters`: how many messages of each browser the other person can open. `reused`: those with a counter that
    another message of the same browser has; `left_out`: counters without a message. `unread`: what each of Alice's
    browsers said after Bob had written while she was in no chat, and after she had looked in one of them.
    """

    figures: Figures
    counters: dict[str, int] = field(default_factory=dict)
    reused: int = 0
    left_out: int = 0
    marks_equal: bool = False
    unread: list[list[str]] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        counted = self.reused == self.left_out == 0 and len(self.counters) == 3
        return self.figures.is_exact and counted and self.marks_equal and self.unread == AGREED


AGREED = [[f"{UNREAD} unread messages"] * 2, [""] * 2]


class Keys:
    """Collects the private keys that the page of one person makes."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []

    def add_secret(self, _name: str, raw: bytes) -> None:
        self.raw.append(raw)

    def reader(self, email: str, public_key: bytes) -> Reader:
        keys = (ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1()) for raw in self.raw if any(raw))
        return next(reader for reader in (Reader(email, key) for key in keys) if reader.public_key == public_key)


@contextlib.contextmanager
def three_sides(site: Site, browser: Browser) -> Iterator[tuple[list[Side], Keys]]:
    """Alice's two browsers, and Bob's, whose keys are noted."""
    keys = Keys()

    def noting_context():
        context = contexts_of(browser)()
        record_keys(context, keys)
        return context

    with contextlib.ExitStack() as stack:
        lines = [Line(site.server_of(name).port) for name in ("alice", "bob", "bob")]
        for line in lines:
            stack.callback(line.close)
        home = Person("alice", lines[0].url, contexts_of(browser)).register()
        away = Person("away", lines[1].url, contexts_of(browser), home)
        bob = Person("bob", lines[2].url, noting_context).register()
        for person in (home, away, bob):
            stack.callback(person.context.close)
        home.add(bob)
        bob.add(home)
        code = keep_code(home)
        away.log_in()
        unlock_by_code(away, code)
        sides = [
            Side.of(*both, tabs=1) for both in ((home, lines[0], bob), (away, lines[1], bob), (bob, lines[2], home))
        ]
        away.name = sides[1].tabs[0].name = "Alice away"
        for side in sides:
            assert all(tab.reopen() for tab in side.tabs)
        yield sides, keys


def tell(site: Site, browser: Browser, seconds: float, seed: int) -> Outcome:
    with three_sides(site, browser) as (sides, keys), contextlib.closing(Office(site.servers[0].url)) as office:
        home, away, bob = sides
        outcome = Outcome(Story(sides, seed, WEIGHTS).run(seconds))
        outcome.marks_equal = becomes(lambda: marks(home) == marks(away))
        alice = home.person
        reader = keys.reader(bob.person.email, office.public_key(bob.person))
        count(outcome, opened(office, reader, bob.person, alice))
        outcome.unread = unread_counts([home.person, away.person], bob.person)
        return outcome


def becomes(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (is_so := holds()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return is_so


def marks(side: Side) -> list[tuple[str, str]]:
    return [(one.text, one.state) for one in side.tabs[0].shown() if one.mine]


# --- counters --------------------------------------------------------------------------------------------------------


def opened(office: Office, reader: Reader, person: Person, other: Person) -> Iterator[dict]:
    """The contents of all messages of the person's mailbox, receipts included."""
    public_key, after, more = office.public_key(other), 0, True
    while more:
        page = office.act_as(person).get("/messages/sync", params={"after": after}).raise_for_status().json()
        after, more = page["cursor"] if not page["more"] else page["events"][-1]["sequence"], page["more"]
        for event in page["events"]:
            if event["type"] == "new_message":
                yield open_message(reader, other.email, public_key, event["message"]).content


def count(outcome: Outcome, contents: Iterable[dict]) -> None:
    """Receipts are counted apart, and may be left out (docs/protocol.md §5.6)."""
    chains: dict[str, Counter[int]] = {}
    receipts: dict[str, Counter[int]] = {}
    for content in contents:
        counted = receipts if content["type"] == "receipt" else chains
        counted.setdefault(content["browser"], Counter())[content["counter"]] += 1
    outcome.counters = {browser[:8]: found.total() for browser, found in chains.items()}
    outcome.reused = sum(found.total() - len(found) for found in (*chains.values(), *receipts.values()))
    outcome.left_out = sum(max(found) - len(found) for found in chains.values())


# --- unread ----------------------------------------------------------------------------------------------------------


def unread_counts(browsers: list[Person], writer: Person) -> list[list[str]]:
    for person in browsers:
        read_to_the_end(person, writer)
    for person in browsers:
        person.page.goto("about:blank")
        person.visit("/chat")
        expect(row_of(person, writer)).to_be_visible()
    for number in range(UNREAD):
        writer.send(f"unread {number}")
    counts = [agreed_unread(browsers, writer, AGREED[0])]
    browsers[0].open_chat(writer)
    read_to_the_end(browsers[0], writer)
    return [*counts, agreed_unread(browsers, writer, AGREED[1])]


def row_of(person: Person, writer: Person) -> Locator:
    return person.chats().get_by_role("listitem").filter(has=person.page.get_by_role("link", name=writer.name))


def read_to_the_end(person: Person, writer: Person) -> None:
    def is_read() -> bool:
        person.log().evaluate("log => { log.scrollTop = log.scrollHeight; }")
        return unread(person, writer) == ""

    becomes(is_read)


def agreed_unread(browsers: list[Person], writer: Person, wanted: list[str]) -> list[str]:
    def said() -> list[str]:
        return [unread(person, writer) for person in browsers]

    becomes(lambda: said() == wanted)
    return said()


def unread(person: Person, writer: Person) -> str:
    found = re.search(r"\d+ unread messages?", row_of(person, writer).inner_text())
    return found[0] if found else ""


if __name__ == "__main__":
    sys.exit(not run(__doc__, tell, minutes=5).is_exact)
