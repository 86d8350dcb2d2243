"""Static files under hashed names: how pages name them, and how this server sends them where no nginx does."""

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

# What these bring is for the operators' pages alone.
LIBRARIES = ("admin/", "rest_framework/")
# The names by which modules of ours import what others wrote, and the files.
VENDOR_MODULES = {"qr": "vendor/qr/index.js", "qr/decode.js": "vendor/qr/decode.js"}

# As the collected modules write it, which have no comments and few spaces.
STATIC_IMPORT = re.compile(r'(?:^|[;}])(?:import|export)\b(?:[^;"()]*\bfrom)?"(\.[^"]+)"', re.MULTILINE)
LATER_IMPORT = re.compile(r'\bimport\("(\.[^"]+)"\)')


def own_files() -> list[str]:
    """The plain names of what the pages of people load."""
    collected = getattr(staticfiles_storage, "hashed_files", {})
    return sorted(name for name in collected if not name.startswith(LIBRARIES))


def content(name: str) -> bytes:
    """Of the file as pages load it, whose address by this plain name is `staticfiles_storage.url(name)`."""
    storage = cast(static_storage.StaticFilesStorage, staticfiles_storage)
    return Path(storage.path(storage.stored_name(name))).read_bytes()


@functools.cache
def sha256(name: str) -> bytes:
    return hashlib.sha256(content(name)).digest()


def integrity(name: str) -> str:
    """What a page says about a file, so that the browser runs no other."""
    return expression(sha256(name))


def expression(digest: bytes) -> str:
    return f"sha256-{base64.b64encode(digest).decode()}"


@functools.cache
def modules_of(*names: str) -> tuple[str, ...]:
    """The plain names of these modules, and of all without which they do not run, however far down."""
    found = list(names)
    for module in found:
        found += [each for each in dict.fromkeys(named_by(module, STATIC_IMPORT)) if each not in found]
    return tuple(found)


@functools.cache
def later_modules_of(name: str) -> tuple[str, ...]:
    """Beyond `modules_of`: what these load by `import()` when it is wanted, and all that it needs."""
    here = modules_of(name)
    parts = dict.fromkeys(part for module in here for part in named_by(module, LATER_IMPORT))
    return tuple(module for module in modules_of(*parts) if module not in here)


@functools.cache
def preloads(names: tuple[str, ...]) -> str:
    """HTML: a hundred links, which are the same for each visitor."""
    link = '<link rel="modulepreload" href="{}" integrity="{}">'
    return format_html_join("", link, ((staticfiles_storage.url(name), integrity(name)) for name in names))


def named_by(module: str, pattern: re.Pattern) -> list[str]:
    folder, code = posixpath.dirname(module), content(module).decode()
    return [posixpath.normpath(posixpath.join(folder, path)) for path in pattern.findall(code)]


@functools.cache
def import_map() -> str:
    """JSON that maps each module's plain address, by which modules import each other, to its hashed one, and that to
    its integrity."""
    modules = [name for name in own_files() if name.startswith(("js/", "vendor/")) and name.endswith(".js")]
    addresses = {name: staticfiles_storage.url(name) for name in modules}
    imports = {settings.STATIC_URL + name: address for name, address in addresses.items()}
    imports |= {name: addresses[file] for name, file in VENDOR_MODULES.items() if file in addresses}
    hashes = {address: integrity(name) for name, address in addresses.items()}
    return json.dumps({"imports": imports, "integrity": hashes}, separators=(",", ":")).replace("<", "\\u003c")


def import_map_hash() -> str:
    """The source expression by which a Content-Security-Policy lets the one inline script pass."""
    return f"'{expression(hashlib.sha256(import_map().encode()).digest())}'"


def sources_hash() -> str:
    """Of the names and contents of all that is to be collected, and of the code that collects it."""
    tools = f"{django.__version__} {servestatic.__version__} {rjsmin.__version__} {rcssmin.__version__}"
    digest = hashlib.sha256(f"{tools} {settings.STATIC_URL}".encode())
    digest.update(Path(static_storage.__file__).read_bytes())
    for finder in get_finders():
        for name, place in finder.list(ignore_patterns=[]):
            code = Path(place.path(name)).read_bytes()
            digest.update(f"{name} {len(code)} ".encode() + code)
    return digest.hexdigest()


class StaticFiles:
    """ServeStatic before an application. It would open each file in a thread of its own; ours are small and in the
    page cache, so it is told that the server can send files by descriptor, and this reads them on the spot."""

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
    """`app` alone where nothing has been collected: under tests, or where nginx sends the files."""
    return StaticFiles(app) if settings.STATIC_ROOT.is_dir() else app
