"""A browser that holds a database of an earlier version of the page."""

import json

import pytest
from playwright.sync_api import expect

from tests.support.environment import ROOT

pytestmark = pytest.mark.once
WORLD = ROOT / "tests" / "js"
DUMP = WORLD / "storage" / "databases" / "version-2.json"
RESTORE = (WORLD / "world" / "restore-database.js").read_text().replace("export ", "")
VERSION = "async (name) => (await indexedDB.databases()).find((database) => database.name === name).version"


def dump_for(user: dict) -> list[dict]:
    """The dump as if it were this account's."""
    device, account = json.loads(DUMP.read_text().replace("alice@example.org", user["email"]))
    device["stores"][0]["entries"][0]["value"]["user"] |= {"id": user["id"], "email": user["email"]}
    state = next(store for store in account["stores"] if store["name"] == "state")
    next(entry for entry in state["entries"] if entry["key"] == "owner")["value"] = user["id"]
    return [device, account]


def test_a_database_of_version_2_shows_all_that_it_held(new_person):
    alice = new_person("alice")
    body = {"email": alice.email, "password": alice.password, "display_name": alice.name, "refresh_cookie": True}
    user = alice.context.request.post(f"{alice.url}/api/auth/register", data=body).json()["user"]
    alice.visit("/static/icon.svg")
    alice.page.evaluate(f"async (dumps) => {{ {RESTORE}; await restoreAll(indexedDB, dumps); }}", dump_for(user))
    for _ in range(2):
        alice.visit("/chat")
        alice.expect_chat_page()
        alice.chats().get_by_role("link", name="bob").click()
        alice.expect_in_order("Hello Bob", "Hello Alice", "Are you there?", "Yes, I am", "Not read yet")
        alice.expect_state("This one failed", "Not sent")
        alice.expect_message("This one waits")
        alice.expect_state("Hello Bob", "Read")
        expect(alice.message_box()).to_have_value("A draft for Bob")
        alice.chats().get_by_role("link", name="carol").click()
        alice.expect_message("After the clearing")
        expect(alice.log().get_by_role("article")).to_have_count(1)
        assert alice.page.evaluate(VERSION, f"vibechat {alice.email}") == 4
        assert alice.page.url.endswith("#/carol@example.org")
