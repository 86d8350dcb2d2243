"""Asking for a link by email. Nothing in the answer tells whether an account exists."""

import re

import pytest
from django.core import mail
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts import reset_links
from accounts.models import User
from conftest import PASSWORD
from vibechat.core import limits
from vibechat.core import mail as sending

pytestmark = [pytest.mark.django_db, pytest.mark.once]
URL = "/api/auth/reset"
LINK = re.compile(r"^http://testserver/reset#link=(\S+)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def results(settings, monkeypatch):
    """Mails are sent when the test asks for them, so that it sees the answer without them."""
    settings.MAIL = True
    waiting = []
    monkeypatch.setattr(sending.threads, "submit", lambda work, *args: waiting.append(lambda: work(*args)))
    return waiting


def ask(client, email, **more):
    return client.post(URL, {"email": email}, format="json", **more)


def sent(waiting) -> list:
    while waiting:
        waiting.pop(0)()
    return mail.outbox


@pytest.fixture
def suspended(bob):
    User.objects.filter(pk=bob.user.pk).update(is_active=False)
    return bob


def test_link_goes_to_the_address_of_the_account(anonymous, alice, results):
    response = ask(anonymous, " ALICE@Example.org")
    assert (response.status_code, response.content, mail.outbox) == (204, b"", [])
    [message] = sent(results)
    assert (message.to, message.cc, message.bcc) == ([alice.email], [], [])
    assert "We cannot give your messages back." in message.body
    [token] = LINK.findall(message.body)
    assert reset_links.user_of(token) == alice.user


def test_state_tells_whether_mail_is_sent(anonymous, settings):
    assert anonymous.get(URL).json() == {"mail": True}
    settings.MAIL = False
    assert anonymous.get(URL).json() == {"mail": False}


def test_without_mail_every_address_gets_the_same_refusal(anonymous, settings, alice, results):
    settings.MAIL = False
    answers = [ask(anonymous, email) for email in (alice.email, "nobody@example.org")]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(409, "mail_off")}
    assert answers[0].content == answers[1].content
    assert sent(results) == []


def test_unknown_suspended_and_known_addresses_get_the_same_answer_after_the_same_work(
    anonymous, alice, suspended, results, monkeypatch
):
    hashed, work = [], []
    make_token = reset_links.tokens.make_token
    monkeypatch.setattr(reset_links.tokens, "make_token", lambda user: hashed.append(user) or make_token(user))
    for email in (alice.email, suspended.email, "nobody@example.org"):
        before = len(hashed)
        with CaptureQueriesContext(connection) as queries:
            answer = ask(anonymous, email)
        seen = (answer.status_code, answer.content, tuple(sorted(answer.headers)))
        work.append((seen, len(queries), len(hashed) - before, len(results)))
        sent(results)
    assert len(set(work)) == 1, work
    assert [message.to for message in mail.outbox] == [[alice.email]]


@pytest.mark.parametrize("body", [{}, {"email": "no-address"}, {"email": 5}, {"email": None}, [], "x"])
def test_malformed_body_is_400_and_sends_nothing(anonymous, body, results):
    answer = anonymous.post(URL, body, format="json")
    assert (answer.status_code, set(answer.json())) == (400, {"code", "detail", "fields"})
    assert results == []


def test_form_of_another_site_is_refused(alice, results):
    assert APIClient().post(URL, {"email": alice.email}, format="multipart").status_code == 415
    assert results == []


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_call_with_the_cookie_from_another_origin_is_refused(anonymous, settings, alice, headers, results):
    anonymous.cookies[settings.REFRESH_COOKIE] = "x"
    answer = ask(anonymous, alice.email, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert results == []


def test_host_that_is_not_ours_gets_into_no_link(anonymous, settings, alice, results):
    settings.ALLOWED_HOSTS = ["chat.example.org"]
    assert ask(anonymous, alice.email, headers={"Host": "evil.example"}).status_code == 400
    assert results == []


def test_operator_gets_no_link_by_email(anonymous, alice, results):
    User.objects.filter(pk=alice.user.pk).update(is_staff=True)
    ask(anonymous, alice.email)
    [message] = sent(results)
    assert "#link=" not in message.body
    assert "manage.py reset_link" in message.body


@pytest.fixture
def _limits_are_on(settings):
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {
        "reset_link": {"address": "6/h", "email+address": "2/h", "email": "4/h"}
    }
    caches["ratelimit"].clear()
    if settings.REDIS_URL:
        limits.redis_client(settings.REDIS_URL).flushdb()


@pytest.mark.usefixtures("_limits_are_on")
@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_address_and_network_are_limited_alike_for_known_and_unknown(anonymous, alice, email):
    def statuses(networks, email):
        return [ask(anonymous, email, REMOTE_ADDR=network).status_code for network in networks]

    assert statuses(["192.0.2.1"] * 3, email) == [204, 204, 429]
    assert statuses([f"192.0.2.{n}" for n in range(2, 6)], email) == [204, 204, 429, 429]
    others = [ask(anonymous, f"{n}@example.org", REMOTE_ADDR="192.0.2.1").status_code for n in range(5)]
    assert others == [204, 204, 204, 204, 429]


@pytest.mark.usefixtures("_limits_are_on")
def test_stranger_cannot_keep_a_known_network_from_asking(anonymous, alice, results):
    login = {"email": alice.email, "password": PASSWORD}
    assert anonymous.post("/api/auth/login", login, format="json", REMOTE_ADDR="198.51.100.1").status_code == 200
    for n in range(9):
        ask(APIClient(), alice.email, REMOTE_ADDR=f"192.0.2.{n}")
    assert ask(anonymous, alice.email, REMOTE_ADDR="198.51.100.1").status_code == 204
    assert ask(anonymous, alice.email, REMOTE_ADDR="203.0.113.1").status_code == 429


def test_log_names_the_account_by_id_and_holds_neither_token_nor_address(anonymous, alice, results, caplog):
    caplog.set_level("INFO")
    ask(anonymous, alice.email)
    [token] = LINK.findall(sent(results)[0].body)
    events = {record.getMessage(): vars(record) for record in caplog.records}
    assert events["reset_link_requested"]["user"] == alice.user.pk
    logged = "\n".join(str(vars(record)) for record in caplog.records)
    assert alice.email not in logged
    assert token.rpartition("-")[2] not in logged
