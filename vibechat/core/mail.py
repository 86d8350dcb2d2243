"""Sends email by EMAIL_URL, in threads of its own: an answer must not tell by its time whether a mail is sent."""

import contextlib
import smtplib
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.mail import EmailMessage
from django.core.validators import EmailValidator

from vibechat.core.environment import env_text, is_loopback
from vibechat.core.logs import log_event

BACKENDS = "django.core.mail.backends"
TIMEOUT_SECONDS = 20
NO_SENDER = "vibechat@localhost"
MOST_WAITING = 200

# --- the setting -----------------------------------------------------------------------------------------------------


def env_email(name: str, is_public: bool) -> dict[str, Any]:
    """Django's EMAIL settings for a URL; {} without one. No error message contains its password."""
    url = env_text(name)
    if not url:
        return {}
    scheme = url.partition(":")[0]
    if url in ("console://", "memory://"):
        if is_public:
            raise ImproperlyConfigured(
                f"{name} is '{url}': a public server sends email by smtp:// or smtps://, or not."
            )
        backend = "locmem" if url == "memory://" else "console"
        return {"EMAIL_BACKEND": f"{BACKENDS}.{backend}.EmailBackend", "DEFAULT_FROM_EMAIL": NO_SENDER}
    try:
        return smtp_settings(url)
    except ValueError as error:
        known = scheme in ("smtp", "smtps")
        raise ImproperlyConfigured(
            f"{name} is malformed{f' ({error})' if known else ''}: set it to "
            "smtp://user:password@host:587/?from=chat@example.org, or smtps:// for TLS from the first byte, or leave "
            "it empty."
        ) from None


def smtp_settings(url: str) -> dict[str, Any]:
    """Raises ValueError with a sentence that quotes nothing of the URL."""
    try:
        parts = urlsplit(url)
        port, given = parts.port, parse_qs(parts.query, strict_parsing=bool(parts.query), keep_blank_values=True)
    except ValueError:
        raise ValueError("its port or its end cannot be read") from None
    if parts.scheme not in ("smtp", "smtps") or parts.path not in ("", "/") or parts.fragment or port == 0:
        raise ValueError("only host, port and ?from= may follow")
    if not parts.hostname:
        raise ValueError("it names no host")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("it names a user without a password, or a password without a user")
    user = unquote(parts.username or "")
    if set(given) - {"from"} or len(given.get("from", [])) > 1:
        raise ValueError("only one ?from= may follow")
    # Passwords and links travel encrypted, except to a mail server on this machine.
    starts_tls = parts.scheme == "smtp" and not is_loopback(parts.hostname)
    return {
        "EMAIL_BACKEND": f"{BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if parts.scheme == "smtps" else 587 if starts_tls else 25),
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": starts_tls,
        "EMAIL_TIMEOUT": TIMEOUT_SECONDS,
        "DEFAULT_FROM_EMAIL": sender(given.get("from", [user])[0]),
    }


def sender(address: str) -> str:
    try:
        EmailValidator()(address)
    except ValidationError:
        raise ValueError("?from= must be the email address that mails come from") from None
    return address


# --- sending ---------------------------------------------------------------------------------------------------------

threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")
places = threading.BoundedSemaphore(MOST_WAITING)


def send_later(message: EmailMessage, *, is_sent: bool) -> Future[None] | None:
    """With `is_sent` False it does the same, and sends nothing. None: too many mails wait, and this one is dropped."""
    if not places.acquire(blocking=False):
        log_event("mail_dropped")
        return None
    return threads.submit(send, message if is_sent else None)


def send(message: EmailMessage | None) -> None:
    try:
        if message is not None:
            message.send()
            log_event("mail_sent")
    except (OSError, smtplib.SMTPException, ValueError) as error:  # the log has its type, and no address
        log_event("mail_failed", exception=error)
    finally:
        with contextlib.suppress(ValueError):
            places.release()
