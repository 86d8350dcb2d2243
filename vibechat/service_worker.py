"""The service worker: one classic script, linked from collected modules, behind the table of the release's files.

Workers have neither import maps nor integrity hashes. In one file, all of the worker's code is of one release.
"""

import functools
import json
import re

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from vibechat.core import static_files
from vibechat.core.middleware.security_headers import page_headers
from vibechat.pages import rendered_pages

ENTRY = "js/service-worker.js"
# Matches collected modules, which have no comments and few spaces.
IMPORT = re.compile(r'(?:^|(?<=[;}]))import(?:([^;"()]*?)from)?"(\.[^"]+)";?', re.MULTILINE)
EXPORT = re.compile(r"(?:^|(?<=[;}]))export (?=(?:async function|function|class|const|let)\b\W*([\w$]+))", re.MULTILINE)
UNKNOWN = re.compile(r"(?:^|(?<=[;}]))(?:import|export)\b(?!\()", re.MULTILINE)


@csrf_exempt
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    if not static_files.release():
        raise Http404  # the files of a development server change under one name
    return HttpResponse(script(), content_type="text/javascript; charset=utf-8")


@functools.cache
def script() -> str:
    return f"self.RELEASE={json.dumps(table(), separators=(',', ':'))};\n{linked(ENTRY)}\n"


def table() -> dict:
    """Of the release that this server serves; ReleaseCache in static/js/worker/release-cache.js reads it."""
    pages = rendered_pages()
    return {
        "id": static_files.release(),
        "files": {staticfiles_storage.url(name): static_files.integrity(name) for name in static_files.own_files()},
        "pages": {address: static_files.integrity_of(html) for address, html in pages.items()},
        "headers": {address: page_headers(address) for address in pages},
    }


def linked(entry: str) -> str:
    """One script with the modules, each as a function that returns what it exports, in the order of their imports."""
    order: list[str] = []
    add_after_its_imports(entry, order)
    names = {module: f"m{number}" for number, module in enumerate(order)}
    return "\n".join(f"const {names[module]}=(()=>{{{as_function(module, names)}}})();" for module in order)


def add_after_its_imports(module: str, order: list[str]) -> None:
    for imported in static_files.named_by(module, static_files.STATIC_IMPORT):
        if imported not in order:
            add_after_its_imports(imported, order)
    if module not in order:
        order.append(module)


def as_function(module: str, names: dict[str, str]) -> str:
    code = static_files.content(module).decode()
    exported = EXPORT.findall(code)
    code = EXPORT.sub("", code)
    for what, path in IMPORT.findall(code):
        source = names[static_files.named(module, path)]
        name = what.strip().removeprefix("*as ").removeprefix("* as ").replace(" as ", ":")
        code = IMPORT.sub(f"const {name}={source};" if name else "", code, count=1)
    if UNKNOWN.search(code):
        raise ValueError(f"{module}: an import or export of a form that the service worker's linker does not know")
    return f"{code}\nreturn{{{','.join(exported)}}};"
