"""People for the stories. Each story has people of its own; browser and servers are shared."""

import contextlib
import itertools

import pytest

from tests.attacks.impostor import Impostor
from tests.attacks.office import Office
from tests.browser.proxy import Line
from tests.browser.shared import company, maker_of_people
from tools.browser.person import Person
from tools.browser.start import PATIENCE_MS, WIDE
from tools.provision import Unavailable
from tools.provision.node import install_modules


@pytest.fixture
def people():
    with company() as everyone:
        yield everyone


@pytest.fixture
def new_person(pool, site, people):
    return maker_of_people(pool, site, people)


@pytest.fixture
def new_resident(browser_type, launch_options, site, people, tmp_path):
    """Makes a person whose browser keeps its profile, so that `close_browser`, `open_browser` is a restart."""
    numbers = itertools.count()

    def make(name: str) -> Person:
        profile = tmp_path / f"profile-{next(numbers)}"

        def new_context():
            context = browser_type.launch_persistent_context(
                profile, **launch_options, viewport=WIDE, service_workers="block"
            )
            context.set_default_timeout(PATIENCE_MS)
            return context

        person = Person(name, site.server_of(name).url, new_context)
        person.profile = profile
        people.append(person)
        return person

    return make


@pytest.fixture
def new_line(site, lines):
    with contextlib.ExitStack() as stack:

        def make(name: str) -> Line:
            line = lines.take(site.server_of(name).port)
            stack.callback(lines.give_back, line)
            return line

        yield make


@pytest.fixture
def alice(new_person) -> Person:
    return new_person("alice").register()


@pytest.fixture
def alone(new_person) -> Person:
    """Alice, in a browser that nobody uses again."""
    return new_person("alice", alone=True).register()


@pytest.fixture
def bob(new_person) -> Person:
    return new_person("bob").register()


@pytest.fixture
def friends(alice, bob) -> tuple[Person, Person]:
    """Alice has added Bob and has the chat with him open."""
    alice.add(bob)
    alice.open_chat(bob)
    return alice, bob


@pytest.fixture
def talking(friends) -> tuple[Person, Person]:
    """Alice and Bob have each written one message, and the other has it."""
    alice, bob = friends
    alice.send("Are you there?")
    bob.open_chat(alice)
    bob.send("I am")
    alice.expect_message("I am")
    return alice, bob


@pytest.fixture(scope="session")
def office(site):
    office = Office(site.servers[0].url)
    yield office
    office.close()


@pytest.fixture
def chat(alice, office) -> tuple[Person, Impostor]:
    """Alice has added Bob and has the chat with him open. He has keys and no browser: it is for stories on her side."""
    bob = office.make_account("Bob")
    alice.add(bob)
    alice.open_chat(bob)
    return alice, bob


@pytest.fixture(scope="session")
def axe_source() -> str:
    try:
        return (install_modules() / "axe-core" / "axe.min.js").read_text()
    except Unavailable as error:
        pytest.skip(str(error))
