"""Shortens the waits of a page. The clock must be installed before the page is opened."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

LONGEST_BACKOFF_MS = 31_000
PATIENCE_SECONDS = 20


def hurry(page: Page, holds: Callable[[], Any]) -> None:
    """Fire the page's timers repeatedly until the condition holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "timed out"
        page.wait_for_timeout(250)
        page.clock.fast_forward(LONGEST_BACKOFF_MS)
