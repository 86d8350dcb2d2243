"""Both switch on- and offline at random while both type: in the end both screens are equal. The long form is a command:
python -m tests.browser.on_and_off --minutes 10"""

from collections import Counter

import pytest

from tests.browser.on_and_off import Story, inversions, tell
from tests.browser.sides import Shown

SECONDS = 22
SEED = 3


@pytest.mark.once
@pytest.mark.timeout(300)
def test_both_screens_are_equal_in_the_end(site, browser):
    figures = tell(site, browser, SECONDS, SEED)
    assert figures.is_exact, figures
    assert figures.typed > 10
    assert figures.actions.keys() >= {"write", "lose_network", "die"}


class Desk:
    """A side whose tab has typed this, and said "Sending" to it."""

    def __init__(self, *typed):
        self.typed = list(typed)
        self.promised = set(typed)
        self.tabs = [self]
        self.person = self
        self.complaints = []


def screens(*texts, state="Read"):
    return {name: [Shown(True, text, state) for text in texts] for name in ("Alice 1", "Bob 1")}


@pytest.mark.once
def test_the_comparison_finds_each_fault():
    story = Story([Desk("one", "two")], seed=1)
    assert story.compare(screens("one", "two")).is_exact
    assert story.compare(screens("one")).lost == ["two"]
    story.sides[0].promised = {"one"}
    assert story.compare(screens("one")).unkept == 1
    assert story.compare(screens("one")).lost == []
    unequal = screens("one", "two") | {"Bob 1": screens("one")["Bob 1"]}
    assert story.compare(unequal).lost == ["two"]
    story.sides[0].promised = {"one", "two"}
    assert story.compare(screens("one", "two", "two")).doubled == 1
    assert story.compare(screens("two", "one")).misordered > 0
    assert story.compare(screens("one", "two", state="Sending")).unsettled == 4
    unequal = screens("one", "two") | {"Bob 1": screens("one", "two", "three")["Bob 1"]}
    assert not story.compare(unequal).screens_equal
    for faulty in (screens("one"), screens("two", "one"), screens("one", "two", state="Not sent"), unequal):
        assert not story.compare(faulty).is_exact


@pytest.mark.once
def test_the_same_seed_draws_the_same_chances():
    draws = [Counter(Story([], seed).chance.choices("abc", k=20)) for seed in (1, 1)]
    assert draws[0] == draws[1]
    assert inversions(["a", "b", "c"], ["c", "b"]) == 1
