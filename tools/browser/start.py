"""Starts a browser, for tests and for what measures."""

import contextlib
import os
from collections.abc import Callable, Iterator

from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from tools.provision.chromium import ARGUMENTS, Chromium, find_chromium

PATIENCE_MS = 20_000  # a busy machine is slow, and no test is about how fast it is
WIDE: ViewportSize = {"width": 1280, "height": 800}


def launch_options(chromium: Chromium) -> dict:
    return {
        "executable_path": chromium.program,
        "args": ARGUMENTS,
        "env": {**os.environ, **chromium.environment},
    }


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(find_chromium()))
        yield browser
        browser.close()


def contexts_of(browser: Browser) -> Callable[[], BrowserContext]:
    """Each is a browser of its own to the pages in it."""

    def new_context() -> BrowserContext:
        context = browser.new_context(viewport=WIDE)
        context.set_default_timeout(PATIENCE_MS)
        return context

    return new_context
