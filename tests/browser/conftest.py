"""Browsers and servers for the stories. Each story has people of its own; the servers are shared."""

import contextlib
import itertools

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.person import Person
from tests.browser.proxy import Line
from tests.browser.site import running_site
from tests.browser.start import WIDE
from tests.browser.start import launch_options as options_of
from tests.provision import Unavailable
from tests.provision.chromium import find_chromium
from tests.provision.node import install_modules

PATIENCE_MS = 20_000  # of no story's interest: a busy machine is slow, and a story tells what happens, not how fast


@pytest.fixture(scope="session")
def chromium():
    try:
        return find_chromium()
    except Unavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def browser_type():
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def launch_options(chromium):
    return options_of(chromium)


@pytest.fixture(scope="session")
def browser(browser_type, launch_options):
    browser = browser_type.launch(**launch_options)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def site(backend, tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site"), backend) as site:
        yield site


@pytest.fixture
def people():
    """All who take part in a story; at its end no page of theirs may have complained."""
    everyone: list[Person] = []
    yield everyone
    complaints = [f"{person.name}: {complaint}" for person in everyone for complaint in person.complaints]
    for person in everyone:
        with contextlib.suppress(Exception):
            person.context.close()
    assert complaints == []


@pytest.fixture
def new_person(browser, site, people):
    """Makes a person with a fresh browser; with a line, all of its traffic goes through that."""

    def make(name: str, line: Line | None = None, account: Person | None = None, **options) -> Person:
        def new_context():
            context = browser.new_context(**{"viewport": WIDE, **options})
            context.set_default_timeout(PATIENCE_MS)
            return context

        person = Person(name, line.url if line else site.server_of(name).url, new_context, account)
        people.append(person)
        return person

    return make


@pytest.fixture
def new_resident(browser_type, launch_options, site, people, tmp_path):
    """Makes a person whose browser keeps its profile, so that `close_browser`, `open_browser` is a restart."""
    numbers = itertools.count()

    def make(name: str) -> Person:
        profile = tmp_path / f"profile-{next(numbers)}"

        def new_context():
            context = browser_type.launch_persistent_context(profile, **launch_options, viewport=WIDE)
            context.set_default_timeout(PATIENCE_MS)
            return context

        person = Person(name, site.server_of(name).url, new_context)
        person.profile = profile
        people.append(person)
        return person

    return make


@pytest.fixture
def new_line(site):
    with contextlib.ExitStack() as stack:

        def make(name: str) -> Line:
            line = Line(site.server_of(name).port)
            stack.callback(line.close)
            return line

        yield make


@pytest.fixture
def alice(new_person) -> Person:
    return new_person("alice").register()


@pytest.fixture
def bob(new_person) -> Person:
    return new_person("bob").register()


@pytest.fixture
def friends(alice, bob) -> tuple[Person, Person]:
    """Alice has added Bob and has the chat with him open."""
    alice.add(bob)
    alice.open_chat(bob)
    return alice, bob


@pytest.fixture(scope="session")
def axe_source() -> str:
    try:
        return (install_modules() / "axe-core" / "axe.min.js").read_text()
    except Unavailable as error:
        pytest.skip(str(error))
