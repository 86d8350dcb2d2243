"""Two people write to each other while their browsers go on- and offline at random; in the end both screens are equal.

python -m tests.browser.on_and_off --minutes 10 --seed 7 [--backend=services]
"""

import argparse
import contextlib
import itertools
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Browser

from tests.browser.proxy import Line
from tests.browser.sides import Shown, Side, Tab
from tests.browser.site import Site, running_site
from tools.browser.person import Person
from tools.browser.start import contexts_of, running_browser
from tools.provision import Unavailable
from tools.provision.services import running

SETTLE_SECONDS = 90
FINAL = ("Delivered", "Read")


@dataclass
class Figures:
    """`lost` is missing on a screen although one has said "Sending" or shows it; `misordered` counts neighbours of one
    tab in the wrong order. `unkept` was typed and gone with a tab that was killed before it said "Sending": within some
    milliseconds, or while the browser's storage waited for a tab that was stopped in the middle of writing."""

    typed: int = 0
    promised: int = 0
    shown: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    unkept: int = 0
    doubled: int = 0
    misordered: int = 0
    unsettled: int = 0
    screens_equal: bool = False
    actions: dict[str, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        faults = len(self.lost) + self.doubled + self.misordered + self.unsettled + len(self.complaints)
        return self.screens_equal and self.promised > self.typed / 2 and faults == 0


class Story:
    def __init__(self, sides: list[Side], seed: int, weights: dict[str, int] | None = None):
        self.weights = weights or ACTIONS
        self.sides = sides
        self.chance = random.Random(seed)
        self.actions: Counter[str] = Counter()
        self.numbers = itertools.count(1)
        self.due: list[tuple[float, Callable[[], object]]] = []

    @property
    def tabs(self) -> list[Tab]:
        return [tab for side in self.sides for tab in side.tabs]

    def run(self, seconds: float) -> Figures:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.do_what_is_due()
            self.act()
            time.sleep(self.chance.uniform(0.02, 0.25))
        for side in self.sides:
            side.come_back()
        return self.compare(self.settle())

    def act(self) -> None:
        side = self.chance.choice(self.sides)
        names, weights = zip(*self.weights.items(), strict=True)
        name = self.chance.choices(names, weights)[0]
        if getattr(self, name)(side) is not False:
            self.actions[name] += 1

    def later(self, after_seconds: tuple[float, float], action: Callable[[], object]) -> None:
        self.due.append((time.monotonic() + self.chance.uniform(*after_seconds), action))

    def do_what_is_due(self) -> None:
        now = time.monotonic()
        due = [action for at, action in self.due if at <= now]
        self.due = [(at, action) for at, action in self.due if at > now]
        for action in due:
            action()

    def next_text(self, side: Side) -> str:
        return f"{side.person.name} {next(self.numbers)} {'.' * self.chance.randrange(60)}|"

    def tab_to_type_in(self, side: Side) -> Tab | None:
        """Whoever has lost a tab in the middle of a word looks what became of it before writing on."""
        usable = [tab for tab in side.tabs if tab.can_type]
        return None if not usable or any(tab.in_doubt for tab in side.tabs) else self.chance.choice(usable)

    # --- what happens ---

    def write(self, side: Side):
        tab = self.tab_to_type_in(side)
        if not tab:
            return False
        return tab.type(self.next_text(side))

    def write_many(self, side: Side):
        return [self.write(side) for _ in range(self.chance.randint(3, 6))] and None

    def lose_network(self, side: Side):
        """In one of the ways in which networks are lost: cut, gone without a word, or only said to be."""
        if not side.is_online:
            return False
        ways = [side.line.cut, side.line.stall, lambda: side.tell_offline(True)]
        for way in self.chance.sample(ways, self.chance.choice([1, 1, 2])):
            way()
        return self.later((0.3, 6), side.come_online)

    def reload(self, side: Side):
        tab = self.chance.choice(side.tabs)
        if tab.is_asleep or not (tab.is_open and side.is_online):
            return False
        return tab.load() and None

    def die(self, side: Side):
        tab = self.tab_to_type_in(side)
        if not tab:
            return False
        tab.type_and_die(self.next_text(side), self.chance.uniform(0, 0.04))
        return self.later((0.2, 3), lambda: self.open_again(side, tab))

    def close(self, side: Side):
        tab = self.chance.choice(side.tabs)
        if not tab.can_type:
            return False
        tab.close()
        return self.later((0.2, 3), lambda: self.open_again(side, tab))

    def sleep(self, side: Side):
        tab = self.chance.choice(side.tabs)
        if not tab.can_type or any(other.process == tab.process for other in side.tabs if other is not tab):
            return False
        tab.fall_asleep(is_told=self.chance.random() < 0.5)
        return self.later((0.5, 5), tab.wake_up)

    def open_again(self, side: Side, tab: Tab) -> None:
        if not side.is_online or not tab.reopen():
            self.later((0.5, 2), lambda: self.open_again(side, tab))

    # --- how it ends ---

    def settle(self) -> dict[str, list[Shown]]:
        deadline = time.monotonic() + SETTLE_SECONDS
        for tab in self.tabs:
            tab.reach_back()
        while True:
            screens = {tab.name: tab.shown() for tab in self.tabs}
            if self.compare(screens).is_exact or time.monotonic() > deadline:
                return screens
            time.sleep(0.5)

    def compare(self, screens: dict[str, list[Shown]]) -> Figures:
        typed = [text for tab in self.tabs for text in tab.typed]
        texts = {name: [message.text for message in shown] for name, shown in screens.items()}
        counts = [Counter(found) for found in texts.values()]
        promised = {text for side in self.sides for text in side.promised}
        known = promised.union(*counts)
        return Figures(
            typed=len(typed),
            promised=sum(text in promised for text in typed),
            shown={name: len(found) for name, found in texts.items()},
            lost=[text for text in typed if text in known and any(count[text] == 0 for count in counts)],
            unkept=sum(text not in known for text in typed),
            doubled=sum(any(count[text] > 1 for count in counts) for text in typed),
            misordered=sum(inversions(found, tab.typed) for found in texts.values() for tab in self.tabs),
            unsettled=sum(one.mine and one.state not in FINAL for shown in screens.values() for one in shown),
            screens_equal=len({tuple(found) for found in texts.values()}) == 1,
            actions=dict(self.actions),
            complaints=[line for side in self.sides for line in side.person.complaints if line.startswith("uncaught")],
        )


# What is done, and how often in relation to the others.
ACTIONS = {
    "write": 60,
    "write_many": 6,
    "lose_network": 10,
    "reload": 4,
    "die": 4,
    "close": 3,
    "sleep": 3,
}


def inversions(found: list[str], typed: list[str]) -> int:
    places = {text: place for place, text in enumerate(found)}
    order = [places[text] for text in typed if text in places]
    return sum(later < earlier for earlier, later in itertools.pairwise(order))


@contextlib.contextmanager
def two_sides(site: Site, browser: Browser) -> Iterator[list[Side]]:
    """Alice has two tabs; both have the chat with the other open, and each has heard from the other."""
    with contextlib.ExitStack() as stack:
        lines = {name: Line(site.server_of(name).port) for name in ("alice", "bob")}
        for line in lines.values():
            stack.callback(line.close)
        alice, bob = (Person(name, line.url, contexts_of(browser)).register() for name, line in lines.items())
        for person in (alice, bob):
            stack.callback(person.context.close)
        alice.add(bob)
        bob.add(alice)
        sides = [Side.of(alice, lines["alice"], bob, tabs=2), Side.of(bob, lines["bob"], alice, tabs=1)]
        for side in sides:
            assert all(tab.reopen() for tab in side.tabs)
        yield sides


def tell(site: Site, browser: Browser, seconds: float, seed: int) -> Figures:
    with two_sides(site, browser) as sides:
        return Story(sides, seed).run(seconds)


@contextlib.contextmanager
def addresses(backend: str) -> Iterator[None]:
    """Where the servers find PostgreSQL and Redis, where they are to use them."""
    if backend == "embedded":
        yield
        return
    with running("postgres", "redis") as found:
        missing = [reason for reason in found.values() if isinstance(reason, Unavailable)]
        if missing:
            raise SystemExit(f"not to be had: {missing}")
        os.environ.update(DATABASE_URL=found["postgres"], REDIS_URL=found["redis"])
        yield


class Told(Protocol):
    """What a story tells in figures: a dataclass."""

    @property
    def is_exact(self) -> bool: ...


def run(about: str, tell: Callable[[Site, Browser, float, int], Told], minutes: float = 10) -> Told:
    """The command: tells the story on a server of its own, and prints the figures."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=minutes)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--backend", choices=("embedded", "services"), default="embedded")
    given = parser.parse_args()
    print(f"{given.minutes:g} minutes, seed {given.seed}, {given.backend}", flush=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(addresses(given.backend))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vibechat-on-and-off-")))
        site = stack.enter_context(running_site(folder, given.backend))
        figures = tell(site, stack.enter_context(running_browser()), 60 * given.minutes, given.seed)
    for name, value in asdict(figures).items():  # type: ignore[call-overload]
        print(f"{name:>14}  {value}")
    return figures


if __name__ == "__main__":
    sys.exit(not run(__doc__, tell).is_exact)
