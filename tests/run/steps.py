"""The steps of `make test`, and how their results are read."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

from tests.run.audit import NOT_RUN
from tests.support.environment import ROOT, clean_environment
from tools.provision.node import MODULES, find_node

PACKAGES = ["accounts", "contacts", "files", "keys", "messaging", "vault", "vibechat"]
PYTHON = sys.executable
FEW = 5  # failures of a step that may be chance; more are not run again
PUBLIC_SERVER = {
    "ALLOWED_HOSTS": "chat.example.org",
    "HTTPS": "True",
    "BEHIND_PROXY": "True",
    "SECRET_KEY": "only-checked-never-served-0123456789-abcdefghijklmnopqrstuvwxyz",
    "DATABASE_URL": "postgres://vibechat:unused@127.0.0.1:5432/vibechat",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}


@dataclass
class Outcome:
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    output: str = ""
    not_run: list[str] = field(default_factory=list)
    skips: dict[str, str] = field(default_factory=dict)
    ran: set[str] = field(default_factory=set)
    failures: set[str] = field(default_factory=set)
    unstable: set[str] = field(default_factory=set)

    def take(self, again: "Outcome") -> None:
        """What passed in the second run counts as passed, and is named as unstable."""
        self.unstable = self.failures & again.ran - again.failures
        self.failures -= self.unstable
        self.failed -= len(self.unstable)
        self.passed += len(self.unstable)

    @property
    def verdict(self) -> str:
        if not self.passed and not self.failed:
            return "NOT RUN"
        counts = f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")
        return f"{counts}, {self.seconds:.1f} s"


@dataclass
class Step:
    """A command. It counts as one check, or as the tests in the JUnit file that it writes to {report}.

    {node} in the command is replaced by the path of Node, {cache} by a folder that the second run of the step shares.
    """

    name: str
    command: list[str]
    needs: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    timeout_seconds: int = 2400
    repeat: Callable[[set[str]], list[str]] | None = None  # the command that runs the tests of these names again
    process: subprocess.Popen | None = None
    is_over: bool = False

    @property
    def serves(self) -> bool:
        """Whether it starts servers or requests pages."""
        return "pytest" in self.command

    def run(self, scratch: Path) -> Outcome:
        started = time.monotonic()
        folder = scratch / re.sub(r"\W+", "-", self.name)
        report, log = folder / "report.xml", folder / "output.log"
        (folder / "var").mkdir(parents=True)
        with log.open("wb") as output:
            code = self.execute([self.fill_in(part, folder) for part in self.command], folder, output)
        outcome = self.judge(code, report, log.read_text(errors="replace"))
        outcome.seconds = time.monotonic() - started
        return outcome

    def run_again(self, scratch: Path, first: Outcome) -> Outcome | None:
        """Run the few tests that failed once more. None if there are too many, or if more than tests failed."""
        if not self.repeat or len(first.failures) != first.failed or first.failed > FEW:
            return None
        step = replace(self, name=f"{self.name}, again", command=self.repeat(first.failures), is_over=False)
        return step.run(scratch)

    def fill_in(self, part: str, folder: Path) -> str:
        if part == "{node}":
            return find_node().program
        cache = folder.with_name(folder.name.removesuffix("-again") + "-cache")
        return part.replace("{report}", str(folder / "report.xml")).replace("{cache}", str(cache))

    def execute(self, command: list[str], folder: Path, output) -> int:
        if self.is_over:  # killed before it started
            return 1
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=clean_environment(folder / "var", **self.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return self.process.wait(self.timeout_seconds)
        except subprocess.TimeoutExpired:
            output.write(f"\nstopped after {self.timeout_seconds} s\n".encode())
            return 1
        finally:
            self.kill()

    def kill(self) -> None:
        """Kill the process group, so that no server outlives its test."""
        self.is_over = True
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def judge(self, code: int, report: Path, output: str) -> Outcome:
        if code == NOT_RUN:
            return Outcome(self.name, not_run=[output.strip().splitlines()[-1]])
        if "{report}" not in " ".join(self.command):
            return Outcome(self.name, passed=int(code == 0), failed=int(code != 0), output=output)
        outcome = Outcome(self.name, output=output)
        read_report(report, outcome)
        outcome.failed = outcome.failed or int(code != 0)
        return outcome


def read_report(report: Path, outcome: Outcome) -> None:
    for case in ElementTree.parse(report).iter("testcase") if report.exists() else ():
        name, skipped = f"{case.get('classname')}::{case.get('name')}", case.find("skipped")
        if skipped is not None:
            outcome.skipped += 1
            outcome.skips[name] = skipped.get("message", "no reason given")
            continue
        outcome.ran.add(name)
        if case.find("failure") is None and case.find("error") is None:
            outcome.passed += 1
        else:
            outcome.failed += name not in outcome.failures  # a test can fail, and its teardown as well
            outcome.failures.add(name)


def left_out(outcomes: list[Outcome]) -> list[str]:
    """What no step has run. A test that is skipped on one back end may have run on the other."""
    ran = set().union(*(outcome.ran for outcome in outcomes))
    whole = [f"{outcome.name}: {reason}" for outcome in outcomes for reason in outcome.not_run]
    skips = {name: reason for outcome in outcomes for name, reason in outcome.skips.items() if name not in ran}
    return whole + [f"{number} skipped: {reason}" for reason, number in Counter(skips.values()).items()]


def pytest(name: str, *arguments: str, needs: tuple[str, ...] = (), workers: int = 2) -> Step:
    """Workers take whole files. With a given Redis there is one worker, because workers would share it."""
    if "redis" in needs and "TEST_REDIS_URL" in os.environ:
        workers = 1
    spread = [f"--numprocesses={workers}", "--dist=loadfile"] if workers > 1 else []
    command = [PYTHON, "-m", "pytest", "-q", "--color=no", "--junitxml={report}", "-o", "cache_dir={cache}", *arguments]
    return Step(name, [*command, *spread], needs, repeat=lambda _: [*command, "--last-failed"])


def server_steps() -> list[Step]:
    services = ("postgres", "redis")
    without_browsers = [f"--ignore=tests/{folder}" for folder in ("browser", "attacks", "firefox")]
    return [
        pytest("pytest on SQLite and in memory", *without_browsers),
        pytest(
            "pytest on PostgreSQL and Redis",
            *without_browsers,
            "--backend=services",
            "-m",
            "not once",
            needs=services,
        ),
    ]


def browser_steps() -> list[Step]:
    needs = ("chromium",)
    return [
        pytest(
            "browser stories that one server tells, and attacks",
            "tests/browser",
            "tests/attacks",
            "-m",
            "once or sqlite_too",
            "--no-loadscope-reorder",  # it would leave files of few, but long tests for the end
            needs=needs,
        ),
        pytest(
            "browser stories, two servers on PostgreSQL and Redis",
            "tests/browser",
            "--backend=services",
            "-m",
            "not once",
            needs=(*needs, "postgres", "redis"),
            workers=1,  # each worker starts two servers
        ),
        pytest("stories in Firefox", "tests/firefox", needs=(*needs, "firefox", "node"), workers=1),
    ]


def static_steps() -> list[Step]:
    manage = [PYTHON, "manage.py"]
    return [
        Step("ruff check", [PYTHON, "-m", "ruff", "check", "--no-cache", "."]),
        Step("ruff format", [PYTHON, "-m", "ruff", "format", "--no-cache", "--check", "--diff", "."]),
        Step("types of the Python code", [PYTHON, "-m", "mypy"]),
        Step(
            "types of the browser code",
            ["{node}", str(MODULES / "typescript/bin/tsc"), "--project", "."],
            needs=("node",),
        ),
        Step(
            "eslint",
            [
                "{node}",
                str(MODULES / "eslint/bin/eslint.js"),
                "--cache",
                f"--cache-location={MODULES}/.cache/eslint",
                ".",
            ],
            needs=("node",),
        ),
        Step("promises that nobody waits for", ["{node}", str(MODULES / "oxlint/bin/oxlint")], needs=("node",)),
        Step("migrations are complete", [*manage, "makemigrations", "--check", "--dry-run"]),
        Step("check --deploy", [*manage, "check", "--deploy", "--fail-level=WARNING"], environment=PUBLIC_SERVER),
        Step("bandit", [PYTHON, "-m", "bandit", "--quiet", "--configfile", "pyproject.toml", "--recursive", *PACKAGES]),
        Step("pip-audit", [PYTHON, "-m", "tests.run.audit"]),
    ]


def node_tests() -> Step:
    """Node's test runner. Its JUnit file is counted like pytest's. Tests mostly wait, so three files run at a time."""
    reporters = [
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
        "--test-reporter=junit",
        "--test-reporter-destination={report}",
    ]
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "js").rglob("*.test.js"))
    run = ["{node}", "--test", "--test-concurrency=3", *reporters]

    def repeat(failures: set[str]) -> list[str]:
        names = [re.escape(failure.partition("::")[2]) for failure in failures]
        return [*run, *(f"--test-name-pattern={name}" for name in names), *files]

    return Step("node tests", [*run, *files], needs=("node",), repeat=repeat)
