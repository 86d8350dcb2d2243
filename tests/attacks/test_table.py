from pathlib import Path

import pytest

from tests.attacks.table import FILE, PARTS, modules, named_threats, rows_of, table

ROWS = [row for module in modules() for row in rows_of(module)]


def test_committed_page_is_the_generated_one():
    assert FILE.read_text() == table(), "python -m tests.attacks writes it anew"


def test_table_has_every_test_file():
    files = {path.stem for path in Path(__file__).parent.glob("test_*.py")} - {"test_table"}
    assert files == set(PARTS)


def test_every_test_has_a_row():
    cases = [f"{module.__name__}::{name}" for module in modules() for name in vars(module) if name.startswith("test_")]
    assert cases == [row.test for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.test)
def test_every_row_quotes_the_page_or_names_a_threat(row):
    assert row.words or row.open
    assert row.open in {"", *named_threats()}
