"""Settings: "Download everything that is mine", and "Delete my account"."""

import json

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once
HOSTILE = "<img src=x onerror=document.title='run'>"


def settings(person, part: str):
    person.page.get_by_role("button", name="Settings").click()
    dialog = person.page.get_by_role("dialog", name="Settings")
    dialog.get_by_text(part, exact=True).click()
    return dialog


def downloaded(person, dialog, button: str) -> str:
    with person.page.expect_download() as download:
        dialog.get_by_role("button", name=button).click()
    expect(dialog.get_by_text("The file is in your downloads.")).to_be_visible()
    return download.value.path().read_text()


def test_download_holds_the_messages_and_opens_offline_as_text(alone, bob, pool):
    alice = alone
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("from Alice to Bob")
    bob.open_chat(alice)
    bob.send(HOSTILE)
    alice.expect_message(HOSTILE)
    alice.message_box().fill("half a sentence")
    dialog = settings(alice, "Download everything that is mine")
    file = json.loads(downloaded(alice, dialog, "Download as data (JSON)"))
    assert (file["account"]["email"], [chat["email"] for chat in file["chats"]]) == (alice.email, [bob.email])
    assert [message["text"] for message in file["chats"][0]["messages"]] == ["from Alice to Bob", HOSTILE]
    html = downloaded(alice, dialog, "Download as a page to read")
    reader = pool.new(offline=True).new_page()
    requests = []
    reader.on("request", lambda request: requests.append(request.url))
    reader.set_content(html)
    expect(reader.get_by_role("article")).to_have_count(2)
    expect(reader.get_by_role("article").last).to_contain_text(HOSTILE)
    assert reader.title() == "Everything that is mine · VibeChat"
    assert requests == []
    reader.context.close()


def test_deletion_asks_for_the_password_and_leaves_nothing_here_or_on_the_server(alone, bob, site):
    alice = alone
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("what Bob keeps")
    bob.open_chat(alice)
    bob.expect_message("what Bob keeps")
    dialog = settings(alice, "Delete account")
    button = dialog.get_by_role("button", name="Delete my account")
    dialog.get_by_label("Password", exact=True).fill("wrong")
    button.click()
    expect(dialog.get_by_text("That is not your current password.")).to_be_visible()
    dialog.get_by_label("Password", exact=True).fill(alice.password)
    button.click()
    alice.page.wait_for_url(f"{alice.url}/")
    names = alice.page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name))")
    assert names == ["vibechat"]
    assert alice.context.cookies() == []
    assert site.execute("SELECT count(*) FROM users WHERE email = ?", alice.email) == [(0,)]
    bob.page.reload()
    bob.open_chat(alice)
    bob.expect_message("what Bob keeps")
