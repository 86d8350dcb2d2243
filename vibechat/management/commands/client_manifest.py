"""Prints the manifest of this checkout's client code, or compares it with a running server."""

import argparse
import contextlib
import hashlib
import http.client
import json
import re
import tempfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vibechat.client_manifest import ADDRESS, SERVICE_WORKER, digest_of, forget, manifest_json
from vibechat.core import static_files
from vibechat.core.middleware.security_headers import headers_for
from vibechat.core.static_storage import UncompressedStorage
from vibechat.pages import addresses

TIMEOUT_SECONDS = 20
ANSWER_LIMIT_BYTES = 4_000_000
POLICIES = (b"content-security-policy", b"integrity-policy")
# Only text that matches these patterns is printed, because a server's answer could contain terminal escapes.
PLAIN_WORD = re.compile(r"[\w./-]{1,200}", re.ASCII)
SHA256 = re.compile(r"[0-9a-f]{64}")
DIGEST = re.compile(r"[0-9a-f]{4}( [0-9a-f]{4}){15}")


class Command(BaseCommand):
    help = (
        "Prints the addresses and hashes of all code that this checkout gives to browsers, as a server does at "
        f"{ADDRESS}; or compares a running server with it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--compare",
            metavar="URL",
            type=server_address,
            help="fetch that server's manifest, pages and files, and say what differs",
        )

    def handle(self, *, compare: str | None, **options: Any) -> None:
        with code_of_this_checkout():
            if compare:
                self.compare(Server(compare))
            else:
                self.stdout.write(manifest_json(), ending="")

    def compare(self, server: "Server") -> None:
        ours, theirs = json.loads(manifest_json()), server.manifest()
        self.stdout.write(f"this checkout: {ours['version']}, {ours['digest']}\n")
        self.stdout.write(f"{server.url}: {theirs['version']}, {theirs['digest']}\n")
        found = [*differences(ours["files"], theirs), *server.mismatches(in_both(ours["files"], theirs["files"]))]
        for difference in found:
            self.stdout.write(difference)
        if found:
            raise CommandError(f"{server.url} differs from this checkout in {len(found)} places.")
        self.stdout.write("The same, as it was served just now to this machine. To others it may serve something else.")


def server_address(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.path.strip("/") or url.query or url.fragment:
        raise argparse.ArgumentTypeError(f"not the address of a server, such as https://chat.example.org: {text}")
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}"


@contextlib.contextmanager
def code_of_this_checkout() -> Iterator[None]:
    """Collects into a temporary folder, because STATIC_ROOT may contain another version or changed files."""
    storage: Any = staticfiles_storage
    collected = storage._wrapped
    with tempfile.TemporaryDirectory() as folder:
        try:
            storage._wrapped = UncompressedStorage(location=folder)
            forget()
            libraries = [name.rstrip("/") for name in static_files.LIBRARIES]
            call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=libraries)
            yield
        finally:
            storage._wrapped = collected
            forget()


def differences(ours: dict, manifest: dict) -> Iterator[str]:
    """Compares by unhashed name, since the URL changes with the content."""
    mine, theirs = entries(ours), entries(manifest["files"])
    for name in sorted({name for name, _, _ in mine ^ theirs}):
        if name not in {name for name, _, _ in theirs}:
            yield f"{name}: not in the server's manifest"
        elif name not in {name for name, _, _ in mine}:
            yield f"{name}: in the server's manifest alone"
        else:
            yield f"{name}: another one on the server"
    if manifest["digest"] != digest_of(manifest["files"]):
        yield "The server's digest is not that of its own list."


def entries(files: dict) -> set[tuple[str, str, str]]:
    return {(entry["name"], address, entry["sha256"]) for address, entry in files.items()}


def in_both(ours: dict, theirs: dict) -> dict:
    return {address: entry for address, entry in ours.items() if theirs.get(address) == entry}


class Server:
    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)

    def get(self, address: str) -> tuple[int, dict[bytes, bytes], bytes]:
        """(status, headers, body). Redirects are not followed."""
        try:
            self.connection.request("GET", address)
            answer = self.connection.getresponse()
            body = answer.read(ANSWER_LIMIT_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise CommandError(f"{self.url}{address} cannot be fetched: {error!r}") from error
        if len(body) > ANSWER_LIMIT_BYTES:
            raise CommandError(f"{self.url}{address} is larger than anything that is served there should be.")
        headers = {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in answer.getheaders()}
        return answer.status, headers, body

    def manifest(self) -> dict:
        status, _, body = self.get(ADDRESS)
        with contextlib.suppress(ValueError, RecursionError):
            manifest = json.loads(body)
            if status == 200 and is_manifest(manifest):
                return manifest
        raise CommandError(f"{self.url}{ADDRESS} is no manifest (status {status}).")

    def mismatches(self, files: dict) -> Iterator[str]:
        """Yields where the served content differs from the manifest. `files`: the entries that equal ours."""
        for address, entry in files.items():
            status, headers, body = self.get(address)
            if status != 200 or hashlib.sha256(body).hexdigest() != entry["sha256"]:
                yield f"{entry['name']}: served otherwise than the server's manifest says (status {status})"
            elif address in {*addresses(), SERVICE_WORKER}:
                expected = dict(headers_for(address))
                changed = [policy for policy in POLICIES if headers.get(policy) != expected.get(policy)]
                yield from (f"{entry['name']}: served with another {policy.decode()}" for policy in changed)


def is_manifest(value: Any) -> bool:
    """Checks structure and characters, so that every value can be printed on one line."""
    return (
        isinstance(value, dict)
        and {"version", "digest", "files"} <= value.keys()
        and is_text(PLAIN_WORD, value["version"])
        and is_text(DIGEST, value["digest"])
        and isinstance(value["files"], dict)
        and all(is_text(PLAIN_WORD, address) and is_entry(entry) for address, entry in value["files"].items())
    )


def is_entry(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"name", "sha256"}
        and is_text(PLAIN_WORD, value["name"])
        and is_text(SHA256, value["sha256"])
    )


def is_text(pattern: re.Pattern, value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
