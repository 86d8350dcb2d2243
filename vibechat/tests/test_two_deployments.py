"""Two deployments on one host with different ports: a browser sends the cookies of both to each."""

import os
import re
import shutil
import subprocess
import sys

import httpx
import pytest

from tests.support.collected import lay_server
from tests.support.environment import ROOT
from vibechat.tests.conftest import RunningServer

pytestmark = pytest.mark.once
OPERATOR, PASSWORD = "operator@example.org", "correct horse battery"
KEYS = ["the secret key of one deployment, long enough"] * 2 + ["the secret key of the other one, long enough"]


@pytest.fixture(scope="module")
def deployments(tmp_path_factory):
    """Three servers: two of one secret, and one of another."""
    folders = [tmp_path_factory.mktemp("deployment") for _ in KEYS]
    make_data(folders[0])
    for folder in folders[1:]:
        shutil.copytree(folders[0] / "var", folder / "var")
    servers = [RunningServer(folder, SECRET_KEY=key).start() for folder, key in zip(folders, KEYS, strict=True)]
    for server in servers:
        server.wait()
    yield servers
    for server in servers:
        server.stop()


def make_data(folder):
    """A database with an operator, and the static files."""
    lay_server(folder / "var")
    environment = RunningServer(folder).environment
    environment |= {"DJANGO_SUPERUSER_EMAIL": OPERATOR, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    make = "from django.core.management import call_command; from vibechat.startup import migrate; migrate(); "
    make += "call_command('createsuperuser', interactive=False)"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", make]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


@pytest.fixture(params=["different secrets", "the same secret"])
def servers(request, deployments):
    first, same, other = deployments
    return [first, same if request.param == "the same secret" else other]


@pytest.fixture
def browser():
    with httpx.Client(timeout=30) as client:
        yield client


def call(browser, server, path, **body):
    return browser.post(f"{server.url}/api/auth/{path}", json=body, headers={"Origin": server.url})


def register(browser, server):
    email = f"{os.urandom(8).hex()}@example.org"
    assert call(browser, server, "register", email=email, password=PASSWORD, refresh_cookie=True).status_code == 201


def test_sign_in_to_one_does_not_end_the_session_of_the_other(servers, browser):
    for server in servers:
        register(browser, server)
    assert [call(browser, server, "refresh").status_code for server in servers * 2] == [200] * 4


def test_log_out_of_one_does_not_log_out_of_the_other(servers, browser):
    one, other = servers
    for server in servers:
        register(browser, server)
    assert call(browser, other, "logout").status_code == 204
    assert [call(browser, server, "refresh").status_code for server in (one, other)] == [200, 401]


def admin_status(browser, server):
    return browser.get(f"{server.url}/admin/", headers={"Accept": "text/html"}).status_code


def log_in_to_admin(browser, server):
    page = browser.get(f"{server.url}/admin/login/", headers={"Accept": "text/html"}).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    form = {"username": OPERATOR, "password": PASSWORD, "csrfmiddlewaretoken": token, "next": "/admin/"}
    assert browser.post(f"{server.url}/admin/login/", data=form, headers={"Origin": server.url}).status_code == 302
    return token


def test_operator_can_be_logged_in_to_both(servers, browser):
    one, other = servers
    for server in servers:
        log_in_to_admin(browser, server)
    assert [admin_status(browser, server) for server in servers] == [200, 200]
    page = browser.get(f"{other.url}/admin/", headers={"Accept": "text/html"}).text
    form = {"csrfmiddlewaretoken": re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]}
    browser.post(f"{other.url}/admin/logout/", data=form, headers={"Origin": other.url})
    assert [admin_status(browser, server) for server in (one, other)] == [200, 302]


def test_cookie_names_differ(servers):
    names = []
    for server in servers:
        with httpx.Client(timeout=30) as browser:
            register(browser, server)
            log_in_to_admin(browser, server)
            names.append(set(browser.cookies))
    assert len(names[0]) == len(names[1]) == 5, "two accounts are known, each by a cookie of its own"
    assert names[0] & names[1] == set()
