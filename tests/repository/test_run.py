"""The runner of `make test`: what counts as a failure, and how Chromium starts."""

from types import SimpleNamespace

import pytest

from tests.run.steps import FEW, Outcome, Step
from tools.browser import start
from tools.provision.chromium import Chromium


def step() -> Step:
    return Step("some tests", ["true"], repeat=lambda _: ["true"])


def test_only_what_passed_in_the_second_run_counts_as_passed():
    first = Outcome("tests", passed=7, failed=3, failures={"late", "red", "not run again"})
    first.take(Outcome("tests, again", passed=1, failed=1, ran={"late", "red"}, failures={"red"}))
    assert (first.passed, first.failed) == (8, 2)
    assert (first.unstable, first.failures) == ({"late"}, {"red", "not run again"})


def test_failures_without_a_name_and_many_failures_are_not_run_again(tmp_path):
    many = {str(number) for number in range(FEW + 1)}
    assert step().run_again(tmp_path, Outcome("tests", failed=1)) is None
    assert step().run_again(tmp_path, Outcome("tests", failed=2, failures={"red"})) is None
    assert step().run_again(tmp_path, Outcome("tests", failed=len(many), failures=many)) is None
    assert step().run_again(tmp_path, Outcome("tests", failed=1, failures={"red"})) is not None


@pytest.mark.parametrize(("free_bytes", "is_used"), [(64 * 1024**2, False), (1024**3, True)])
def test_chromium_gets_shared_memory_if_there_is_enough(monkeypatch, free_bytes, is_used):
    monkeypatch.setattr(start.shutil, "disk_usage", lambda _: SimpleNamespace(free=free_bytes))
    options = start.launch_options(Chromium("chromium"))
    assert ("--disable-dev-shm-usage" in options["ignore_default_args"]) == is_used


def test_chromium_does_without_shared_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(start, "SHARED_MEMORY", tmp_path / "absent")
    assert start.launch_options(Chromium("chromium"))["ignore_default_args"] == []
