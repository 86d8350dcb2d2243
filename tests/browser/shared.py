"""What every test with browsers shares: Chromium, the server, and how people are made. Loaded by tests/conftest.py."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import ViewportSize, expect, sync_playwright

from tests.browser.pool import Kind, Pool
from tests.browser.proxy import Line, Lines
from tests.browser.site import Site, running_site
from tools.browser.person import Person
from tools.browser.start import PATIENCE_MS, WIDE
from tools.browser.start import launch_options as options_of
from tools.provision import Unavailable
from tools.provision.chromium import find_chromium, find_whole_chromium


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
def whole_launch_options():
    """Of a browser that is more than its shell."""
    try:
        return options_of(find_whole_chromium())
    except Unavailable as error:
        pytest.skip(f"NOT RUN: {error}")


@pytest.fixture(scope="session")
def browser(browser_type, launch_options):
    browser = browser_type.launch(**launch_options)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def pool(browser) -> Pool:
    return Pool(browser)


@pytest.fixture(scope="session")
def lines() -> Iterator[Lines]:
    lines = Lines()
    yield lines
    lines.close()


@pytest.fixture(scope="session")
def site(backend, tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site"), backend) as site:
        yield site


@contextlib.contextmanager
def company() -> Iterator[list[Person]]:
    """All who take part in a story; at its end no page of theirs may have complained."""
    everyone: list[Person] = []
    yield everyone
    complaints = complaints_of(everyone)
    for person in everyone:
        with contextlib.suppress(BrowserError):  # the story has closed it
            person.leave()
    assert not complaints, complaints


def complaints_of(everyone: list[Person]) -> list[str]:
    return [f"{person.name}: {complaint}" for person in everyone for complaint in person.complaints]


def maker_of_people(pool: Pool, site: Site, people: list[Person]) -> Callable[..., Person]:
    """Makes a person whose browser has stored nothing; with a line, all of its traffic goes through that.

    `alone`, or with options other than these, the person has a context that nobody uses again: it may get scripts and
    bindings.
    """

    def make(
        name: str,
        line: Line | None = None,
        account: Person | None = None,
        alone: bool = False,
        has_clock: bool = False,
        address: str = "",
        viewport: ViewportSize = WIDE,
        media: dict[str, str] | None = None,
        **options,
    ) -> Person:
        address = line.url if line else address or site.server_of(name).url
        if alone or options:
            new_context = partial(pool.new, viewport=viewport, **options)
        else:
            new_context = partial(pool.take, Kind(address, has_clock), media or {}, viewport)
        person = Person(name, address, new_context, account, pool.give_back)
        people.append(person)
        return person

    return make
