"""Reports: what the dialog says and sends, and what the operators' command makes of it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.reporting import opened_reports, write_report_key
from tests.browser.site import REPORTS

pytestmark = pytest.mark.once

THREAT = "I will find you"


@pytest.fixture
def key_file(tmp_path):
    return write_report_key(tmp_path / "report.pem")


@pytest.fixture
def threatened(new_person):
    """Mallory has written to Alice, who does not know her."""
    alice, mallory = new_person("alice").register(), new_person("mallory").register()
    mallory.ask(alice, THREAT)
    return alice, mallory


def dialog_of(person):
    return person.page.get_by_role("dialog", name="Report")


def send(person):
    with person.page.expect_response(re.compile("/api/reports$")) as answer:
        dialog_of(person).get_by_role("button", name="Send report").click()
    assert answer.value.status == 201
    expect(dialog_of(person)).to_be_hidden()


def opened(site, key_file, reporter) -> str:
    reports = opened_reports(site.server_of(reporter.name), key_file)
    return next(report.partition(" on ")[2] for report in reports if f": {reporter.email} on " in report)


def test_reported_message_of_a_stranger_is_proven_to_the_operators(site, threatened, key_file):
    alice, mallory = threatened
    alice.answer_request(mallory, "Report")
    dialog = dialog_of(alice)
    expect(dialog).to_contain_text("The people who run this server will read the messages that you choose")
    expect(dialog).not_to_contain_text(THREAT)
    dialog.get_by_label("What is wrong?").fill("She threatens me")
    send(alice)
    expect(alice.requests()).to_be_hidden()  # blocked as well
    shown = opened(site, key_file, alice)
    assert shown.startswith(mallory.email)
    for words in ("Reason: She threatens me", "PROVEN: the reported account sent exactly this", THREAT):
        assert words in shown
    assert "NOT PROVEN" not in shown


def test_report_from_chat_details_has_the_chosen_messages_alone(site, threatened, key_file):
    alice, mallory = threatened
    alice.answer_request(mallory, "Accept")
    alice.expect_message(THREAT)
    mallory.send("sorry", "Sent", "Delivered", "Read")
    alice.expect_message("sorry")
    alice.page.get_by_role("button", name="Chat details").click()
    alice.page.locator("#details-report").click()
    dialog = dialog_of(alice)
    expect(dialog.get_by_role("checkbox", checked=True)).to_have_count(3)
    dialog.get_by_label("sorry").uncheck()
    dialog.get_by_label(re.compile("^Block ")).uncheck()
    send(alice)
    shown = opened(site, key_file, alice)
    assert THREAT in shown
    assert "sorry" not in shown
    expect(alice.message_box()).to_be_visible()


def test_report_shows_the_number_of_its_key(threatened):
    alice, mallory = threatened
    alice.answer_request(mallory, "Report")
    dialog_of(alice).get_by_text("Who can open this report?").click()
    expect(dialog_of(alice).get_by_text(REPORTS["report_key_number"])).to_be_visible()
    expect(dialog_of(alice).locator(".warning")).to_have_count(0)


def test_without_a_report_key_the_dialog_says_so_and_blocks(threatened):
    alice, mallory = threatened
    alice.page.route("**/api/reports/key", lambda route: route.fulfill(json={"key": None}))
    alice.answer_request(mallory, "Report")
    dialog = dialog_of(alice)
    expect(dialog).to_contain_text("take no reports here")
    dialog.get_by_role("button", name="Block").click()
    expect(alice.requests()).to_be_hidden()


def test_report_that_the_server_does_not_take_stays_open_and_says_why(threatened):
    alice, mallory = threatened
    refusal = {"code": "too_many_reports", "detail": ""}
    alice.page.route("**/api/reports", lambda route: route.fulfill(status=409, json=refusal))
    alice.answer_request(mallory, "Report")
    dialog_of(alice).get_by_role("button", name="Send report").click()
    expect(dialog_of(alice).get_by_role("alert")).to_contain_text("takes no more of yours")
    expect(alice.request_of(mallory)).to_be_visible()
