"""A page draws what arrives, whatever the clock of its machine says, and follows its day and time zone."""

from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

# A timer's delay has 32 bits, and 2^31 ms are 25 days. The time since 1970 passes a multiple of 2^31 ms at 17:56:53 on
# 16 December 2026, and then every 25 days: the dates of the first list lie on both sides of some of these moments.
AROUND_MULTIPLES = [
    "2026-12-16T17:56:50Z",
    "2026-12-16T17:57:00Z",
    "2026-12-29T12:00:00Z",
    "2027-01-10T14:28:10Z",
    "2027-01-10T14:28:20Z",
    "2028-12-31T09:38:40Z",
    "2032-02-17T17:43:00Z",
    "2036-12-17T10:51:40Z",
    "2036-12-17T10:52:00Z",
]
# In the time zone of Berlin, which the page is in.
OF_THE_CALENDAR = [
    "2026-12-31T22:59:58Z",  # the year ends
    "2027-03-28T00:59:58Z",  # summer time begins
    "2027-10-31T00:59:58Z",  # summer time ends
    "2028-02-28T22:59:58Z",  # the leap day begins
    "2028-02-29T12:00:00Z",
    "2029-12-31T23:30:00Z",
    "2030-10-27T00:30:00Z",  # an hour that comes twice
    "2031-06-15T12:00:00Z",
    "2032-12-31T22:59:58Z",
    "2033-03-27T01:00:01Z",
    "2034-07-01T00:00:00Z",
    "2036-02-29T22:59:58Z",
]
DATES = sorted(AROUND_MULTIPLES + OF_THE_CALENDAR)
# Playwright's own clock is not used: it replaces `setTimeout`, and with it the 32 bits.
SHIFT = """(offsetMs) => {
  const Real = globalThis.RealDate ??= Date;
  globalThis.Date = class extends Real {
    constructor(...parts) { super(...(parts.length > 0 ? parts : [Real.now() + offsetMs])); }
    static now() { return Real.now() + offsetMs; }
  };
}"""


def move_clock(person, date: str) -> AbstractContextManager:
    """Of the page that is open, and until the end of the context of each one that is loaded."""
    offset_ms = person.page.evaluate("(date) => Date.parse(date) - (globalThis.RealDate ?? Date).now()", date)
    person.page.evaluate(f"({SHIFT})({offset_ms})")
    return person.context.add_init_script(f"({SHIFT})({offset_ms})")


@pytest.mark.timeout(300)
def test_page_draws_messages_under_a_moved_clock(alice, new_person):
    bob = new_person("bob", timezone_id="Europe/Berlin").register()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("hello")
    bob.open_chat(alice)
    for date in [*DATES, "1999-12-31T12:00:00Z"]:
        with move_clock(bob, date):
            alice.send(f"{date} to the open page")
            bob.expect_message(f"{date} to the open page")
            bob.page.reload()
            assert bob.page.evaluate("new Date().toISOString()")[:16] == date[:16] or date.endswith("58Z")
            bob.expect_message(f"{date} to the open page")
            alice.send(f"{date} to the new page")
            bob.expect_message(f"{date} to the new page")
    bob.send("hello back")
    alice.expect_message("hello back")


# --- a page that stays open ------------------------------------------------------------------------------------------


def look_again(person) -> None:
    """As a browser tells a page that the person has come back to it."""
    person.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def day_lines(person):
    return person.log().get_by_role("heading", level=3)


def hour_in(person, zone: str) -> str:
    """Of the only message in the log, as this browser writes a time in that zone."""
    return person.page.evaluate(
        """(timeZone) => new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", timeZone })
          .format(new Date(document.querySelector("[role=log] time").dateTime))""",
        zone,
    )


def test_page_that_stays_open_follows_the_day(chat):
    alice, bob = chat
    alice.send("hello")
    expect(day_lines(alice)).to_have_text("Today")
    alice.page.evaluate(f"({SHIFT})(24 * 3600 * 1000)")
    look_again(alice)
    expect(day_lines(alice)).to_have_text("Yesterday")
    expect(alice.chats().get_by_text("Yesterday")).to_be_visible()
    alice.page.evaluate(f"({SHIFT})(0)")
    look_again(alice)
    expect(day_lines(alice)).to_have_text("Today")
    expect(alice.chats().get_by_text("Yesterday")).to_have_count(0)


def test_page_that_stays_open_follows_the_time_zone(alone, bob):
    alice = alone
    alice.add(bob)
    machine = alice.context.new_cdp_session(alice.page)
    machine.send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    alice.visit("/chat")
    alice.open_chat(bob)
    alice.send("hello")
    time = alice.log().get_by_role("time")
    row = alice.chats().locator(".chat-row-time")
    expect(time).to_have_text(hour_in(alice, "Asia/Tokyo"))
    # No event tells the page: it looks by itself.
    machine.send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kolkata"})
    expect(time).to_have_text(hour_in(alice, "Asia/Kolkata"))
    expect(row).to_have_text(hour_in(alice, "Asia/Kolkata"))
