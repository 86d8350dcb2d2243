"""Headless Chromium: the machine's headless shell, else the one in npm's @sparticuz/chromium, else the machine's
complete Chromium.

The headless shell is the same engine and Playwright's default. A page in it needs about half of the CPU time.
"""

import contextlib
import fcntl
import functools
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.provision import Unavailable
from tools.provision.node import MODULES, find_node, install_modules
from tools.provision.processes import prints

SHELL = "chromium-headless-shell"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox, because it does not work for root and in most containers. The browser only loads our own pages.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/fonts-cache</cachedir></fontconfig>"""


@dataclass(frozen=True)
class Chromium:
    program: str
    environment: dict[str, str] = field(default_factory=dict)

    def works(self) -> bool:
        """Whether it starts. This detects missing libraries, and wrappers that only print how to install it."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            options = ["--headless", *ARGUMENTS, f"--user-data-dir={profile}", "--remote-debugging-port=0"]
            try:
                return prints("DevTools listening", [self.program, *options], os.environ | self.environment)
            except OSError:
                return False


@functools.cache
def find_chromium() -> Chromium:
    return first_that_works(candidates(), "neither the machine's Chromium nor the one from npm starts")


@functools.cache
def find_whole_chromium() -> Chromium:
    """The machine's complete Chromium. It supports a camera, unlike the headless shell."""
    whole = of_the_machine(os.environ.get("VIBE_CHROMIUM") or "", *NAMES)
    return first_that_works(whole, "this machine has no whole Chromium, and the shell has no camera")


def first_that_works(found: Iterator[Chromium], lacking: str) -> Chromium:
    for candidate in found:
        if candidate.works():
            return candidate
    raise Unavailable(lacking)


def candidates() -> Iterator[Chromium]:
    given = os.environ.get("VIBE_CHROMIUM")
    yield from of_the_machine(given or SHELL)
    with contextlib.suppress(Unavailable):
        yield from of_npm()
    if not given:
        yield from of_the_machine(*NAMES)


def of_the_machine(*names: str) -> Iterator[Chromium]:
    for name in names:
        if program := shutil.which(name):
            yield Chromium(program)


def of_npm() -> Iterator[Chromium]:
    folder = packaged_chromium()
    environment = {} if Path("/etc/fonts/fonts.conf").exists() else {"FONTCONFIG_FILE": str(folder / "own-fonts.conf")}
    yield Chromium(str(folder / "chromium"), environment)
    yield Chromium(str(folder / "chromium"), environment | {"LD_LIBRARY_PATH": str(folder / "lib")})


def packaged_chromium() -> Path:
    """Unpacked next to the package; the folder gets its final name only when it is complete."""
    package = install_modules() / "@sparticuz" / "chromium"
    folder = MODULES / ".cache" / "chromium"
    with (package / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unpack(package / "bin", folder)
    return folder


def unpack(packed: Path, folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent))
    script = Path(__file__).with_name("unpack_chromium.mjs")
    done = subprocess.run([find_node().program, script, packed, draft], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        shutil.rmtree(draft)
        raise Unavailable(f"@sparticuz/chromium could not be unpacked: {done.stderr.strip()[-500:]}")
    for archive in draft.glob("*.tar"):
        with tarfile.open(archive) as members:
            if hasattr(tarfile, "data_filter"):  # not in Python before 3.11.4
                members.extraction_filter = tarfile.data_filter
            members.extractall(draft)
        archive.unlink()
    (draft / "own-fonts.conf").write_text(FONTS.format(folder=folder))
    (draft / "chromium").chmod(0o755)
    draft.chmod(0o755)
    draft.rename(folder)
