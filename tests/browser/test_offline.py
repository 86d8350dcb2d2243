"""One of the two loses the network for a while; the line to the server is really cut, sockets and all."""

import pytest
from playwright.sync_api import expect

# Shown at once, a message is kept a moment later; nobody closes a tab between the two, but a test does.
IS_KEPT = """async () => {
  const ended = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  for (const { name } of await indexedDB.databases()) {
    const database = await ended(indexedDB.open(name));
    const has = database.objectStoreNames.contains("outbox");
    const kept = has && await ended(database.transaction("outbox").objectStore("outbox").count());
    database.close();
    if (kept) return true;
  }
  return false;
}"""


@pytest.fixture
def line(new_line):
    return new_line("bob")


@pytest.fixture
def bob(new_person, line):
    return new_person("bob", line=line).register()


@pytest.fixture
def talking(friends):
    """Both have the chat open and have each heard from the other."""
    alice, bob = friends
    alice.send("before")
    bob.open_chat(alice)
    bob.send("also before")
    alice.expect_message("also before")
    return alice, bob


def go_offline(person, line):
    line.cut()
    person.context.set_offline(True)


def come_back(person, line):
    line.mend()
    person.context.set_offline(False)


def test_what_was_written_meanwhile_is_there_afterwards(talking, line):
    alice, bob = talking
    go_offline(bob, line)
    texts = ["while you were away, one", "while you were away, two", "while you were away, three"]
    for text in texts:
        alice.send(text, "Sent")
    expect(bob.message(texts[0])).to_have_count(0)
    come_back(bob, line)
    bob.expect_message(texts[2])
    assert bob.texts_in_order(*texts) == texts
    alice.expect_state(texts[2], "Delivered", "Read")


def test_what_was_typed_offline_goes_out_once(talking, line):
    alice, bob = talking
    go_offline(bob, line)
    texts = ["typed offline, one", "typed offline, two"]
    for text in texts:
        bob.type_and_send(text)
        bob.expect_state(text, "Sending")
    come_back(bob, line)
    for text in texts:
        bob.expect_state(text, "Sent", "Delivered", "Read")
        alice.expect_message(text)
    assert alice.texts_in_order(*texts) == texts
    alice.page.reload()
    alice.open_chat(bob)
    for text in texts:
        alice.expect_message(text)


def test_what_was_typed_offline_survives_a_closed_tab(talking, line):
    alice, bob = talking
    go_offline(bob, line)
    bob.type_and_send("typed, then the tab was closed")
    bob.expect_state("typed, then the tab was closed", "Sending")
    bob.page.wait_for_function(IS_KEPT)
    bob.page.close()
    come_back(bob, line)
    bob.page = bob.context.new_page()
    bob.visit("/chat")
    alice.expect_message("typed, then the tab was closed")
    bob.open_chat(alice)
    bob.expect_state("typed, then the tab was closed", "Sent", "Delivered", "Read")


def test_the_page_says_so_quietly(talking, line):
    _, bob = talking
    go_offline(bob, line)
    expect(bob.page.get_by_text("Offline. Check your network connection.")).to_be_visible()
    come_back(bob, line)
    expect(bob.page.get_by_text("Offline. Check your network connection.")).to_be_hidden()


def test_a_server_that_was_away_is_found_again(talking, line):
    """The network is there, the server is not: no offline event helps."""
    alice, bob = talking
    line.cut()
    alice.send("while the server was away", "Sent")
    line.mend()
    bob.expect_message("while the server was away")
