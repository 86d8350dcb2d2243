"""The archive: what one browser has opened reads in a fresh one, also where the server has it no more."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Response, Route, expect

from tools.browser.person import Person
from tools.browser.ways import keep_code, unlock_by_code

pytestmark = pytest.mark.once


def archived(person: Person, action: Callable[[], object]) -> None:
    """Waits until the server has taken what the browser archives after this action."""

    def is_write(response: Response) -> bool:
        return response.request.method == "PUT" and bool(re.search("/api/streams/[0-9a-f]{32}/archive/", response.url))

    with person.page.expect_response(is_write, timeout=60_000) as response:
        action()
    assert response.value.ok


def withhold_messages(person: Person) -> None:
    """The server tells this browser of no earlier message."""

    def without_results(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "results": [], "next": None, "previous": None})

    for path in ("conversations", "conversation/**"):
        person.context.route(f"**/api/messages/{path}", without_results)


def test_a_fresh_browser_reads_from_the_archive_what_the_server_withholds(friends, new_person):
    alice, bob = friends
    alice.send("first of all")
    bob.open_chat(alice)
    bob.send("an answer")
    alice.expect_message("an answer")
    codes: list[str] = []
    archived(alice, lambda: codes.append(keep_code(alice)))
    archived(alice, lambda: alice.send("after the code"))
    alice.page.close()
    fresh = new_person("alice", account=alice)
    withhold_messages(fresh)
    fresh.log_in()
    expect(fresh.chat_link(bob)).to_have_count(0)
    unlock_by_code(fresh, codes[0])
    fresh.open_chat(bob)
    fresh.expect_in_order("first of all", "an answer", "after the code")
    fresh.send("from the new browser")
    bob.expect_message("from the new browser")
    fresh.page.reload()
    fresh.expect_in_order("first of all", "an answer", "after the code", "from the new browser")
    expect(bob.page.locator("#keys-strip")).to_be_hidden()


def test_a_chat_that_was_cleared_is_in_no_archive(friends, new_person):
    alice, bob = friends
    alice.send("to be forgotten")
    codes: list[str] = []
    archived(alice, lambda: codes.append(keep_code(alice)))
    archived(alice, lambda: clear_chat(alice))
    alice.send("to be kept")
    fresh = new_person("alice", account=alice)
    fresh.log_in()
    unlock_by_code(fresh, codes[0])
    fresh.open_chat(bob)
    fresh.expect_message("to be kept")
    expect(fresh.message("to be forgotten")).to_have_count(0)


def clear_chat(person: Person) -> None:
    person.page.get_by_role("button", name="Chat details").click()
    dialog = person.page.locator("#details")
    dialog.get_by_text("Clear this chat").click()
    dialog.get_by_role("button", name="Clear chat").click()
    expect(dialog).to_be_hidden()
