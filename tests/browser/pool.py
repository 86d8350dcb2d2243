"""Browsers of people: contexts that are used again, after all that was stored in them has been deleted.

The first load of the chat page fetches and compiles 150 files. A context's next load takes them from the memory of the
process that shows the page, for half of the processor time. So the page stays open from one person to the next.
"""

import contextlib
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from playwright.sync_api import Error as BrowserError

from tools.browser.start import PATIENCE_MS, WIDE

# What cannot be taken back, and would reach the next person.
FOR_GOOD = ("add_init_script", "expose_binding", "expose_function", "new_cdp_session", "on", "route_web_socket")
NOTHING_THERE = "/api/health"


@dataclass(frozen=True)
class Kind:
    """Of a context: the address that its pages are of, and whether the test may move its clock."""

    address: str
    has_clock: bool = False


class Pool:
    def __init__(self, browser: Browser):
        self.browser = browser
        self.free: dict[Kind, list[BrowserContext]] = defaultdict(list)
        self.lent: dict[BrowserContext, Kind] = {}

    def new(self, **options) -> BrowserContext:
        """For one person alone; without a service worker, unless the options allow it."""
        context = self.browser.new_context(**{"viewport": WIDE, "service_workers": "block", **options})
        context.set_default_timeout(PATIENCE_MS)
        return context

    def take(self, kind: Kind, media: dict[str, Any] | None = None, viewport: ViewportSize = WIDE) -> BrowserContext:
        """With one page open. Others may have used it before, but have left nothing."""
        context = self.free[kind].pop() if self.free[kind] else lasting(self.new(), kind)
        self.lent[context] = kind
        page = context.pages[0]
        if kind.has_clock:
            page.clock.install()
        if media:
            page.emulate_media(**media)
        if viewport != WIDE:
            page.set_viewport_size(viewport)
        return context

    def give_back(self, context: BrowserContext) -> None:
        kind = self.lent.pop(context, None)
        with contextlib.suppress(BrowserError):  # the page does not answer, or the test has closed it
            if kind and context.pages:
                tidy_up(context, kind.address)
                self.free[kind].append(context)
                return
        context.close()


def lasting(context: BrowserContext, kind: Kind) -> BrowserContext:
    if not kind.has_clock:
        context._impl_obj.clock = Refusing()  # `page.clock` puts a script into the whole context
    page = context.new_page()
    for name in FOR_GOOD:
        setattr(page, name, refuse)
        if name != "on":  # a person listens at the context, and stops it
            setattr(context, name, refuse)
    page.goto(kind.address + NOTHING_THERE)
    return context


def refuse(*_: Any, **__: Any) -> None:
    raise AssertionError("this browser is used again: make the person with alone=True")


class Refusing:
    def __getattr__(self, name: str) -> Any:
        return refuse


def tidy_up(context: BrowserContext, address: str) -> None:
    page, *others = context.pages
    for other in others:
        other.close()
    context.unroute_all(behavior="ignoreErrors")
    page.unroute_all(behavior="ignoreErrors")
    context.set_offline(False)
    context.set_extra_http_headers({})
    context.clear_permissions()
    page.set_viewport_size(WIDE)
    page.emulate_media(media="null", color_scheme="null", reduced_motion="null", forced_colors="null", contrast="null")
    page.goto(address + NOTHING_THERE)
    delete_storage(context, page, address)


def delete_storage(context: BrowserContext, page: Page, address: str) -> None:
    context.clear_cookies()
    page.evaluate("() => { sessionStorage.clear(); window.name = ''; }")
    session = BrowserContext.new_cdp_session(context, page)
    session.send("Storage.clearDataForOrigin", {"origin": address, "storageTypes": "all"})
    session.detach()
