"""deploy/ and docs/deploy.md agree with the code."""

import os
import re
import subprocess

import pytest
from django.core.management import get_commands

from tests.support.environment import ROOT, product_variables
from vibechat.core.middleware.request_log import route_of
from vibechat.core.middleware.security_headers import HSTS
from vibechat.urls import urlpatterns

pytestmark = pytest.mark.once

NGINX = (ROOT / "deploy" / "nginx" / "vibechat.conf").read_text()
UNIT = (ROOT / "deploy" / "systemd" / "vibechat@.service").read_text()
PAGE = (ROOT / "docs" / "deploy.md").read_text()


def logged_route(path: str) -> str:
    """Apply nginx's map: the first regular expression that matches, with its named groups filled in."""
    lines = re.search(r"map \$request_uri \$vibechat_route \{\n(.*?)\n\}", NGINX, re.DOTALL)[1].splitlines()
    for pattern, name in (line.strip().rstrip(";").split() for line in lines[1:]):
        if found := re.match(pattern.removeprefix("~").replace("(?<", "(?P<"), path):
            return re.sub(r"\$(\w+)", lambda variable: found[variable[1]], name)
    return "unmatched"


def sample_paths() -> list[str]:
    filled = [re.sub(r"<(?:str|path):\w+>", "alice@example.org", str(pattern.pattern)) for pattern in urlpatterns]
    return ["/" + path.replace("<row_id:id>", "17") for path in filled if not path.startswith("admin/")]


@pytest.mark.parametrize(
    "path", [*sample_paths(), "/static/js/chat.js", "/nothing", "/api/nothing", "/alice@example.org"]
)
@pytest.mark.parametrize("query", ["", "?with=alice@example.org"])
def test_nginx_logs_the_same_routes_as_the_servers(path, query):
    assert logged_route(path + query) == route_of(path)


def test_nginx_sends_the_same_hsts_header_as_the_servers():
    assert set(re.findall(r'Strict-Transport-Security "([^"]+)"', NGINX)) == {HSTS}


def test_page_documents_every_setting():
    assert {name for name in product_variables() if f"`{name}`" not in PAGE} == set()


def test_page_names_existing_commands():
    table = PAGE.partition("`vibechat-manage …`")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+)[^`|]*`", table)
    assert len(named) > 4
    assert set(named) <= set(get_commands())


def test_unit_page_and_nginx_name_the_same_folders():
    assert "StateDirectory=vibechat\n" in UNIT
    assert "VAR_DIR=/var/lib/vibechat\n" in PAGE
    assert "CacheDirectory=vibechat\n" in UNIT
    assert "STATIC_ROOT=/var/cache/vibechat/static\n" in PAGE
    assert "alias /var/cache/vibechat/static/;" in NGINX


ENVIRONMENT = """
# a comment
; another one
VAR_DIR=/var/lib/vibechat
SECRET_KEY=with $HOME `id` & ; | # and spaces
DATABASE_URL='postgres://vibechat:it is "p&ss$word@db/vibechat?sslmode=require&connect_timeout=5'
REDIS_URL="redis://:it's@localhost:6379/0"
  CORS_ALLOWED_ORIGINS=https://one.example,https://two.example\t
not a setting
EMPTY=
PORT=8001"""


def test_manage_command_reads_the_settings_as_systemd_does(tmp_path):
    """A shell that sourced the file would interpret `&` and `$`."""
    file = tmp_path / "environment"
    file.write_text(ENVIRONMENT)
    reading = (ROOT / "deploy" / "vibechat-manage").read_text().partition("\ncd /opt/vibechat")[0]
    script = reading.replace("/etc/vibechat/environment", str(file)) + "\nenv -0"
    found = subprocess.run(["bash", "-c", script], env={"PATH": os.environ["PATH"]}, check=True, capture_output=True)
    read = dict(entry.split("=", 1) for entry in found.stdout.decode().rstrip("\0").split("\0"))
    assert found.stderr == b""
    assert {name: value for name, value in read.items() if name not in ("PATH", "PWD", "SHLVL", "_")} == {
        "VAR_DIR": "/var/lib/vibechat",
        "SECRET_KEY": "with $HOME `id` & ; | # and spaces",
        "DATABASE_URL": 'postgres://vibechat:it is "p&ss$word@db/vibechat?sslmode=require&connect_timeout=5',
        "REDIS_URL": "redis://:it's@localhost:6379/0",
        "CORS_ALLOWED_ORIGINS": "https://one.example,https://two.example",
        "EMPTY": "",
        "PORT": "8001",
    }


def test_page_has_one_placeholder_for_the_domain():
    """All commands take the name from one variable."""
    assert PAGE.count("\n    DOMAIN=chat.example.org\n") == 1
    commands = [line for line in PAGE.splitlines() if line.startswith("    ") and "chat.example.org" in line]
    assert commands == ["    DOMAIN=chat.example.org"]
    assert "your.name" not in PAGE
