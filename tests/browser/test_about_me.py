"""The page "What this server knows about me"."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_look import NARROW, brightness, scrolls_sideways, serious_findings, tab_to

TABLES = ("Your account", "Browsers that logged in", "Your public keys", "People you added", "Messages to and from you")

pytestmark = pytest.mark.once


def open_page(person):
    person.visit("/about-me")
    expect(person.page.get_by_role("heading", name="Your account")).to_be_visible()


def table(person, name):
    return person.page.get_by_role("table", name=name)


def test_it_works(chat):
    alice, bob = chat
    alice.send("a text that only we can read")
    open_page(alice)
    for name in TABLES:
        expect(table(alice, name)).to_be_visible()
    expect(table(alice, "Your account").get_by_role("cell", name=alice.email)).to_be_visible()
    expect(table(alice, "People you added").get_by_role("cell", name=bob.email)).to_be_visible()
    columns = table(alice, "Messages to and from you").get_by_role("columnheader").all_text_contents()
    assert {"Sender email", "Recipient email", "Created at", "Read at", "Ciphertext bytes"} <= set(columns)
    row = table(alice, "Messages to and from you").get_by_role("row").nth(1)
    expect(row).to_contain_text(bob.email)
    text = alice.page.locator("main").inner_text()
    assert "a text that only we can read" not in text
    assert all(words in text for words in ("The log", "Backups", "So that you can log in"))


def test_technical_columns_and_empty_kinds_are_shown_when_they_are_asked_for(alice):
    open_page(alice)
    technical = [
        table(alice, "Your account").get_by_role("columnheader", name="Is superuser"),
        table(alice, "Browsers that logged in").get_by_role("columnheader", name="Generation"),
        alice.page.get_by_role("heading", name="Numbers of messages that were deleted"),
        alice.page.get_by_text("Nothing stored. Normally: the numbers of deleted messages, kept 30 days so that none"),
    ]
    for part in technical:
        expect(part).to_be_hidden()
    alice.page.get_by_label("Technical details").check()
    for part in technical:
        expect(part).to_be_visible()


def test_tables_are_no_landmarks(alice):
    open_page(alice)
    expect(alice.page.get_by_role("region")).to_have_count(0)


def test_more_rows_come_when_they_are_asked_for(chat, site):
    alice, _ = chat
    (user_id,) = site.execute("SELECT id FROM users WHERE email = ?", alice.email)[0]
    insert = "INSERT INTO clearings (user_id, email, sequence) VALUES (?, ?, ?)"
    for number in range(60):
        site.execute(insert, user_id, f"{number}@x.org", 1000 + number)
    open_page(alice)
    rows = table(alice, "Chats you cleared").get_by_role("row")
    expect(rows).to_have_count(51)
    alice.page.get_by_role("button", name="Show more: Chats you cleared").click()
    expect(rows).to_have_count(61)
    expect(alice.page.get_by_role("button", name="Show more: Chats you cleared")).to_be_hidden()
    expect(alice.page.get_by_text("10 rows more: Chats you cleared.")).to_be_visible()
    whole = {kind["name"]: kind["rows"] for kind in download(alice)["kinds"]}
    assert [row["email"] for row in whole["clearings"]] == [f"{number}@x.org" for number in reversed(range(60))]


def download(person) -> dict:
    with person.page.expect_download() as started:
        person.page.get_by_role("button", name="Download everything as JSON").click()
    assert started.value.suggested_filename == "vibechat-about-me.json"
    return json.loads(started.value.path().read_text())


def test_the_download_has_long_values_whole(chat):
    alice, _ = chat
    open_page(alice)
    kinds = {kind["name"]: kind for kind in download(alice)["kinds"]}
    assert re.fullmatch("[0-9a-f]{64}", kinds["public_keys"]["rows"][0]["fingerprint"])
    assert kinds["account"]["rows"][0]["email"] == alice.email
    assert all(kind["reason"] for kind in kinds.values())


def test_what_others_wrote_stays_text(alice, office, site):
    bob = office.make_account("Bob")
    site.execute("UPDATE users SET display_name = ? WHERE email = ?", "<img src=x onerror=alert(1)>", bob.email)
    alice.page.get_by_role("button", name="Add contact").click()
    alice.page.get_by_role("dialog").get_by_label("Email").fill(bob.email)
    alice.page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    expect(alice.message_box()).to_be_visible()
    open_page(alice)
    expect(table(alice, "People you added").get_by_role("cell", name="<img src=x")).to_be_visible()
    assert alice.page.locator("main img").count() == 0


def test_a_stranger_is_sent_to_the_log_in(new_person):
    visitor = new_person("alice")
    visitor.visit_in_vain("/about-me")


def test_a_server_that_is_away_is_said_so(alice):
    alice.page.route("**/api/auth/me/data*", lambda route: route.abort())
    alice.visit("/about-me")
    expect(alice.page.get_by_role("alert")).to_contain_text("couldn't reach the server")


def test_it_can_be_read_in_any_scheme_and_width(chat, axe_source):
    alice, _ = chat
    alice.send("a text that only we can read")
    for size in ({"width": 1280, "height": 800}, NARROW, {"width": 320, "height": 600}):
        alice.page.set_viewport_size(size)
        open_page(alice)
        assert not scrolls_sideways(alice)
        assert serious_findings(alice, axe_source) == []
    for scheme, is_dark in (("dark", True), ("light", False)):
        alice.page.emulate_media(color_scheme=scheme)
        assert (brightness(alice) < 60) == is_dark


def test_the_keyboard_reaches_everything(alice):
    open_page(alice)
    tab_to(alice, "Back to your chats")
    tab_to(alice, "Download everything as JSON")
    tab_to(alice, "Your public keys")


def test_its_code_loads_nowhere_else(alone):
    loaded = set()
    alone.page.on("request", lambda request: loaded.add(request.url))
    alone.visit("/chat")
    alone.expect_chat_page()
    assert not [url for url in loaded if "own-data" in url or "about-me" in url]
