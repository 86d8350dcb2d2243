"""Layers are imported in one direction. eslint.config.js checks which APIs each part of the browser code may use."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.environment import ROOT

pytestmark = pytest.mark.once

APPS = ["accounts", "keys", "contacts", "files", "messaging", "vault"]  # each app may import those before it
TOP = [*APPS, "vibechat"]
JS = ROOT / "static" / "js"
JS_LAYERS = {
    "entry": {"views", "model", "worker", "crypto", "types", "storage", "net", "lib"},
    "views": {"views", "model", "types", "lib"},
    "model": {"model", "crypto", "types", "storage", "net", "lib"},
    "worker": {"worker", "crypto", "storage", "net", "lib"},
    "crypto": {"crypto", "types", "lib"},
    "types": {"types", "lib"},
    "storage": {"storage", "lib"},
    "net": {"net", "lib"},
    "lib": {"lib"},
}
# The folders of a layer. A file may import its own folder and the following ones. "" is the layer's top folder.
JS_ROOMS = {
    "model": [
        "",
        "worker",
        "vault",
        "files",
        "screen",
        "receipts",
        "send",
        "receive",
        "history",
        "keys",
        "session",
        "server",
    ],
    "views": ["page", "chats", "thread", "files", "vault", "dialogs", "forms", "parts"],
}
DYNAMIC_IMPORT = r"\bimport\s*\(\s*[\"'](\.[^\"']+)[\"']"
IMPORT = r"^(?:import|export)\b\s*(?:[\w$*{},\s]*?\bfrom\s*)?[\"']([^\"']+)[\"'];?$"
TESTS_IMPORT = re.compile(r"^\s*(?:from|import) +(?:\w+\.)?(?:tests|conftest)\b|[\"'](?:\w+\.)?tests\.\w", re.MULTILINE)


def python_modules() -> dict[str, Path]:
    files = (path for package in TOP for path in (ROOT / package).rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in files
        if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts)
    }


def python_imports(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """Our own imports: at the top, in functions, and as dotted names in strings, as in settings. The settings module
    that entry points name does not count.
    """
    named = set(modules) - {*TOP, "vibechat.settings"}
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            names = [node.value] if {node.value, node.value.rpartition(".")[0]} & named else []
        for name in names:
            yield from [found for found in (name, name.rpartition(".")[0]) if found in modules][:1]


def python_graph() -> dict[str, set[str]]:
    modules = python_modules()
    return {name: set(python_imports(path, modules)) - {name} for name, path in modules.items()}


def test_apps_import_only_those_below():
    upward = [
        f"{module} imports {imported}"
        for module, imports in python_graph().items()
        for imported in imports
        if (package := module.split(".")[0]) in APPS and (other := imported.split(".")[0]) in APPS
        if APPS.index(other) > APPS.index(package)
    ]
    assert upward == []


def test_core_imports_nothing_above_it():
    upward = [
        f"{module} imports {imported}"
        for module, imports in python_graph().items()
        for imported in imports
        if is_core(module) and not is_core(imported)
    ]
    assert upward == []


# Parts of messaging as prefixes of module names, and the parts that each may import.
MESSAGING = {
    "server_keys": set(),
    "reports.stamps": {"server_keys"},
    "reports.report": set(),
    "realtime.payloads": {"reports.stamps"},
    "realtime.send_buffer": set(),
    "realtime.dispatcher": {"realtime.payloads", "realtime.send_buffer"},
    "mailboxes": set(),
    "storage_quota": {"mailboxes"},
    "web_push.subscriptions": set(),
    "web_push.requests": {"server_keys"},
    "web_push.sender": {"web_push.subscriptions", "web_push.requests"},
    "message_files": set(),
    "models": {
        "mailboxes",
        "message_files",
        "storage_quota",
        "realtime.payloads",
        "realtime.dispatcher",
        "web_push.subscriptions",
        "reports.report",
    },
    "serializers": {"models", "realtime.payloads"},
    "sync": {"mailboxes", "models", "realtime.payloads"},
    "pagination": set(),
    "accept": {
        "accept",
        "models",
        "serializers",
        "storage_quota",
        "reports.stamps",
        "realtime.payloads",
        "realtime.dispatcher",
        "web_push.sender",
    },
    "realtime": {"realtime", "accept.acceptance", "mailboxes", "serializers"},
}


def room_of(module: str) -> str:
    return next((room for room in MESSAGING if module == room or module.startswith(f"{room}.")), module)


def test_parts_of_messaging_import_only_those_below():
    graph = {
        module.removeprefix("messaging."): {name.removeprefix("messaging.") for name in imports if "messaging." in name}
        for module, imports in python_graph().items()
        if module.startswith("messaging.")
    }
    upward = [
        f"{module} imports {imported}"
        for module, imports in graph.items()
        if room_of(module) in MESSAGING
        for imported in imports
        if not {imported, imported.partition(".")[0]} & {room_of(module), *MESSAGING[room_of(module)]}
    ]
    assert upward == []


def test_apps_import_only_the_core_of_vibechat():
    graph = python_graph()
    imported = {name for module, names in graph.items() if module.split(".")[0] in APPS for name in names}
    of_the_project = {name for name in imported if name.split(".")[0] == "vibechat"}
    assert of_the_project
    assert {name for name in of_the_project if not is_core(name)} == set()


def is_core(module: str) -> bool:
    return module.startswith("vibechat.core.") or module == "vibechat.core"


def test_shipped_code_and_tools_import_no_tests():
    """Benchmarks may import tests, because they run test scenarios under load."""
    shipped = python_modules()
    tools = {
        str(path.relative_to(ROOT)): path for folder in ("tools", "deploy") for path in (ROOT / folder).rglob("*.py")
    }
    importing = [name for name, path in (shipped | tools).items() if TESTS_IMPORT.search(path.read_text())]
    assert importing == []


def assert_no_cycle(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"cycle: {' ← '.join(error.args[1])}")


def test_python_imports_have_no_cycle():
    assert_no_cycle(python_graph())


def python_lines_with(pattern: str) -> set[str]:
    return {name for name, path in python_modules().items() if re.search(pattern, path.read_text())}


def test_only_the_dispatcher_and_health_use_the_channel_layer():
    assert python_lines_with(r"\bget_channel_layer\b") == {"messaging.realtime.dispatcher", "vibechat.core.health"}


def test_no_python_marks_text_as_safe_html():
    assert python_lines_with(r"\bmark_safe\b|\bSafeString\b|\|\s*safe\b") == set()


def test_no_file_has_a_meaningless_name():
    names = {path.stem for path in [*python_modules().values(), *JS.rglob("*.js")]}
    assert names & {"utils", "util", "helpers", "services", "signals", "common", "misc"} == set()


# --- browser ---------------------------------------------------------------------------------------------------------


def without_comments(source: str) -> str:
    """Remove comments, because JSDoc types may name any module. A string that looks like a comment is removed too,
    which hides no import.
    """
    return re.sub(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", "", source, flags=re.DOTALL)


def js_sources() -> dict[str, str]:
    return {path.relative_to(JS).as_posix(): without_comments(path.read_text()) for path in JS.rglob("*.js")}


def js_graph() -> dict[str, set[str]]:
    graph = {}
    for name, source in js_sources().items():
        specifiers = re.findall(IMPORT, source, re.MULTILINE) + re.findall(DYNAMIC_IMPORT, source)
        files = [((JS / name).parent / specifier).resolve() for specifier in specifiers]
        graph[name] = {path.relative_to(JS).as_posix() for path in files}
    return graph


def js_layer(name: str) -> str:
    return name.partition("/")[0] if "/" in name else "entry"


def test_browser_layers_import_only_those_below():
    upward = [
        f"{module} imports {imported}"
        for module, imports in js_graph().items()
        for imported in imports
        if js_layer(imported) not in JS_LAYERS[js_layer(module)]
    ]
    assert upward == []


def js_room(name: str) -> str:
    return name.split("/")[1] if name.count("/") == 2 else ""


def test_browser_folders_import_only_those_below():
    upward = [
        f"{module} imports {imported}"
        for module, imports in js_graph().items()
        for imported in imports
        if (layer := js_layer(module)) == js_layer(imported) and (rooms := JS_ROOMS.get(layer))
        if rooms.index(js_room(imported)) < rooms.index(js_room(module))
    ]
    assert upward == []


def test_names_of_browser_files_are_unique():
    names = Counter(path.name for path in JS.rglob("*.js"))
    assert [name for name, count in names.items() if count > 1] == []


def test_browser_imports_have_the_file_extension():
    graph = js_graph()
    assert {imported for imports in graph.values() for imported in imports} <= set(graph)


def test_browser_imports_have_no_cycle():
    graph = js_graph()
    assert sum(len(imports) for imports in graph.values()) > 20, "the imports were not found"
    assert_no_cycle(graph)


# --- templates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_templates_have_no_inline_script_or_style(path):
    markup = path.read_text()
    assert not re.search(r"<style|\sstyle\s*=|\son[a-z]+\s*=|[\"'(]javascript:", markup, re.IGNORECASE)
    for tag in re.findall(r"<script\b[^>]*>", markup, re.IGNORECASE):
        assert re.search(r"\ssrc\s*=", tag), tag
