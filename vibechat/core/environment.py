"""Reads environment variables. An invalid value stops the start with a sentence; it never falls back to a default."""

import base64
import contextlib
import ipaddress
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ImproperlyConfigured

SECRET_KEY_LENGTH = 32
TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, default: bool) -> bool:
    value = env_text(name, str(default)).lower()
    if value not in TRUE + FALSE:
        raise ImproperlyConfigured(f"{name} is '{value}': set it to True or False.")
    return value in TRUE


def env_int(name: str, default: int, least: int = 0, most: int = 10**9) -> int:
    value = env_text(name, str(default))
    if not (value.isascii() and value.isdigit() and least <= int(value[:12]) <= most):
        raise ImproperlyConfigured(f"{name} is '{value}': set it to a whole number from {least} to {most}.")
    return int(value)


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = env_text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is '{value}': set it to {' or '.join(choices)}.")
    return value


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env_text(name, default).split(",") if item.strip()]


@contextlib.contextmanager
def writes_to_folder(name: str, folder: Path) -> Iterator[None]:
    """Turns errors of the file system into errors of the setting that names the folder."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ImproperlyConfigured(
            f"{name} is '{folder}', and {error.filename or folder} cannot be written: {reason}. "
            f"Set {name} to a folder that this account may write."
        ) from error


def is_strong_secret(secret: str) -> bool:
    return len(secret) >= SECRET_KEY_LENGTH and len(set(secret)) >= 5 and not secret.startswith("django-insecure")


def env_database(name: str) -> dict:
    """Django's settings for a PostgreSQL URL; {} without one. No error message contains its password."""
    url = env_text(name)
    if not url:
        return {}
    try:
        parsed = dict(dj_database_url.parse(url))
    except Exception:  # its own errors, and ValueError for invalid ports and escapes
        parsed = {}
    if parsed.get("ENGINE") != "django.db.backends.postgresql" or not parsed.get("NAME"):
        raise ImproperlyConfigured(
            f"{name} is malformed: set it to postgres://user:password@host:5432/name, or leave it empty for SQLite."
        )
    return parsed


def env_hosts(name: str, default: str) -> list[str]:
    """Host names; `*.name` stands for what ends so. `none` is the empty list."""
    names = env_list(name, default)
    if names == ["none"]:
        return []
    if wrong := [host for host in names if not re.fullmatch(r"(\*\.)?([a-z0-9-]+\.)+[a-z]+", host)]:
        raise ImproperlyConfigured(
            f"{name} holds '{wrong[0]}': set it to host names such as push.example.org, or none."
        )
    return names


def env_point(name: str) -> str:
    """Base64 of an uncompressed point on P-256, or empty."""
    text = env_text(name)
    try:
        point = base64.b64decode(text, validate=True)
        is_right = base64.b64encode(point).decode() == text and len(point) == 65
        if text:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        is_right = False
    if text and not is_right:
        raise ImproperlyConfigured(
            f"{name} is malformed: set it to what manage.py report_key prints, or leave it empty."
        )
    return text


def env_redis_url(name: str) -> str:
    url = env_text(name)
    if url and not is_redis_url(url):
        raise ImproperlyConfigured(
            f"{name} is malformed: set it to redis://host:6379/0, or leave it empty for a server of one process."
        )
    return url


def is_redis_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if parts.scheme == "unix":
        return bool(parts.path)
    number_is_right = re.fullmatch(r"/?\d*", parts.path, re.ASCII) is not None
    return parts.scheme in ("redis", "rediss") and bool(parts.hostname) and port_is_right and number_is_right


def is_loopback(host: str) -> bool:
    host = host.strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
