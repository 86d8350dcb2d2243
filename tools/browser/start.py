"""Starts a browser for tests and benchmarks."""

import contextlib
import os
from collections.abc import Callable, Iterator

from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from tools.provision.chromium import ARGUMENTS, Chromium, find_chromium

PATIENCE_MS = 20_000  # generous, because a busy machine is slow
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
    """Each context is isolated, like a separate browser."""

    def new_context() -> BrowserContext:
        context = browser.new_context(viewport=WIDE)
        context.set_default_timeout(PATIENCE_MS)
        return context

    return new_context
