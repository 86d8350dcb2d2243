"""Waits that a page would make are cut short; its clock must have been installed before it was opened."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

LONGEST_BACKOFF_MS = 31_000
PATIENCE_SECONDS = 20


def hurry(page: Page, holds: Callable[[], Any]) -> None:
    """The page's timers run out again and again until it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it has not happened"
        page.wait_for_timeout(250)
        page.clock.fast_forward(LONGEST_BACKOFF_MS)
