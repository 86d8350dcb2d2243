"""A dialog and the answer that it waits for: the answer belongs to the opening in which it was asked for."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once


class Held:
    """Keeps the calls of one address back until they are let through."""

    def __init__(self, page, address: str):
        self.routes: list = []
        self.page = page
        page.route(re.compile(address), self.keep)

    def keep(self, route) -> None:
        self.routes.append(route)

    def wait(self, number: int = 1) -> None:
        for _ in range(200):
            if len(self.routes) >= number:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("the call was not made")

    def let_through(self) -> None:
        route = self.routes.pop(0)
        with self.page.expect_response(route.request.url):
            route.continue_()


def add_dialog(person):
    person.page.get_by_role("button", name="Add contact").first.click()
    return person.page.get_by_role("dialog")


def test_an_answer_to_a_closed_dialog_changes_nothing_later(alice, office):
    bob = office.make_account("Bob")
    held = Held(alice.page, "/api/contacts/add")
    dialog = add_dialog(alice)
    dialog.get_by_label("Email").fill(bob.email)
    dialog.get_by_role("button", name="Add", exact=True).click()
    held.wait()
    dialog.get_by_role("button", name="Cancel").click()
    held.let_through()
    expect(alice.chat_link(bob)).to_be_visible()
    dialog = add_dialog(alice)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(alice.message_box()).to_be_hidden()


def test_a_dialog_opened_again_takes_a_second_address_and_keeps_it(alice, office):
    bob, carol = office.make_account("Bob"), office.make_account("Carol")
    held = Held(alice.page, "/api/contacts/add")
    dialog = add_dialog(alice)
    dialog.get_by_label("Email").fill(bob.email)
    dialog.get_by_role("button", name="Add", exact=True).click()
    held.wait()
    dialog.get_by_role("button", name="Cancel").click()
    dialog = add_dialog(alice)
    dialog.get_by_label("Email").fill(carol.email)
    held.let_through()
    expect(alice.chat_link(bob)).to_be_attached()
    expect(dialog.get_by_label("Email")).to_have_value(carol.email)
    dialog.get_by_role("button", name="Add", exact=True).click()
    held.wait()
    held.let_through()
    expect(dialog).to_be_hidden()
    expect(alice.page.get_by_role("heading", name=carol.name)).to_be_visible()


def test_a_name_saved_twice_is_sent_twice_and_said_once_it_is_so(alice):
    held = Held(alice.page, "/api/auth/me")
    alice.page.get_by_role("button", name="Settings").click()
    dialog = alice.page.get_by_role("dialog")
    name, save = dialog.get_by_label("Display name"), dialog.get_by_role("button", name="Save", exact=True)
    name.fill("First")
    save.click()
    held.wait()
    name.fill("Second")
    save.click()
    held.let_through()
    held.wait()
    expect(dialog.get_by_text("Saved.")).to_be_hidden()
    held.let_through()
    expect(dialog.get_by_text("Saved.")).to_be_visible()
    expect(name).to_have_value("Second")
    alice.page.unroute_all()
    alice.page.reload()
    expect(alice.page.get_by_text("Second").first).to_be_visible()


def test_a_log_out_that_has_begun_cannot_be_called_off(chat):
    alice, _ = chat
    held = Held(alice.page, "/api/auth/logout")
    alice.page.get_by_role("button", name="Log out").first.click()
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Log out").click()
    held.wait()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_disabled()
    for _ in range(3):
        alice.page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    held.let_through()
    expect(alice.page).to_have_url(f"{alice.url}/login")


def test_the_answer_about_one_chat_closes_no_details_of_another(chat, office):
    alice, bob = chat
    carol = office.make_account("Carol")
    alice.send("to be cleared")
    alice.add(carol)
    alice.open_chat(bob)
    held = Held(alice.page, "/api/messages/conversation/")
    alice.page.get_by_role("button", name="Chat details").click()
    dialog = alice.page.locator("#details")
    dialog.get_by_text("Clear this chat").click()
    dialog.get_by_role("button", name="Clear chat").click()
    held.wait()
    dialog.get_by_role("button", name="Close").click()
    alice.open_chat(carol)
    alice.page.get_by_role("button", name="Chat details").click()
    held.let_through()
    expect(alice.chats()).not_to_contain_text("to be cleared")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading", name=carol.name)).to_be_visible()
