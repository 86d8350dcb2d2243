"""Invalid or missing configuration stops the start with a sentence; there is no insecure fallback."""

import os
import re
import runpy
import stat
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.support.environment import ROOT, clean_environment, product_variables

pytestmark = pytest.mark.once
SECRET = "n0t-a-Secret-0123456789-abcdefghijklmnopqrstuvwxyz"
PUBLIC = {
    "ALLOWED_HOSTS": "chat.example.org",
    "SECRET_KEY": SECRET,
    "DATABASE_URL": "postgres://vibechat:hunter2@127.0.0.1:5432/vibechat?sslmode=require",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "HTTPS": "True",
    "BEHIND_PROXY": "True",
}


@pytest.fixture
def configured(monkeypatch, tmp_path):
    """Returns the settings of a process with these variables."""

    def settings(**variables):
        for name in product_variables():
            monkeypatch.delenv(name, raising=False)
        for name, value in ({"VAR_DIR": str(tmp_path / "var")} | variables).items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "vibechat" / "settings.py"))

    return settings


def refusal(configured, **variables) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        configured(**variables)
    return str(caught.value)


def test_it_works(configured, tmp_path):
    settings = configured()
    assert settings["DATABASES"]["default"]["NAME"] == tmp_path / "var" / "vibechat.sqlite3"
    assert (settings["PORT"], settings["BIND"], settings["DEBUG"]) == (8000, "127.0.0.1", False)
    assert settings["RATELIMIT_ENABLE"] is True


def test_secret_key_is_generated_once_and_readable_by_its_owner_only(configured, tmp_path):
    first, second = configured()["SECRET_KEY"], configured()["SECRET_KEY"]
    path = tmp_path / "var" / "secret_key"
    assert first == second == path.read_text()
    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("secret", [b"", b"short", b"\xff\xfe"])
def test_invalid_stored_secret_key_is_refused(configured, tmp_path, secret):
    file = tmp_path / "var" / "secret_key"
    file.parent.mkdir(mode=0o700)
    file.write_bytes(secret)
    assert f"{file} holds no secret key." in refusal(configured)


@pytest.mark.parametrize("folder", ["/proc/version", "/proc/version/var", "/proc/vibechat"])
@pytest.mark.parametrize("secret", ["", SECRET])
def test_unwritable_folder_is_refused(configured, folder, secret):
    assert f"VAR_DIR is '{folder}'" in refusal(configured, VAR_DIR=folder, SECRET_KEY=secret)


def test_folder_without_a_stored_secret_key_is_refused_if_unwritable(configured):
    assert "VAR_DIR is '/proc'" in refusal(configured, VAR_DIR="/proc")


def test_public_server_with_everything_starts(configured):
    settings = configured(**PUBLIC)
    assert settings["DATABASES"]["default"]["OPTIONS"]["sslmode"] == "require"
    assert settings["DATABASES"]["default"]["CONN_MAX_AGE"] == 0
    assert settings["CHANNEL_LAYERS"]["default"]["BACKEND"] == "vibechat.core.channel_layers.RedisLayer"
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is True


@pytest.mark.parametrize("missing", sorted(set(PUBLIC) - {"ALLOWED_HOSTS"}))
def test_public_server_names_the_missing_variable(configured, missing):
    sentences = refusal(configured, **{name: value for name, value in PUBLIC.items() if name != missing}).split("\n")
    assert [sentence.split()[1].split("=")[0] for sentence in sentences] == [missing]


def test_public_server_names_all_missing_variables(configured):
    sentences = refusal(configured, ALLOWED_HOSTS="localhost, chat.example.org").split("\n")
    assert len(sentences) == 5


@pytest.mark.parametrize(
    "host", ["chat.example.org", "192.0.2.1", "10.0.0.5", "0.0.0.0", "localhost.example.org", "::"]
)
def test_host_is_public(configured, host):
    assert "SECRET_KEY" in refusal(configured, ALLOWED_HOSTS=host)


@pytest.mark.parametrize(
    "host", ["localhost", "chat.localhost", "127.0.0.1", "127.8.9.10", "[::1]", "::1", "LOCALHOST"]
)
def test_host_is_loopback(configured, host):
    assert configured(ALLOWED_HOSTS=host)["PUBLIC"] is False


@pytest.mark.parametrize("hosts", ["*", ".example.org", "*.example.org", "chat.example.org,*"])
def test_wildcards_are_refused(configured, hosts):
    assert "wildcards" in refusal(configured, **(PUBLIC | {"ALLOWED_HOSTS": hosts}))


