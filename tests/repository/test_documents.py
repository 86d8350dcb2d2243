"""What the documents name exists."""

import re

import pytest

from tests.support.environment import ROOT

pytestmark = pytest.mark.once

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# No part of an absolute path or an address, and no pattern such as <app>/views.py.
PATH = re.compile(r"(?<![\w./<>*:@~-])(?:[\w.-]+/)+[\w.-]*\w\.(?:py|js|md|html|css|yaml)(?![\w*<>/-])")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_paths_exist(document):
    """They start at the root, at the document's folder, or, for the rooms of the browser's code, at static/js."""
    starts = [ROOT, document.parent, ROOT / "static/js"]
    named = set(PATH.findall(document.read_text()))
    assert [path for path in sorted(named) if not any((start / path).is_file() for start in starts)] == []
