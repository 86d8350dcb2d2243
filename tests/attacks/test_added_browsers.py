"""Browsers of one person, added and kept apart

Alice has kept a recovery code, and adds another browser by it or by an invitation.
"""

import re

from playwright.sync_api import expect

from tests.attacks.between_browsers import Between, side
from tests.attacks.impostor import Impostor
from tests.attacks.row import attack
from tests.attacks.vaults import (
    NOT_TAKEN,
    account_id,
    b64,
    keep_apart,
    longer_list,
    strips,
    vault_of,
    with_code,
    write_vault,
)
from tools.browser.ways import close_settings, settings, unlock_by_code, unlock_dialog

FORKED = f"“The server gave this browser other ways back in than your other browser has. {NOT_TAKEN}"
SIX = re.compile(r"^\d{6}$")


def in_two_browsers(strangers, guests):
    """Alice at home, Alice in a second browser, and Bob."""
    alice, bob, code = with_code(strangers)
    away = guests.visitor("alice", account=alice)
    away.log_in()
    unlock_by_code(away, code)
    expect(strips(alice).filter(has_text="was added to your account")).to_be_visible()
    return alice, away, bob


def forked(person):
    return strips(person).filter(has_text="than your other browser has")


def is_beside(vault: dict, other: dict) -> bool:
    return vault["version"] >= other["version"] and vault["browser"] != other["browser"]


def write_until(mallory, person, is_enough) -> None:
    """The person's browser writes the vault, which the server takes."""
    while not is_enough(vault := vault_of(mallory, person)):
        write_vault(person)
        mallory.wait_until(lambda before=vault["version"]: vault_of(mallory, person)["version"] > before, person.page)


@attack(
    "A browser that none of one's own has added",
    done="The list of browsers that the server gives to Alice has one more, and is signed with a key of Mallory's",
    sees=f"Alice: “The server names a browser as yours that none of your browsers has added. {NOT_TAKEN}",
    when="when she opens Settings, at the latest",
)
def test_added_browser(row, strangers, mallory):
    alice, _, _ = with_code(strangers)
    longer = longer_list(mallory, alice)
    mallory.change_answer(alice, "GET /browsers$", lambda body: body | {"browsers": longer})
    settings(alice)
    row.is_shown(strips(alice).filter(has_text="names a browser"))


@attack(
    "A list of browsers that the server has signed, for somebody else",
    done="Alice adds a browser, and the server gives Bob a list with that one and one of its own",
    sees="Bob: “A second browser is using Alice's keys. Ask in person or by phone if that is right.” He does not take "
    "the list",
    when="with the first message that she writes there",
)
def test_added_browser_for_another(row, strangers, guests, mallory):
    alice, away, bob = in_two_browsers(strangers, guests)
    bob.open_chat(alice)
    bob.expect_message("Before the attack")
    longer = longer_list(mallory, alice)
    mallory.change_answer(bob, f"GET /browsers/email/{alice.email}$", lambda body: body | {"browsers": longer})
    away.open_chat(bob)
    away.send("From my second browser")
    bob.expect_message("From my second browser")
    row.is_shown(bob.log().get_by_text("A second browser is using"))


@attack(
    "Two browsers of one person, each with a vault of its own",
    done="The server keeps what Alice's two browsers write apart, and later gives each the vault of the other",
    sees=f"Alice, in both: {FORKED}",
    when="when it gives one the other's",
)
def test_two_vaults(row, strangers, guests, mallory):
    alice, away, _ = in_two_browsers(strangers, guests)
    branch = keep_apart(mallory, away)
    write_vault(away)
    mallory.wait_until(lambda: branch.versions, away.page)
    write_until(mallory, alice, lambda home: is_beside(home, branch.versions[-1]))
    mallory.change_answer(alice, "GET /vault$", branch.newest)
    mallory.cut_socket(alice)
    row.is_shown(forked(alice))
    home = vault_of(mallory, alice)
    mallory.change_answer(away, "GET /vault$", lambda _: home)
    mallory.cut_socket(away)
    row.is_shown(forked(away))


