import base64
import gzip
import hashlib
import json
import re

import pytest
from django.template import Context, Template

from vibechat.client_manifest import forget
from vibechat.core import static_files
from vibechat.core.static_files import StaticFiles, with_static_files
from vibechat.core.static_storage import STRIPPERS
from vibechat.tests.asgi import answering, call, http_scope

pytestmark = pytest.mark.once
HASHED = re.compile(r"/static/(?:js|vendor)/.+\.[0-9a-f]{12}\.js")


@pytest.fixture
def whole_map(collected_static):
    forget()
    yield json.loads(static_files.import_map())
    forget()


@pytest.fixture
def imports(whole_map):
    return whole_map["imports"]


@pytest.fixture
def files(collected_static):
    return StaticFiles(answering(404, body=b"inner"))


async def get(app, path, method="GET", **headers):
    return await call(app, http_scope(path, method, headers))


# --- the import map --------------------------------------------------------------------------------------------------


def test_it_works(imports):
    plain = re.compile(r"/static/(?:js|vendor)/[\w/-]+\.js")
    assert all(plain.fullmatch(name) for name in imports.keys() - static_files.VENDOR_MODULES.keys())
    assert all(HASHED.fullmatch(hashed) for hashed in imports.values())


def test_import_map_lists_all_our_modules_and_none_of_the_admin(imports, settings):
    folder = settings.BASE_DIR / "static"
    modules = {f"/static/{path.relative_to(folder).as_posix()}" for path in folder.glob("js/**/*.js")}
    modules = {name for name in modules if not name.startswith(("/static/js/worker/", "/static/js/service-worker.js"))}
    assert {name for name in imports if name.startswith("/static/js/")} == modules
    assert not any("admin" in address or "rest_framework" in address for address in imports.values())


def test_import_map_lists_libraries_by_name_and_all_files_have_integrity(whole_map, settings):
    if not settings.VENDOR_DIR.is_dir():
        pytest.skip("deploy/vendor.py has fetched nothing")
    named = {name: whole_map["imports"][name] for name in static_files.VENDOR_MODULES}
    assert {re.sub(r"\.[0-9a-f]{12}\.js$", ".js", address) for address in named.values()} == {
        f"/static/{file}" for file in static_files.VENDOR_MODULES.values()
    }
    assert set(named.values()) <= set(whole_map["integrity"])
    assert whole_map["imports"]["/static/vendor/qr/index.js"] == named["qr"], "the reader imports the writer so"


def test_import_map_omits_missing_libraries(collected_static, monkeypatch):
    own = [name for name in static_files.own_files() if not name.startswith("vendor/")]
    monkeypatch.setattr(static_files, "own_files", lambda: own)
    forget()
    try:
        imports = json.loads(static_files.import_map())["imports"]
        assert "/static/js/chat.js" in imports
        assert all(name.startswith("/static/js/") for name in imports)
    finally:
        forget()


