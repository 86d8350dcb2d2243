"""Ways back in and browsers

Alice has kept a recovery code. Her browser has seen the newest vault, and refuses another one.
"""

import base64
import secrets

from playwright.sync_api import expect

from tests.attacks.impostor import Impostor
from tests.attacks.row import attack
from tests.attacks.vaults import (
    GONE,
    NOT_TAKEN,
    account_id,
    b64,
    place_of,
    rehashed,
    serve,
    strips,
    vault_of,
    with_code,
    write_vault,
)
from tests.reference import vault as reference
from tests.reference import ways
from tools.browser.ways import keep_code, renew_code, unlock_by_code, unlock_dialog

DAMAGED = f"“Your ways back in came damaged from the server. {NOT_TAKEN}"


def try_code(person, code: str):
    """Types the code into the dialog that asks for it."""
    dialog = unlock_dialog(person)
    dialog.get_by_label("Recovery code").fill(code)
    dialog.get_by_role("button", name="Unlock").click()
    return dialog


@attack(
    "An old vault",
    done="Alice has changed a setting, which writes a new version; then the server gives her the one from before",
    sees=f"Alice: “The server gave this browser an old copy of your ways back in. {NOT_TAKEN}",
    when="when her page connects",
)
def test_old_vault(row, strangers, mallory):
    alice, _, _ = with_code(strangers)
    old = vault_of(mallory, alice)
    write_vault(alice)
    mallory.wait_until(lambda: vault_of(mallory, alice)["version"] > old["version"], alice.page)
    serve(mallory, alice, old)
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
    "A vault that is changed, cut off, or given again as the next version",
    done="The server gives Alice her vault with a byte changed, then without its end, then with the next number",
    sees=f"Alice: {DAMAGED} Each time it is taken again as soon as it comes whole",
    when="when her page connects",
)
def test_changed_vault(row, strangers, mallory):
    alice, _, _ = with_code(strangers)
    vault = vault_of(mallory, alice)
    blob = base64.b64decode(vault["blob"])
    again = vault | {"version": vault["version"] + 1, "previous": vault["hash"]}
    strip = strips(alice).filter(has_text="came damaged")
    for given in (
        vault | {"blob": b64(blob[:100] + bytes([blob[100] ^ 1]) + blob[101:])},
        vault | {"blob": b64(blob[:-100])},
        rehashed(mallory, alice, again),
    ):
        serve(mallory, alice, given)
        row.is_shown(strip)
        mallory.stop()
        alice.page.reload()
        expect(strip).to_be_hidden()
        expect(alice.message_box()).to_be_visible()


@attack(
    "A later generation of the vault, without one's own browser",
    done="The server numbers Alice's vault as of the next generation, and gives no way that her browser knows",
    sees=f"Alice: “The server gave this browser somebody else's ways back in. {NOT_TAKEN}",
    when="when her page connects",
)
def test_later_generation(row, strangers, mallory):
    alice, _, _ = with_code(strangers)
    vault = vault_of(mallory, alice)
    numbers = {"version": vault["version"] + 1, "generation": vault["generation"] + 1, "previous": vault["hash"]}
    serve(mallory, alice, vault | numbers | {"ways": []})
    row.is_shown(strips(alice).filter(has_text="somebody else's"))


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
    row.is_shown(try_code(other, code), 0)
    assert (other, "POST /keys/upload") not in mallory.asked[before:]
    mallory.stop()
    unlock_by_code(other, code)
    other.open_chat(bob)
    row.is_shown(other.log(), 1)


@attack(
    "A way back exchanged",
    done="In what the server gives to Alice's new browser, the sealed box of her code is that of Bob's code",
    sees=f"Alice: {DAMAGED}",
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
    row.is_shown(try_code(other, code))


@attack(
    "Ways of one generation with the vault of another",
    done="Alice has renewed her code, which makes a new vault key; her new browser gets the vault from before with the "
    "ways of now, and then the other way round",
    sees=f"Alice: {DAMAGED}",
    when="when she unlocks",
)
def test_mixed_generations(row, strangers, guests, mallory):
    alice, _, former = with_code(strangers)
    old = vault_of(mallory, alice)
    code = renew_code(alice)
    new = vault_of(mallory, alice)
    other = guests.visitor("alice", account=alice)
    served = [old | {"ways": new["ways"]}, new | {"ways": old["ways"]}]
    mallory.change_answer(other, "GET /vault$", lambda _: rehashed(mallory, alice, served[0]))
    other.log_in()
    row.is_shown(try_code(other, code))
    served.pop(0)
    other.page.reload()
    row.is_shown(try_code(other, former))
    mallory.stop()
    unlock_by_code(other, code)


@attack(
    "A way back of the server's own",
    done="The server makes a vault of its own with its own keys, and seals its vault key for the way of Alice's code "
    "to a public half of its own",
    sees=f"Alice: {DAMAGED} Nothing is uploaded",
    when="when she unlocks",
)
def test_way_of_the_server(row, strangers, guests, mallory):
    alice, _, code = with_code(strangers)
    vault = vault_of(mallory, alice)
    number, vault_key, impostor = account_id(mallory, alice), secrets.token_bytes(32), Impostor(alice.email)

    def made_for(way: dict) -> dict:
        mine = ways.Way(bytes.fromhex(way["id"]), secrets.token_bytes(32), Impostor(alice.email).private_key)
        box = ways.seal(impostor.private_key, mine, (alice.email, number, vault["generation"]), vault_key)
        return way | {"box": b64(box)}

    made = vault | {"ways": [made_for(way) for way in vault["ways"]]}
    made["blob"] = b64(reference.seal(vault_key, place_of(mallory, alice, made), secrets.token_bytes(12), {"v": 1}))
    other, before = guests.visitor("alice", account=alice), len(mallory.asked)
    mallory.change_answer(other, "GET /vault$", lambda _: rehashed(mallory, alice, made))
    other.log_in()
    row.is_shown(try_code(other, code))
    assert (other, "POST /keys/upload") not in mallory.asked[before:]
