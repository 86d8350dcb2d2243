"""Starts a browser for tests and benchmarks."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from tools.provision.chromium import ARGUMENTS, Chromium, find_chromium

PATIENCE_MS = 20_000  # generous, because a busy machine is slow
WIDE: ViewportSize = {"width": 1280, "height": 800}
SHARED_MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 512 * 1024**2  # a container often has 64 MiB, in which pages crash


def launch_options(chromium: Chromium) -> dict:
    return {
        "executable_path": chromium.program,
        "args": ARGUMENTS,
        "ignore_default_args": ["--disable-dev-shm-usage"] if has_shared_memory() else [],
        "env": {**os.environ, **chromium.environment},
    }


def has_shared_memory() -> bool:
    """If not, Chromium makes a file on the disk for each response and each tile that its processes pass on."""
    try:
        return shutil.disk_usage(SHARED_MEMORY).free >= ENOUGH_BYTES
    except OSError:
        return False


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(find_chromium()))
        yield browser
        browser.close()


def contexts_of(browser: Browser) -> Callable[[], BrowserContext]:
    """Each context is isolated, like a separate browser."""

    def new_context() -> BrowserContext:
        context = browser.new_context(viewport=WIDE, service_workers="block")  # it would load files meanwhile
        context.set_default_timeout(PATIENCE_MS)
        return context

    return new_context
