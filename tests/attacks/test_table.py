"""The table says what the cases do, and the cases are all in it."""

from pathlib import Path

import pytest

from tests.attacks.table import FILE, PARTS, modules, named_threats, rows_of, table

ROWS = [row for module in modules() for row in rows_of(module)]


def test_the_page_is_what_the_cases_say():
    assert FILE.read_text() == table(), "python -m tests.attacks writes it anew"


def test_every_file_of_cases_is_in_the_table():
    files = {path.stem for path in Path(__file__).parent.glob("test_*.py")} - {"test_table"}
    assert files == set(PARTS)


def test_every_case_is_a_row():
    cases = [f"{module.__name__}::{name}" for module in modules() for name in vars(module) if name.startswith("test_")]
    assert cases == [row.test for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.test)
def test_every_row_says_what_is_seen_or_which_threat_it_is(row):
    assert row.words or row.open
    assert row.open in {"", *named_threats()}
