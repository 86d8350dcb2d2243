"""Where the private key lives, what outlives what, and a second browser."""

import re

import pytest
from playwright.sync_api import expect

FIND_KEYS = """async () => {
  const ended = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const found = [];
  const walk = (value) => {
    if (value instanceof CryptoKey) found.push(value);
    else if (value && typeof value === "object" && !ArrayBuffer.isView(value)) Object.values(value).forEach(walk);
  };
  for (const { name } of await indexedDB.databases()) {
    const database = await ended(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      walk(await ended(database.transaction(store).objectStore(store).getAll()));
    }
    database.close();
  }
  const refused = (key, format) => crypto.subtle.exportKey(format, key).then(() => false, () => true);
  return Promise.all(found.map(async (key) => ({
    type: key.type,
    algorithm: key.algorithm.name,
    extractable: key.extractable,
    refused: (await Promise.all(["raw", "jwk", "pkcs8"].map((format) => refused(key, format)))).every(Boolean),
  })));
}"""


def secret_keys(person) -> list[dict]:
    return [key for key in person.page.evaluate(FIND_KEYS) if key["type"] in ("private", "secret")]


@pytest.mark.once
def test_no_script_can_export_a_private_or_storage_key(alice):
    keys = secret_keys(alice)
    assert {"ECDH", "Ed25519", "AES-GCM"} <= {key["algorithm"] for key in keys}
    assert all(key["refused"] and not key["extractable"] for key in keys)


@pytest.mark.once
def test_no_token_or_text_where_scripts_of_any_page_look_first(chat):
    alice, _ = chat
    alice.send("not to be found in any of these")
    assert alice.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_key_and_history_survive_a_restart_of_the_browser(new_resident, bob):
    alice = new_resident("alice").register()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("before the restart")
    key = bob.key_of(alice)
    alice.context.close()
    alice.open_browser()
    alice.visit("/chat")
    alice.open_chat(bob)
    alice.expect_message("before the restart")
    bob.open_chat(alice)
    bob.send("after the restart")
    alice.expect_message("after the restart")
    assert bob.key_of(alice) == key


def test_another_browser_says_so_and_replaces_nothing_until_asked(friends, new_person):
    alice, bob = friends
    alice.send("to the first browser")
    key = bob.key_of(alice)
    second = new_person("alice", account=alice)
    second.log_in()
    expect(second.page.get_by_text(re.compile("other browser|another browser")).first).to_be_visible()
    assert bob.key_of(alice) == key
    assert secret_keys(second) == [] or "ECDH" not in {found["algorithm"] for found in secret_keys(second)}
    bob.open_chat(alice)
    bob.send("still to the first browser")
    alice.expect_message("still to the first browser")


def test_the_other_browser_takes_over_when_asked(friends, new_person):
    alice, bob = friends
    alice.send("with the first key")
    bob.open_chat(alice)
    bob.expect_message("with the first key")
    key = bob.key_of(alice)
    second = new_person("alice", account=alice)
    second.log_in()
    second.take_over()
    assert bob.key_of(alice) != key
    bob.type_and_send("to whoever you are now")
    bob.expect_state("to whoever you are now", "keys changed")
    bob.go_on_with_new_keys()
    bob.expect_state("to whoever you are now", "Sent", "Delivered", "Read")
    second.open_chat(bob)
    second.expect_message("to whoever you are now")
    expect(second.log()).to_contain_text("This message could not be opened.")


def test_log_out_keeps_the_key_for_the_next_log_in(friends):
    alice, bob = friends
    alice.send("before I left")
    key = bob.key_of(alice)
    alice.log_out(forget=False)
    alice.visit_in_vain("/chat")
    alice.log_in()
    alice.open_chat(bob)
    alice.expect_message("before I left")
    alice.send("and I am back")
    assert bob.key_of(alice) == key


def test_log_out_that_forgets_leaves_nothing_behind(friends):
    alice, bob = friends
    alice.send("to be forgotten here")
    alice.log_out(forget=True)
    assert secret_keys(alice) == []
    alice.log_in()
    expect(alice.page.get_by_text(re.compile("other browser|another browser")).first).to_be_visible()
    assert "to be forgotten here" not in alice.page.content()
    bob.open_chat(alice)
    bob.expect_message("to be forgotten here")


def test_a_message_that_was_tampered_with_is_shown_as_such(alice, new_person, new_line, site):
    line = new_line("bob")
    bob = new_person("bob", line=line).register()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("untouched")
    bob.expect_chat_page()
    line.cut()
    alice.send("will be tampered with", "Sent")
    last = "SELECT max(messages.id) FROM messages JOIN users ON users.id = messages.sender_id WHERE users.email = ?"
    [[message_id]] = site.execute(last, alice.email)
    [[ciphertext]] = site.execute("SELECT ciphertext FROM messages WHERE id = ?", message_id)
    swapped = ("B" if ciphertext[0] == "A" else "A") + ciphertext[1:]
    site.execute("UPDATE messages SET ciphertext = ? WHERE id = ?", swapped, message_id)
    line.mend()
    bob.open_chat(alice)
    bob.expect_message("This message could not be opened.")
    bob.expect_message("untouched")
    expect(bob.message("will be tampered with")).to_have_count(0)
