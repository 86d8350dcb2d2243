"""A page draws what arrives, whatever the clock of its machine says, and follows its day and time zone."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

# The number of milliseconds since 1970 passes a multiple of 2^31 every 25 days. A timer's delay has 32 bits.
DATES = ["2026-12-29T12:00Z", "2036-11-29T23:59:59Z", "1999-12-31T12:00Z"]
SHIFT = """(offsetMs) => {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...parts) { super(...(parts.length > 0 ? parts : [Real.now() + offsetMs])); }
    static now() { return Real.now() + offsetMs; }
  };
}"""


@pytest.mark.parametrize("date", DATES)
def test_page_draws_messages_under_a_moved_clock(friends, date):
    alice, bob = friends
    offset_ms = bob.page.evaluate("(date) => Date.parse(date) - Date.now()", date)
    bob.context.add_init_script(f"({SHIFT})({offset_ms})")
    bob.visit("/chat")
    assert bob.page.evaluate("new Date().toISOString()")[:10] == date[:10]
    alice.send("hello")
    bob.open_chat(alice)
    bob.expect_message("hello")
    bob.send("hello back")
    alice.send("and again")
    bob.expect_message("and again")


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


def test_page_that_stays_open_follows_the_day(friends):
    alice, bob = friends
    alice.send("hello")
    expect(day_lines(alice)).to_have_text("Today")
    alice.page.evaluate(f"({SHIFT})(24 * 3600 * 1000)")
    look_again(alice)
    expect(day_lines(alice)).to_have_text("Yesterday")
    expect(alice.chats().get_by_text("Yesterday")).to_be_visible()
    alice.page.evaluate(f"({SHIFT})(-24 * 3600 * 1000)")
    look_again(alice)
    expect(day_lines(alice)).to_have_text("Today")
    expect(alice.chats().get_by_text("Yesterday")).to_have_count(0)


def test_page_that_stays_open_follows_the_time_zone(friends):
    alice, bob = friends
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
