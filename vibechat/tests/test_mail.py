"""EMAIL_URL, and how mails are sent after the answer."""

import smtplib
import threading

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from vibechat.core import mail as sending
from vibechat.core.mail import send_later
from vibechat.tests.test_configuration import PUBLIC, configured, refusal

__all__ = ["configured"]
pytestmark = pytest.mark.once
USUAL = "smtp://chat%40example.org:hunter%2F2@mail.example.org:587/?from=chat@example.org"


def test_without_a_url_there_is_no_mail(configured):
    settings = configured()
    assert settings["MAIL"] is False
    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.dummy.EmailBackend"


def test_it_works(configured):
    settings = configured(**PUBLIC, EMAIL_URL=USUAL)
    assert settings["MAIL"] is True
    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert (settings["EMAIL_HOST_USER"], settings["EMAIL_HOST_PASSWORD"]) == ("chat@example.org", "hunter/2")
    assert (settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == (True, False)
    assert settings["DEFAULT_FROM_EMAIL"] == "chat@example.org"
    assert 0 < settings["EMAIL_TIMEOUT"] <= 60


@pytest.mark.parametrize(
    ("url", "port", "starts_tls", "is_tls"),
    [
        ("smtp://mail.example.org?from=chat@example.org", 587, True, False),
        ("smtp://mail.example.org:25/?from=chat@example.org", 25, True, False),
        ("smtps://mail.example.org?from=chat@example.org", 465, False, True),
        ("smtp://localhost?from=chat@example.org", 25, False, False),
        ("smtp://[::1]:1025?from=chat@example.org", 1025, False, False),
    ],
)
def test_mail_leaves_this_machine_over_tls_only(configured, url, port, starts_tls, is_tls):
    settings = configured(EMAIL_URL=url)
    assert settings["EMAIL_PORT"] == port
    assert (settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == (starts_tls, is_tls)


def test_user_that_is_an_address_is_the_sender(configured):
    assert configured(EMAIL_URL="smtp://a%40b.org:pw@mail.example.org")["DEFAULT_FROM_EMAIL"] == "a@b.org"


@pytest.mark.parametrize(("url", "backend"), [("console://", "console"), ("memory://", "locmem")])
def test_mail_of_loopback_can_be_printed_or_kept(configured, url, backend):
    settings = configured(EMAIL_URL=url)
    assert (settings["MAIL"], settings["EMAIL_BACKEND"].split(".")[-2]) == (True, backend)
    assert "EMAIL_URL is" in refusal(configured, **PUBLIC, EMAIL_URL=url)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "chat:hunter2@mail.example.org",
        "http://chat:hunter2@mail.example.org?from=chat@example.org",
        "smtp:mail.example.org",
        "smtp://",
        "smtp://:hunter2@mail.example.org?from=chat@example.org",
        "smtp://chat@mail.example.org?from=chat@example.org",
        "smtp://chat:hunter2@mail.example.org",
        "smtp://chat:hunter2@mail.example.org?from=",
        "smtp://chat:hunter2@mail.example.org?from=chat",
        "smtp://chat:hunter2@mail.example.org?from=a@b.org&from=c@d.org",
        "smtp://chat:hunter2@mail.example.org?from=a@b.org%0d%0aBcc:c@d.org",
        "smtp://chat:hunter2@mail.example.org?from=a@b.org&tls=no",
        "smtp://chat:hunter2@mail.example.org?tls",
        "smtp://chat:hunter2@mail.example.org:port?from=a@b.org",
        "smtp://chat:hunter2@mail.example.org:0?from=a@b.org",
        "smtp://chat:hunter2@mail.example.org:65536?from=a@b.org",
        "smtp://chat:hunter2@mail.example.org/inbox?from=a@b.org",
        "smtp://chat:hunter2@mail.example.org?from=a@b.org#x",
        "smtp://chat:hunter2@[mail.example.org?from=a@b.org",
        "console://x",
        "memory://x",
        "file:///tmp/mails",
    ],
)
def test_malformed_url_is_refused_without_printing_its_password(configured, url):
    sentence = refusal(configured, EMAIL_URL=url)
    assert sentence.startswith("EMAIL_URL is ")
    assert "hunter2" not in sentence


def message():
    return EmailMessage("subject", "body", to=["alice@example.org"])


def test_mail_is_sent_by_another_thread():
    seen = []
    one = message()
    one.send = lambda: seen.append(threading.current_thread())
    send_later(one, is_sent=True).result(10)
    assert seen != [threading.current_thread()]


def test_mail_that_is_not_to_be_sent_takes_the_same_way():
    send_later(message(), is_sent=False).result(10)
    assert mail.outbox == []
    send_later(message(), is_sent=True).result(10)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "error", [OSError("alice@example.org"), smtplib.SMTPRecipientsRefused({"alice@example.org": (5, b"")})]
)
def test_failure_is_logged_without_the_address(caplog, error):
    caplog.set_level("INFO")

    def fail():
        raise error

    one = message()
    one.send = fail
    send_later(one, is_sent=True).result(10)
    [record] = [record for record in caplog.records if record.getMessage() == "mail_failed"]
    from vibechat.core.logs import JSONFormatter

    line = JSONFormatter().format(record)
    assert type(error).__name__ in line
    assert "alice@example.org" not in line


def test_mails_that_wait_are_bounded(monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.setattr(sending, "places", threading.BoundedSemaphore(1))
    go_on = threading.Event()
    slow = message()
    slow.send = lambda: go_on.wait(10)
    first = send_later(slow, is_sent=True)
    assert send_later(message(), is_sent=True) is None
    assert send_later(message(), is_sent=False) is None
    go_on.set()
    first.result(10)
    assert "mail_dropped" in [record.getMessage() for record in caplog.records]
    assert send_later(message(), is_sent=True) is not None