@attack(
    "A vault that is confirmed and dropped",
    done="The server confirms what one of Alice's browsers writes, drops it, and goes on with what the other writes",
    sees=f"Alice: {FORKED}",
    when="with the next version, whichever it is",
)
def test_dropped_write(row, strangers, guests, mallory):
    alice, away, _ = in_two_browsers(strangers, guests)
    branch = keep_apart(mallory, alice)
    write_vault(alice)
    mallory.wait_until(lambda: branch.versions, alice.page)
    write_until(mallory, away, lambda vault: vault["version"] >= branch.versions[-1]["version"] + 2)
    mallory.stop()
    mallory.cut_socket(alice)
    row.is_shown(forked(alice))


def invite(alice) -> str:
    """The code of an invitation that Alice makes."""
    settings(alice).get_by_role("button", name="Add a browser").click()
    return alice.page.get_by_label("Code for the new browser").text_content() or ""


def redeem(other, code: str):
    dialog = unlock_dialog(other)
    other_way = dialog.get_by_role("button", name="Another browser")
    if other_way.get_attribute("aria-expanded") != "true":
        other_way.click()
    dialog.get_by_label("Code from your other browser").fill(code)
    dialog.get_by_role("button", name="Continue").click()
    return dialog


def at_the_log_in(guests, alice):
    other = guests.visitor("alice", account=alice)
    other.log_in()
    return other


@attack(
    "An invitation that the server answers",
    done="Alice invites another browser. The server answers in place of the new one; at the next invitation it answers "
    "the new one in place of the old one",
    sees="Alice, in the browser that was answered: “Something else answered in place of your browser. Nothing was "
    "added. Make a new code.”",
)
def test_invitation_answered(row, strangers, guests, mallory):
    alice, _, _ = with_code(strangers)
    other, number = at_the_log_in(guests, alice), account_id(mallory, alice)
    before = len(mallory.asked)
    guess, newcomer = (side("0" * 12, alice.email, number) for _ in range(2))
    answer = newcomer.answer(guess.offer(), bytes(16), Impostor(alice.email).identity_key, "Chromium on Linux")
    mallory.change_answer(alice, "GET /invitations/", lambda state: state | {"answer": b64(answer)})
    invite(alice)
    dialog = alice.page.get_by_role("dialog", name="Add a browser")
    row.is_shown(dialog)
    mallory.stop()
    shown = alice.page.get_by_label("Code for the new browser")
    former = shown.text_content() or ""
    dialog.get_by_role("button", name="New code").click()
    expect(shown).not_to_have_text(former)
    mallory.change_answer(other, "GET /invitations/", lambda state: state | {"offer": b64(guess.offer())})
    row.is_shown(redeem(other, shown.text_content() or ""))
    assert (alice, "PUT /vault") not in mallory.asked[before:]


@attack(
    "Somebody with the code, between the two browsers",
    done="Mallory has read the code of an invitation over Alice's shoulder, and answers each of her browsers in place "
    "of the other",
    sees="Alice: “wants to be added. Do you see the same six digits there?” She does not. “If they differ, or you did "
    "not ask for this, press Cancel.” Nothing was added",
)
def test_between_two_browsers(row, strangers, guests, mallory):
    alice, _, _ = with_code(strangers)
    other, before = at_the_log_in(guests, alice), len(mallory.asked)
    code = invite(alice)
    between = Between(code, alice.email, account_id(mallory, alice))
    mallory.change_answer(alice, "GET /invitations/", between.for_old)
    mallory.change_answer(other, "GET /invitations/", between.for_new)
    redeem(other, code)
    digits = [person.page.get_by_label("Six digits") for person in (alice, other)]
    for shown in digits:
        expect(shown).to_have_text(SIX)
    assert len({shown.text_content() for shown in digits}) == 2
    dialog = alice.page.get_by_role("dialog", name="Add a browser")
    row.is_shown(dialog)
    dialog.get_by_role("button", name="Cancel").click()
    close_settings(alice)
    assert (alice, "PUT /vault") not in mallory.asked[before:]