def integrity_of(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


async def test_integrity_matches_the_sent_content(whole_map, files):
    assert set(whole_map["integrity"]) == set(whole_map["imports"].values())
    for address, integrity in whole_map["integrity"].items():
        assert integrity == integrity_of((await get(files, address)).body)


# --- the tags --------------------------------------------------------------------------------------------------------


def rendered(tag: str) -> str:
    return Template("{% load client_code %}" + tag).render(Context())


def test_import_map_tag_renders_one_script(imports):
    html = rendered("{% import_map %}")
    assert html == f'<script type="importmap">{static_files.import_map()}</script>'
    assert html.count("<") == 2


def test_module_tag_renders_url_and_integrity(imports, settings):
    integrity = integrity_of(STRIPPERS["js/"]((settings.BASE_DIR / "static/js/login.js").read_text()).encode())
    address = imports["/static/js/login.js"]
    expected = f'<script type="module" src="{address}" integrity="{integrity}"></script>'
    assert rendered("{% module 'js/login.js' %}").startswith(expected)


@pytest.mark.parametrize("tag", ["module", "later_modules"])
def test_preloads_have_integrity_and_are_listed_once(whole_map, tag):
    html = rendered(f"{{% {tag} 'js/chat.js' %}}")
    links = re.findall(r'<link rel="modulepreload" href="(\S+)" integrity="(\S+)">', html)
    assert len(links) == html.count("<link") == len({address for address, _ in links}) > 20
    assert dict(links).items() <= whole_map["integrity"].items()


def test_imports_are_found_in_every_syntax(collected_static, monkeypatch):
    files = {
        "js/page.js": '/** @import { A } from "./types.js" */\nimport {\n  b,\n} from "./lib/b.js";\nimport "./c.js";\n'
        'export { d } from "./lib/d.js";\nconst later = () => import("./views/later.js");\nimport qr from "qr";\n',
        "js/lib/b.js": 'import { page } from "../page.js";\nimport { d } from "./d.js";\n',
        "js/c.js": '/** @type {import("./types.js").T} */\nexport const PATH = "./path.js";\n',
        "js/lib/d.js": 'const text = `import { e } from "./e.js";`;\n',
        "js/views/later.js": 'import { d } from "../lib/d.js";\nimport { f } from "./f.js";\n',
        "js/views/f.js": 'const even = () => import("./later-still.js");\n',
    }
    collected = {name: STRIPPERS["js/"](code) for name, code in files.items()}
    monkeypatch.setattr(static_files, "content", lambda name: collected[name].encode())
    forget()
    try:
        assert set(static_files.modules_of("js/page.js")) == {"js/page.js", "js/lib/b.js", "js/c.js", "js/lib/d.js"}
        assert static_files.later_modules_of("js/page.js") == ("js/views/later.js", "js/views/f.js")
    finally:
        forget()


async def test_stylesheet_tag_renders_url_and_integrity(files):
    html = rendered("{% stylesheet 'css/base.css' %}")
    address, integrity = re.fullmatch(r'<link rel="stylesheet" href="(\S+)" integrity="(\S+)">', html).groups()
    assert re.fullmatch(r"/static/css/base\.[0-9a-f]{12}\.css", address)
    assert integrity == integrity_of((await get(files, address)).body)


def test_pages_load_code_only_by_these_tags(settings):
    for template in (settings.BASE_DIR / "templates").glob("*.html"):
        assert re.findall(r"<script|stylesheet\"|modulepreload", template.read_text()) == [], template.name


# --- the files -------------------------------------------------------------------------------------------------------


async def test_hashed_file_is_cached_for_ever(files, imports, settings):
    answer = await get(files, imports["/static/js/chat.js"])
    assert answer.status == 200
    assert answer.body == STRIPPERS["js/"]((settings.BASE_DIR / "static/js/chat.js").read_text()).encode()
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_unhashed_name_is_not_cached_for_ever(files, imports):
    assert "immutable" not in (await get(files, "/static/js/chat.js")).headers["cache-control"]


async def test_other_origins_may_not_read_files(files, imports):
    answer = await get(files, imports["/static/js/chat.js"], Origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers


async def test_file_is_compressed_if_the_client_accepts_it(files, imports):
    address = next(hashed for plain, hashed in imports.items() if plain.endswith("crypto/crypto.js"))
    plain, small = await get(files, address), await get(files, address, **{"Accept-Encoding": "gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body
    assert len(small.body) < len(plain.body)


async def test_browser_gets_the_smallest_encoding(files, imports):
    address = next(hashed for plain, hashed in imports.items() if plain.endswith("crypto/crypto.js"))
    copies = [await get(files, address, **{"Accept-Encoding": kinds}) for kinds in ("gzip", "gzip, deflate, br")]
    assert copies[1].headers["content-encoding"] == "br"
    assert len(copies[1].body) < len(copies[0].body)


async def test_range_request_is_answered(files, imports):
    address = imports["/static/js/chat.js"]
    whole, part = await get(files, address), await get(files, address, Range="bytes=2-5")
    assert (part.status, part.body) == (206, whole.body[2:6])


async def test_unchanged_file_is_304(files, imports):
    address = imports["/static/js/chat.js"]
    etag = (await get(files, address)).headers["etag"]
    assert (await get(files, address, **{"If-None-Match": etag})).status == 304


async def test_head_has_no_body(files, imports):
    answer = await get(files, imports["/static/js/chat.js"], "HEAD")
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static/js/", "/static/nothing.js", "/static/../manage.py", "/static//js/chat.js", "/chat"],
)
async def test_other_paths_reach_the_application(files, path):
    assert (await get(files, path)).body == b"inner"


async def test_files_refuse_other_methods(files, imports):
    assert (await get(files, imports["/static/js/chat.js"], "POST")).status == 405


@pytest.mark.parametrize("value", ["bytes=9-1", "bytes=x-y", "bytes=1-2,4-5", "lines=1-2", "bytes=" + "9" * 5000])
async def test_invalid_range_causes_no_5xx(files, imports, value):
    assert (await get(files, imports["/static/js/chat.js"], Range=value)).status in (200, 416)


def test_without_collected_files_the_application_is_not_wrapped(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "nothing"
    app = answering()
    assert with_static_files(app) is app


# --- stripping -------------------------------------------------------------------------------------------------------


def test_collected_code_has_no_comments(collected_static):
    for name in static_files.own_files():
        if name.startswith(("js/", "css/")):
            code = static_files.content(name).decode()
            assert not re.search(r"/\*|^\s*//", code, re.MULTILINE), name


@pytest.mark.parametrize(
    "code",
    [
        "class A{#private=1;half(){return this.#private/2;}}",
        "const t=`two  spaces ${ a /* kept */ } // and this\n  /* and this */`;",
        "const r=/[/\"'`*]\\/\\/ x/u.test('a // b');",
        'const u="https://example.org//*";',
    ],
)
def test_stripping_keeps_text_that_looks_like_a_comment(code):
    assert STRIPPERS["js/"](code) == code


def test_page_preloads_every_static_import(collected_static, settings):
    """Computed from the sources, where each import is on a separate line."""
    for entry in ("js/chat.js", "js/login.js", "js/about-me.js"):
        found = [entry]
        for module in found:
            source = (settings.BASE_DIR / "static" / module).read_text()
            paths = re.findall(r'^(?:import|export) (?:[^;"]* from )?"(\.[^"]+)";', source, re.MULTILINE)
            folder = settings.BASE_DIR / "static" / module
            imported = [(folder.parent / path).resolve().relative_to(settings.BASE_DIR / "static") for path in paths]
            found += [str(path) for path in imported if str(path) not in found]
        assert set(static_files.modules_of(entry)) == set(found)
