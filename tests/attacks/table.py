"""Generates docs/attacks.md from the rows of the tests."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from tests.attacks.row import Row
from tests.support.environment import ROOT

FILE = ROOT / "docs" / "attacks.md"
THREATS = ROOT / "docs" / "threat-model.md"
# The modules in the order of the table. The first line of a module's docstring is the title of its part.
PARTS = (
    "test_first_contact",
    "test_changed_keys",
    "test_own_key",
    "test_vault",
    "test_added_browsers",
    "test_streams",
    "test_archive",
    "test_signed_keys",
    "test_changed_messages",
    "test_files",
    "test_moved_messages",
    "test_missing_messages",
    "test_repeated_messages",
    "test_receipts",
    "test_typing",
    "test_changes",
    "test_franking",
    "test_reports",
    "test_clearing",
    "test_strangers",
    "test_disappearing",
    "test_cache",
    "test_answers",
    "test_numbers",
    "test_names",
    "test_profiles",
    "test_strings",
    "test_empty_messages",
    "test_hangs",
    "test_silence",
)
HEAD = """# Attacks, and what the person sees

The server is the adversary here: it runs the honest pages and lies in everything that it says to them. Each row is a
test in real browsers, with a server in between that does what the second column says, by every way by which it comes (a
push, an acceptance, a page of `sync` or of a conversation): two people in two browsers, but where the other side must
hold keys that no honest browser would (signed otherwise, borrowed, put back), that side is played by the test. Words
between “ and ” are the page's own, to the letter: the test finds them there. Alice and Bob talk; Mallory is whoever
runs the server. Where an attack shows late or never, the row of [threat-model.md](threat-model.md) is named for it.

`python -m tests.attacks` writes this page; a test fails where it is not what the cases say. `python -m tests.attacks
--screenshots FOLDER` runs them all and leaves a picture of each.
"""


def modules() -> list[ModuleType]:
    return [importlib.import_module(f"tests.attacks.{name}") for name in PARTS]


def rows_of(module: ModuleType) -> list[Row]:
    """The rows in the order of the tests."""
    return [item.row for item in vars(module).values() if isinstance(getattr(item, "row", None), Row)]


def table() -> str:
    return "\n".join([HEAD, *(part for module in modules() for part in drawn(module))])


def drawn(module: ModuleType) -> Iterator[str]:
    title, _, about = (module.__doc__ or "").partition("\n")
    yield f"## {title.rstrip('.')}\n"
    if about.strip():
        yield about.strip() + "\n"
    yield "| attack | what was done | what the person sees, and when | test |"
    yield "|---|---|---|---|"
    for row in rows_of(module):
        yield f"| {row.attack} | {row.done} | {seen(row)} | {link(row)} |"
    yield ""


def seen(row: Row) -> str:
    threat = f" Threat model: “{row.open}”" if row.open else ""
    return f"{escaped(row.sees.rstrip())} *{row.when[:1].upper()}{row.when[1:]}.*{threat}"


def escaped(text: str) -> str:
    """Escape HTML, so that it shows as text on the page."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def link(row: Row) -> str:
    module, _, name = row.test.partition("::")
    path = Path(*module.split(".")).with_suffix(".py")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{path.as_posix()})"


def named_threats() -> set[str]:
    """The first cells of the threat model's table "Prevented, detected, open"."""
    _, _, rest = THREATS.read_text().partition("## Prevented, detected, open")
    cells = re.findall(r"^\| ([^|]+) \|", rest.partition("\n## ")[0], re.MULTILINE)
    return {cell.strip().replace("*", "") for cell in cells}
