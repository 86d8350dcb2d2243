"""A page draws what arrives, whatever the clock of its machine says."""

import pytest

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