@pytest.mark.parametrize("secret", ["short", "x" * 60, "ab" * 30, "django-insecure-" + SECRET])
def test_weak_secret_of_a_public_server_is_refused_and_not_printed(configured, secret):
    sentence = refusal(configured, **(PUBLIC | {"SECRET_KEY": secret}))
    assert "Set SECRET_KEY to 50 or more random characters" in sentence
    assert secret not in sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "²"),
        ("PORT", "9" * 5000),
        ("HTTPS", "maybe"),
        ("BEHIND_PROXY", "2"),
        ("RATELIMIT_ENABLE", "Flase"),
        ("SESSION_DAYS", "0"),
        ("ACCESS_TOKEN_SECONDS", "ten"),
        ("DATABASE_URL", "mysql://vibechat:hunter2@127.0.0.1/vibechat"),
        ("DATABASE_URL", "sqlite:///db.sqlite3"),
        ("DATABASE_URL", "postgres://vibechat:hunter2@127.0.0.1:port/vibechat"),
        ("DATABASE_URL", "postgres://vibechat:hunter2@127.0.0.1"),
        ("DATABASE_URL", "vibechat:hunter2"),
        ("REDIS_URL", "http://:hunter2@127.0.0.1"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:port/0"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1/name"),
        ("REDIS_URL", "redis://"),
        ("REDIS_URL", "127.0.0.1:6379"),
    ],
)
def test_malformed_value_is_refused_without_printing_its_password(configured, name, value):
    sentence = refusal(configured, **{name: value})
    assert sentence.startswith(f"{name} is ")
    assert "hunter2" not in sentence


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("Yes", True), ("False", False), ("0", False), ("off", False)]
)
def test_booleans_are_accepted_in_usual_forms(configured, text, value):
    assert configured(RATELIMIT_ENABLE=text)["RATELIMIT_ENABLE"] is value


@pytest.mark.parametrize("url", ["redis://localhost", "rediss://:pw@redis.example:6380/2", "unix:///run/redis.sock"])
def test_redis_urls_are_accepted_in_usual_forms(configured, url):
    assert configured(REDIS_URL=url)["REDIS_URL"] == url


def run_manage(tmp_path, **variables):
    command = [sys.executable, "manage.py", "serve"]
    environment = clean_environment(tmp_path / "var", **variables)
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("variables", [{"PORT": "http"}, {"ALLOWED_HOSTS": "chat.example.org", "SECRET_KEY": ""}])
def test_refused_start_prints_no_traceback(tmp_path, variables):
    result = run_manage(tmp_path, **variables)
    assert result.returncode == 1
    assert result.stderr.startswith("VibeChat cannot start:\n")
    assert "Traceback" not in result.stderr


# --- .env.example ----------------------------------------------------------------------------------------------------


def example() -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_example_lists_exactly_the_variables():
    assert set(example()) == product_variables()


def test_example_holds_the_defaults(configured, tmp_path):
    with_nothing = configured()
    with_example = configured(**{name: value for name, value in example().items() if value})
    assert comparable(with_example) == comparable(with_nothing)


def comparable(settings) -> dict:
    return {name: value for name, value in settings.items() if name.isupper() and not callable(value)}


def test_example_explains_every_variable():
    blocks = (ROOT / ".env.example").read_text().split("\n\n")
    assert [block for block in blocks if re.search(r"^[A-Z_]+=", block, re.MULTILINE) and "# " not in block] == []


def test_example_is_valid_shell(tmp_path):
    command = ["sh", "-c", "set -a; . ./.env.example; set +a; echo $PORT $ALLOWED_HOSTS"]
    result = subprocess.run(command, cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    assert result.stdout == "8000 localhost,127.0.0.1,[::1]\n"


def test_push_hosts_are_host_names_or_none(configured):
    assert "fcm.googleapis.com" in configured()["PUSH_HOSTS"]
    assert configured(PUSH_HOSTS="none")["PUSH_HOSTS"] == []
    assert configured(PUSH_HOSTS="a.example.org, *.b.example.org")["PUSH_HOSTS"] == ["a.example.org", "*.b.example.org"]


@pytest.mark.parametrize(
    "hosts", ["localhost", "127.0.0.1", "https://a.example.org", "*", "*.org/x", "a.example.org:443"]
)
def test_other_push_hosts_stop_the_start(configured, hosts):
    assert refusal(configured, PUSH_HOSTS=hosts).startswith("PUSH_HOSTS holds ")


@pytest.mark.parametrize("key", ["x", "AAAA", "A" * 87 + "="])
def test_a_report_key_that_is_no_point_stops_the_start(configured, key):
    assert refusal(configured, REPORT_KEY=key).startswith("REPORT_KEY is malformed")
