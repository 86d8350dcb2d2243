"""The row of a test in docs/attacks.md, with the texts that the test has to find on the page."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, expect

QUOTED = re.compile("“([^”]+)”")


@dataclass
class Row:
    """`sees` quotes the exact texts of the page between “ and ”. `open` names the row of docs/threat-model.md for an
    attack that shows late or never.
    """

    attack: str
    done: str
    sees: str
    when: str
    open: str = ""
    found: set[str] = field(default_factory=set)
    screenshots: Path | None = None
    test: str = ""

    @property
    def words(self) -> list[str]:
        return QUOTED.findall(self.sees)

    def is_shown(self, where: Locator, *numbers: int) -> None:
        """Check that the row's texts, or those with these indexes, are visible in that place."""
        expect(where).to_be_visible()
        for words in [self.words[number] for number in numbers] or self.words:
            expect(where).to_contain_text(words, use_inner_text=True)
            self.found.add(words)
        self.take_picture(where)

    def take_picture(self, where: Locator) -> None:
        if self.screenshots:
            name = re.sub(r"\W+", "-", self.attack).strip("-").lower()
            where.page.screenshot(path=self.screenshots / f"{name}-{len(self.found)}.png")

    @property
    def missing(self) -> list[str]:
        return [words for words in self.words if words not in self.found]


def attack(name: str, *, done: str, sees: str, when: str = "at once", open: str = "") -> Callable[[Callable], Callable]:
    """Make a test a row of the table."""

    def give_row(test: Callable) -> Callable:
        test.row = Row(name, done, sees, when, open, test=f"{test.__module__}::{test.__name__}")
        return test

    return give_row
