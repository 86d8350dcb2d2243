import asyncio
import functools
import hashlib
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command

from tests.support.environment import ROOT, clean_environment
from vibechat.asgi import application
from vibechat.client_manifest import digest_of, forget
from vibechat.core.middleware.security_headers import SecurityHeaders
from vibechat.core.static_files import with_static_files
from vibechat.tests.asgi import call, http_scope

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("collected_static")]
ADDRESS = "/client-manifest.json"
POLICIES = ("content-security-policy", "integrity-policy")


@pytest.fixture(autouse=True)
def _nothing_remembered(collected_static):
    forget()
    yield
    forget()


@functools.cache
def whole_server():
    """The application of `make run`. The imported one may have been built without collected files."""
    return SecurityHeaders(with_static_files(application))


def get(path):
    return asyncio.run(call(whole_server(), http_scope(path)))


@pytest.fixture
def manifest(_nothing_remembered):
    return json.loads(get(ADDRESS).body)


# --- the manifest ----------------------------------------------------------------------------------------------------


def test_it_works():
    answer = get(ADDRESS)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert set(json.loads(answer.body)) == {"version", "digest", "files"}


def test_hashes_match_the_served_content(manifest):
    for address, entry in manifest["files"].items():
        answer = get(address)
        assert (answer.status, hashlib.sha256(answer.body).hexdigest()) == (200, entry["sha256"]), address


def test_manifest_lists_all_our_files_and_none_of_the_admin(manifest):
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "static").rglob("*") if path.is_file()}
    vendor = ROOT / ".venv" / "vendor"
    files |= {f"static/vendor/{path.relative_to(vendor).as_posix()}" for path in vendor.rglob("*") if path.is_file()}
    names = [entry["name"] for entry in manifest["files"].values()]
    assert {name for name in names if name.startswith("static/")} == files
    assert [name for name in names if not name.startswith(("static/", "templates/"))] == ["service-worker"]
    assert len(names) == len(set(names))


def test_manifest_lists_the_pages(manifest):
    names = {address: entry["name"] for address, entry in manifest["files"].items()}
    assert names["/"] == "templates/index.html"
    assert names["/chat"] == "templates/chat.html"
    assert {"/register", "/login"} <= names.keys()


def test_digest_is_over_the_lines_of_sha256sum(manifest):
    lines = [f"{entry['sha256']}  {address}\n" for address, entry in sorted(manifest["files"].items())]
    assert manifest["digest"].replace(" ", "") == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert {len(group) for group in manifest["digest"].split(" ")} == {4}


def test_digest_changes_with_any_address_and_any_hash(manifest):
    files = manifest["files"]
    address, entry = next(iter(files.items()))
    others = [
        {**files, address: {**entry, "sha256": "0" * 64}},
        {("/elsewhere" if path == address else path): value for path, value in files.items()},
        {path: value for path, value in files.items() if path != address},
    ]
    assert len({digest_of(files), *map(digest_of, others)}) == 4


# --- the command -----------------------------------------------------------------------------------------------------


def test_command_prints_the_served_manifest_on_every_machine(tmp_path):
    """In a process with another hash seed, time zone and language, without collected files."""
    machine = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    environment = clean_environment(tmp_path / "var", **machine)
    command = [sys.executable, "manage.py", "client_manifest"]
    printed = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout
    assert printed == get(ADDRESS).body


def test_command_does_not_change_the_collected_files(settings):
    before, listed = get(ADDRESS).body, sorted(settings.STATIC_ROOT.rglob("*"))
    call_command("client_manifest", stdout=StringIO())
    forget()
    assert get(ADDRESS).body == before
    assert sorted(settings.STATIC_ROOT.rglob("*")) == listed


def test_command_reads_the_checkout_not_the_collected_files(manifest, settings):
    address = next(path for path, entry in manifest["files"].items() if entry["name"] == "static/js/chat.js")
    collected = settings.STATIC_ROOT / address.removeprefix("/static/")
    content = collected.read_bytes()
    collected.unlink()  # other processes may have links to it
    try:
        collected.write_bytes(content + b"// more\n")
        printed = StringIO()
        call_command("client_manifest", stdout=printed)
        assert json.loads(printed.getvalue()) == manifest
        assert json.loads(get(ADDRESS).body) != manifest
    finally:
        collected.write_bytes(content)


# --- comparing -------------------------------------------------------------------------------------------------------


class Copy:
    """A server that answers like ours, except for the changes of a test."""

    def __init__(self, originals):
        self.answers = {path: [status, dict(headers), body] for path, (status, headers, body) in originals.items()}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def handler(self):
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):  # noqa: N802
                status, headers, body = answers.get(self.path, [404, {}, b""])
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        return Handler

    def address_of(self, name: str) -> str:
        files = json.loads(self.answers[ADDRESS][2])["files"]
        return next(address for address, entry in files.items() if entry["name"] == name)

    def say(self, change) -> None:
        """Serve a changed manifest."""
        manifest = json.loads(self.answers[ADDRESS][2])
        change(manifest)
        self.answers[ADDRESS][2] = json.dumps(manifest).encode()

    def compare(self) -> tuple[list[str], bool]:
        """Returns the reported differences, and whether the command fails."""
        output = StringIO()
        try:
            call_command("client_manifest", compare=self.url, stdout=output)
        except CommandError as error:
            if "differs from this checkout" not in str(error):
                raise
            return output.getvalue().splitlines()[2:], True
        return output.getvalue().splitlines()[2:], False


@pytest.fixture(scope="module")
def originals(collected_static):
    forget()
    answers = {path: get(path) for path in (ADDRESS, *json.loads(get(ADDRESS).body)["files"])}
    return {
        path: (answer.status, {name: answer.headers[name] for name in POLICIES if name in answer.headers}, answer.body)
        for path, answer in answers.items()
    }


