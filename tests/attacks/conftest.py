"""Fixtures: Alice and Bob in browsers of their own, and Mallory as a proxy between them and the server.

Tests share one Alice and one Bob, who are in contact. A test that changes them permanently takes new ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.attacks.mallory import Mallory
from tests.attacks.office import Office
from tests.attacks.relay import Relay
from tests.browser.shared import company, complaints_of, maker_of_people
from tools.browser.person import Person


def pytest_addoption(parser):
    parser.addoption("--screenshots", help="a folder for a picture of what each case shows")


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.once)


@dataclass
class Town:
    """Creates people. Mallory relays all traffic of each, at an address of its own."""

    people: list[Person]
    mallory: Mallory
    relay: Relay
    make: Callable[..., Person]
    free: list[str] = field(default_factory=list)

    def visitor(self, name: str, **options) -> Person:
        address = self.free.pop() if self.free else self.relay.open()
        person = self.make(name, address=address, **options)
        self.relay.people[address] = person
        return person

    def see_off(self, visitors: list[Person]) -> None:
        for person in visitors:
            del self.relay.people[person.url]
            person.leave()
            self.free.append(person.url)

    def strangers(self, has_clock: bool = False) -> tuple[Person, Person]:
        """Two accounts without contacts. `has_clock` makes it possible to move their clocks (`page.clock`)."""
        alice, bob = (self.visitor(name, has_clock=has_clock).register() for name in ("alice", "bob"))
        return alice, bob

    def friends(self, has_clock: bool = False) -> tuple[Person, Person]:
        """Two people who have exchanged messages and have the chat open."""
        alice, bob = self.strangers(has_clock)
        alice.add(bob)
        alice.open_chat(bob)
        alice.send("Hello Bob")
        bob.open_chat(alice)
        bob.expect_message("Hello Bob")
        bob.send("Hello Alice")
        alice.expect_message("Hello Alice")
        return alice, bob


@pytest.fixture(scope="session")
def town(browser, pool, site) -> Iterator[Town]:
    server = site.servers[0].url
    mallory = Mallory(Office(server))
    relay = Relay(browser, server, mallory)
    with company() as people:
        yield Town(people, mallory, relay, maker_of_people(pool, site, people))
    relay.close()
    mallory.office.close()


@pytest.fixture(scope="session")
def everybodys_pair(town) -> tuple[Person, Person]:
    return town.friends()


@pytest.fixture
def pair(everybodys_pair) -> tuple[Person, Person]:
    alice, bob = everybodys_pair
    alice.open_chat(bob)
    bob.open_chat(alice)
    return alice, bob


@pytest.fixture(scope="module")
def own_pair(town) -> Iterator[tuple[Person, Person]]:
    """A pair for one file, whose tests check everything in the chat."""
    pair = town.friends()
    yield pair
    town.see_off(pair)


@pytest.fixture
def guests(town) -> Iterator[Town]:
    """Creates people for one test."""
    before = len(town.people)
    yield town
    town.see_off(town.people[before:])


@pytest.fixture
def strangers(guests) -> Callable[..., tuple[Person, Person]]:
    return guests.strangers


@pytest.fixture
def friends(guests) -> Callable[..., tuple[Person, Person]]:
    return guests.friends


@pytest.fixture
def alice(pair) -> Person:
    return pair[0]


@pytest.fixture
def bob(pair) -> Person:
    return pair[1]


@pytest.fixture
def mallory(town) -> Iterator[Mallory]:
    """Mallory becomes honest at the end of the test."""
    town.mallory.sent.clear()
    yield town.mallory
    town.mallory.stop()


@pytest.fixture(autouse=True)
def row(request):
    """The row of the test. At the end each quoted text must have been found and no page may have logged an error."""
    row = getattr(request.function, "row", None)
    if row is None:
        yield None
        return
    folder = request.config.getoption("--screenshots", default=None)
    row.screenshots = Path(folder) if folder else None
    row.found.clear()
    town = request.getfixturevalue("town")
    forget_faults(town)  # left by an earlier test that failed
    yield row
    assert row.missing == [], "quoted texts of the row that the test did not look for"
    complaints, faults = complaints_of(town.people), list(town.relay.faults)
    forget_faults(town)
    assert complaints == []
    assert faults == [], "errors in the rules of the test"


def forget_faults(town: Town) -> None:
    town.relay.faults.clear()
    for person in town.people:
        person.complaints.clear()
