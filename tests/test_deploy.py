"""What deploy/ and docs/deploy.md say agrees with the code."""

import re

import pytest
from django.core.management import get_commands

from tests.environment import ROOT, product_variables
from vibechat.middleware import route_of
from vibechat.security_headers import HSTS
from vibechat.urls import urlpatterns

pytestmark = pytest.mark.once

NGINX = (ROOT / "deploy" / "nginx" / "vibechat.conf").read_text()
UNIT = (ROOT / "deploy" / "systemd" / "vibechat@.service").read_text()
PAGE = (ROOT / "docs" / "deploy.md").read_text()


def logged_route(path: str) -> str:
    """As nginx reads its map: the first regular expression that fits, its names filled in."""
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
def test_nginx_names_routes_as_the_servers_do(path, query):
    assert logged_route(path + query) == route_of(path)


def test_nginx_says_what_the_servers_say():
    assert set(re.findall(r'Strict-Transport-Security "([^"]+)"', NGINX)) == {HSTS}


def test_page_explains_every_setting():
    assert {name for name in product_variables() if f"`{name}`" not in PAGE} == set()


def test_page_names_commands_that_there_are():
    table = PAGE.partition("`vibechat-manage …`")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+)[^`|]*`", table)
    assert len(named) > 4
    assert set(named) <= set(get_commands())


def test_unit_and_page_speak_of_the_same_folders():
    assert "StateDirectory=vibechat\n" in UNIT
    assert "VAR_DIR=/var/lib/vibechat\n" in PAGE
    assert "CacheDirectory=vibechat\n" in UNIT
    assert "STATIC_ROOT=/var/cache/vibechat/static\n" in PAGE
    assert "alias /var/cache/vibechat/static/;" in NGINX
