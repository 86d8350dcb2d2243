"""Registration and log-in in a browser that can keep nothing: said before the server is asked."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

FAILS = """() => {
  IDBFactory.prototype.open = () => {
    throw new DOMException("", "NAME");
  };
}"""
WORDS = {
    "SecurityError": re.compile("Allow cookies and site data"),
    "QuotaExceededError": re.compile("no space left"),
}


def with_broken_storage(person, name: str) -> list[str]:
    """What is posted from here on."""
    calls: list[str] = []
    person.page.add_init_script(f"({FAILS.replace('NAME', name)})()")
    person.page.on("request", lambda request: request.method == "POST" and calls.append(request.url))
    return calls


@pytest.mark.parametrize("name", WORDS)
def test_both_doors_name_the_reason_and_do_not_ask_the_server(new_person, name):
    alice = new_person("alice", alone=True)
    calls = with_broken_storage(alice, name)
    alice.visit("/register")
    alice.fill_in_registration()
    alice.page.get_by_role("button", name="Create account").click()
    expect(alice.page.get_by_role("alert")).to_have_text(WORDS[name])
    alice.visit("/login")
    alice.send_credentials()
    expect(alice.page.get_by_role("alert")).to_have_text(WORDS[name])
    assert [call for call in calls if "/api/" in call] == []


@pytest.mark.parametrize("name", WORDS)
def test_the_chat_page_names_the_reason(alone, name):
    with_broken_storage(alone, name)
    alone.visit("/chat")
    expect(alone.page.get_by_role("heading", name=WORDS[name])).to_be_visible()
    expect(alone.page.get_by_role("button", name="Try again")).to_be_visible()
