"""The repository has complete lock files and setting lists, and names no registry and no path of one machine."""

import re
import subprocess

import pytest

from tests.support.environment import ROOT, product_variables

pytestmark = pytest.mark.once

# Split, so that this file does not contain the names.
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "deb." + "debian.org", "proxy." + "golang.org"]
HOMES = ["wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers"]
MACHINE_PATHS = re.compile(rf"(?<![\w.~-])/(?:{'|'.join(HOMES)})/\w")


def repository_texts() -> dict[str, str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git working tree")
    texts = {}
    for name in filter(None, listed.stdout.split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in content:
            texts[name] = content.decode()
    return texts


def test_no_text_names_a_package_registry():
    naming = [(name, host) for name, text in repository_texts().items() for host in HOSTS if host in text]
    assert naming == []


def test_no_text_names_a_home_folder():
    naming = [(name, found[0]) for name, text in repository_texts().items() if (found := MACHINE_PATHS.search(text))]
    assert naming == []


def pinned(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_has_hashes(name):
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    assert [block for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []


def test_development_and_servers_have_the_same_versions():
    assert pinned("requirements.txt").items() <= pinned("requirements-dev.txt").items()


def test_npm_lock_has_hashes_and_no_urls():
    lock = (ROOT / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert '"resolved"' not in lock


def test_example_environment_lists_every_setting():
    listed = re.findall(r"^#?\s*([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert set(listed) == product_variables()


def test_installed_and_stored_files_are_not_committed():
    names = set(repository_texts())
    assert {"Makefile", "requirements.txt", "package-lock.json", "manage.py"} <= names
    assert not any(name.startswith((".venv/", "var/", "node_modules/")) for name in names)
