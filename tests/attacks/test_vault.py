"""Ways back in and browsers

Alice has kept a recovery code. Her browser has seen the newest vault, and refuses another one.
"""

from tests.attacks.relay import Answer
from tests.attacks.row import attack
from tests.browser.ways import keep_code, settings, unlock_by_code, unlock_dialog

NOT_TAKEN = "This browser did not take it, and nothing was changed here. Ask the person who runs this server.”"
GONE = Answer({"code": "no_vault", "detail": "None."}, 404)


def strips(person):
    return person.page.get_by_role("status")


def vault_of(mallory, person) -> dict:
    return mallory.office.act_as(person).get("/vault").raise_for_status().json()


def serve(mallory, person, vault) -> None:
    """The page reads the vault when it connects."""
    mallory.change_answer(person, "GET /vault$", lambda _: vault)
    mallory.cut_socket(person)


def with_code(strangers):
    """Alice and Bob, who have written; and the recovery code that Alice has kept."""
    alice, bob = strangers()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("Before the attack")
    return alice, bob, keep_code(alice)


@attack(
    "An old vault",
    done="Alice has changed a setting, which writes a new version; then the server gives her the one from before",
    sees=f"Alice: “The server gave this browser an old copy of your ways back in. {NOT_TAKEN}",
    when="when her page connects",
)
def test_old_vault(row, strangers, mallory):
    alice, _, _ = with_code(strangers)
    old = vault_of(mallory, alice)
    settings(alice).get_by_role("checkbox", name="Show others when I have read their messages").uncheck()
    mallory.wait_until(lambda: vault_of(mallory, alice)["version"] > old["version"], alice.page)
    serve(mallory, alice, old)
    alice.page.keyboard.press("Escape")
    row.is_shown(strips(alice).filter(has_text="old copy"))


@attack(
    "No vault where one stands",
    done="The server says that Alice has no vault",
    sees=f"Alice: “The server says that your ways back in are gone. {NOT_TAKEN} No other is written",
    when="when her page connects",
)
def test_missing_vault(row, strangers, mallory):
    alice, _, _ = with_code(strangers)
    before = len(mallory.asked)
    serve(mallory, alice, GONE)
    row.is_shown(strips(alice).filter(has_text="are gone"))
    assert (alice, "PUT /vault") not in mallory.asked[before:]


@attack(
    "Another's vault",
    done="The server gives Alice the vault of Bob, who has kept a code as well",
    sees="Alice: “The server gave this browser other ways back in than your other browser has. "
    f"{NOT_TAKEN} Nothing of it is used: her next message comes from her own key",
    when="when her page connects",
)
def test_foreign_vault(row, strangers, mallory):
    alice, bob, _ = with_code(strangers)
    keep_code(bob)
    serve(mallory, alice, vault_of(mallory, bob))
    row.is_shown(strips(alice).filter(has_text="than your other browser has"))
    alice.send("With my own key")
    bob.open_chat(alice)
    bob.expect_message("With my own key")


@attack(
    "Another's vault for a new browser",
    done="Alice logs in in a new browser, and the server gives it the vault of an account of Mallory's",
    sees="Alice: “This code opens nothing here.” at the field; nothing is uploaded, and when it is over the same code "
    "opens her messages: “Before the attack”",
    when="when she unlocks",
)
def test_foreign_vault_for_a_new_browser(row, strangers, guests, mallory):
    alice, bob, code = with_code(strangers)
    keep_code(bob)
    other, before = guests.visitor("alice", account=alice), len(mallory.asked)
    theirs = vault_of(mallory, bob)
    mallory.change_answer(other, "GET /vault$", lambda _: theirs)
    other.log_in()
    dialog = unlock_dialog(other)
    dialog.get_by_label("Recovery code").fill(code)
    dialog.get_by_role("button", name="Unlock").click()
    row.is_shown(dialog, 0)
    assert (other, "POST /keys/upload") not in mallory.asked[before:]
    mallory.stop()
    unlock_by_code(other, code)
    other.open_chat(bob)
    row.is_shown(other.log(), 1)


@attack(
    "A way back exchanged",
    done="In what the server gives to Alice's new browser, the sealed box of her code is that of Bob's code",
    sees=f"Alice: “Your ways back in came damaged from the server. {NOT_TAKEN}",
    when="when she unlocks",
)
def test_swapped_way(row, strangers, guests, mallory):
    alice, bob, code = with_code(strangers)
    keep_code(bob)
    [boxes] = [[way["box"] for way in vault_of(mallory, bob)["ways"] if way["kind"] == "code"]]

    def swapped(vault: dict) -> dict:
        ways = [way | {"box": boxes[0]} if way["kind"] == "code" else way for way in vault["ways"]]
        return vault | {"ways": ways}

    other = guests.visitor("alice", account=alice)
    mallory.change_answer(other, "GET /vault$", swapped)
    other.log_in()
    dialog = unlock_dialog(other)
    dialog.get_by_label("Recovery code").fill(code)
    dialog.get_by_role("button", name="Unlock").click()
    row.is_shown(dialog)


@attack(
    "A browser that none of one's own has added",
    done="The list of browsers that the server gives to Alice is Bob's",
    sees=f"Alice: “The server names a browser as yours that none of your browsers has added. {NOT_TAKEN}",
    when="when she opens Settings, at the latest",
)
def test_added_browser(row, strangers, mallory):
    alice, bob, _ = with_code(strangers)
    keep_code(bob)
    theirs = mallory.office.act_as(bob).get("/browsers").raise_for_status().json()
    mallory.change_answer(alice, "GET /browsers$", lambda body: body | {"browsers": theirs["browsers"]})
    settings(alice)
    row.is_shown(strips(alice).filter(has_text="names a browser"))