@pytest.fixture
def other_server(originals):
    copy = Copy(originals)
    yield copy
    copy.server.shutdown()
    copy.server.server_close()


@pytest.fixture
def copy(other_server, monkeypatch):
    """Compares with the files collected once for this module."""
    monkeypatch.setattr("vibechat.management.commands.client_manifest.code_of_this_checkout", nullcontext)
    return other_server


def test_equal_code_is_reported_without_further_claims(other_server):
    [sentence], fails = other_server.compare()
    assert not fails
    assert "To others it may serve something else" in sentence


def test_both_digests_are_printed(copy, manifest):
    output = StringIO()
    call_command("client_manifest", compare=copy.url, stdout=output)
    assert output.getvalue().count(f"{manifest['version']}, {manifest['digest']}\n") == 2


@pytest.mark.parametrize("name", ["static/js/crypto/crypto.js", "static/css/base.css", "static/icon.svg"])
def test_changed_file_with_an_unchanged_manifest_is_found(copy, name):
    copy.answers[copy.address_of(name)][2] += b"\n"
    assert copy.compare() == ([f"{name}: served otherwise than the server's manifest says (status 200)"], True)


def test_changed_page_with_an_unchanged_manifest_is_found(copy):
    copy.answers["/chat"][2] += b"<script src=/static/more.js></script>"
    [line], fails = copy.compare()
    assert fails
    assert line.startswith("templates/chat.html: served otherwise")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("change", ["weaker", "missing"])
def test_changed_policy_of_a_page_is_found(copy, policy, change):
    headers = copy.answers["/login"][1]
    if change == "missing":
        del headers[policy]
    else:
        headers[policy] = headers[policy].replace("script", "img")
    assert copy.compare() == ([f"templates/login.html: served with another {policy}"], True)


def test_missing_file_is_found(copy):
    del copy.answers[copy.address_of("static/js/chat.js")]
    assert copy.compare() == (
        ["static/js/chat.js: served otherwise than the server's manifest says (status 404)"],
        True,
    )


def test_redirected_file_is_found(copy):
    """Redirects are not followed."""
    copy.answers[copy.address_of("static/js/chat.js")] = [302, {"Location": copy.url}, b""]
    assert copy.compare()[1]


def other_hash(manifest):
    address = next(path for path, entry in manifest["files"].items() if entry["name"] == "static/js/chat.js")
    manifest["files"][address]["sha256"] = "0" * 64


def other_address(manifest):
    address = next(path for path, entry in manifest["files"].items() if entry["name"] == "static/js/chat.js")
    manifest["files"]["/static/js/chat.000000000000.js"] = manifest["files"].pop(address)


def one_more(manifest):
    manifest["files"]["/static/js/more.js"] = {"name": "static/js/more.js", "sha256": "0" * 64}


def one_less(manifest):
    del manifest["files"]["/login"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (other_hash, "static/js/chat.js: another one on the server"),
        (other_address, "static/js/chat.js: another one on the server"),
        (one_more, "static/js/more.js: in the server's manifest alone"),
        (one_less, "templates/login.html: not in the server's manifest"),
    ],
)
def test_changed_manifest_is_found(copy, change, line):
    def consistently(manifest):
        change(manifest)
        manifest["digest"] = digest_of(manifest["files"])

    copy.say(consistently)
    assert copy.compare() == ([line], True)


def test_digest_of_another_list_is_found(copy):
    copy.say(lambda manifest: manifest.update(digest=" ".join(["0000"] * 16)))
    assert copy.compare() == (["The server's digest is not that of its own list."], True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"version": "1", "digest": "0", "files": {}}',
        b'{"version": "1", "digest": "%s", "files": []}' % b" ".join([b"0000"] * 16),
        b'{"version": "\\u001b[2J", "digest": "%s", "files": {}}' % b" ".join([b"0000"] * 16),
        b'{"version": "1", "digest": "%s", "files": {"/": {"name": "a\\nb", "sha256": "%s"}}}'
        % (b" ".join([b"0000"] * 16), b"0" * 64),
        b'{"version": "1", "digest": "%s", "files": {"/\\u001b": {"name": "a", "sha256": "%s"}}}'
        % (b" ".join([b"0000"] * 16), b"0" * 64),
    ],
)
def test_invalid_manifest_is_refused(copy, body):
    copy.answers[ADDRESS][2] = body
    with pytest.raises(CommandError, match="is no manifest"):
        call_command("client_manifest", compare=copy.url, stdout=StringIO())


def test_endless_response_is_refused(copy):
    copy.answers[ADDRESS][2] = b" " * 4_000_001
    with pytest.raises(CommandError, match="larger than anything"):
        call_command("client_manifest", compare=copy.url, stdout=StringIO())


def test_unreachable_server_is_reported(copy):
    copy.server.server_close()
    copy.server.shutdown()
    with pytest.raises(CommandError, match="cannot be fetched"):
        call_command("client_manifest", compare=copy.url, stdout=StringIO())


@pytest.mark.parametrize("url", ["chat.example.org", "file:///etc/passwd", "https://", "https://a.example/chat", "/"])
def test_invalid_url_is_refused(url):
    with pytest.raises(CommandError, match="not the address of a server"):
        call_command("client_manifest", f"--compare={url}")


def test_running_server_has_the_code_of_the_checkout(server):
    environment = {**clean_environment(server.folder / "stranger"), "PATH": os.environ["PATH"]}
    command = [sys.executable, "manage.py", "client_manifest", "--compare", f"{server.url}/"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("The same")
