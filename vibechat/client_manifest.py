"""The manifest of all client code: URLs and hashes. Anybody with a checkout of the release can compare it with a server
(`manage.py client_manifest --compare`); docs/threat-model.md describes the limits of that."""

import functools
import hashlib
import json
import tomllib

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from vibechat import service_worker
from vibechat.core import static_files
from vibechat.pages import addresses, rendered_pages

ADDRESS = "/client-manifest.json"
SERVICE_WORKER = "/service-worker.js"
DIGITS_IN_GROUP = 4


@csrf_exempt
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    return HttpResponse(manifest_json(), content_type="application/json")


@functools.cache
def manifest_json() -> str:
    """Every machine with the same release gives the same bytes."""
    files = page_entries() | file_entries()
    return json.dumps({"version": version(), "digest": digest_of(files), "files": files}, indent=1) + "\n"


def version() -> str:
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


def page_entries() -> dict[str, dict[str, str]]:
    """Pages name the code, so they are part of the manifest; so is the service worker, which is made of other files."""
    html, templates = rendered_pages(), addresses()
    entries = {address: entry(f"templates/{templates[address]}", html[address]) for address in html}
    return entries | {SERVICE_WORKER: entry("service-worker", service_worker.script())}


def entry(name: str, text: str) -> dict[str, str]:
    return {"name": name, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def file_entries() -> dict[str, dict[str, str]]:
    return {
        staticfiles_storage.url(name): {"name": f"static/{name}", "sha256": static_files.sha256(name).hex()}
        for name in static_files.own_files()
    }


def digest_of(files: dict[str, dict[str, str]]) -> str:
    """SHA-256 over the lines that `sha256sum` would write, sorted by URL; in groups, for reading aloud."""
    lines = [f"{files[address]['sha256']}  {address}\n" for address in sorted(files)]
    digits = hashlib.sha256("".join(lines).encode()).hexdigest()
    return " ".join(digits[start : start + DIGITS_IN_GROUP] for start in range(0, len(digits), DIGITS_IN_GROUP))


def forget() -> None:
    """Clear the caches of the collected files, before others are read."""
    parts = (static_files.modules_of, static_files.later_modules_of, static_files.preloads)
    for read in (
        static_files.sha256,
        static_files.import_map,
        static_files.release,
        *parts,
        service_worker.script,
        manifest_json,
    ):
        read.cache_clear()
