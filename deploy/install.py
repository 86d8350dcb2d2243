"""Create .venv, install hashed requirements into it, and fetch the browser libraries (vendor.py). If all is up to date,
exit at once.

    python3 deploy/install.py requirements.txt [requirements-dev.txt]

Concurrent runs wait for each other. An interrupted install is detected and repeated.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
UNFINISHED = ENVIRONMENT / "unfinished"
LEAST_PYTHON = (3, 11)


def main(names: list[str]) -> None:
    if sys.version_info < LEAST_PYTHON:
        sys.exit(
            "VibeChat needs Python 3.11 or newer, this is {}.{}. Try: make PYTHON=python3.11".format(*sys.version_info)
        )
    with open(__file__) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for requirements in (ROOT / name for name in names):
            if not is_installed(requirements):
                install(requirements)
        import vendor  # imported here, because an older Python must fail earlier, with a sentence

        vendor.bring()


def is_installed(requirements: Path) -> bool:
    stamp = stamp_of(requirements)
    return is_healthy() and stamp.exists() and stamp.read_text() == digest(requirements)


def is_healthy() -> bool:
    """False after an interrupted install, or if the base Python was removed."""
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", "import pip"], capture_output=True).returncode == 0


def install(requirements: Path) -> None:
    if not is_healthy():
        make_environment()
    print(f"Installing {requirements.name} into {ENVIRONMENT.name} …", flush=True)
    UNFINISHED.touch()
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    if subprocess.run([*pip, "--requirement", requirements], cwd=ROOT).returncode != 0:
        sys.exit(f"{requirements.name} could not be installed; the lines above say why.")
    stamp_of(requirements).write_text(digest(requirements))
    UNFINISHED.unlink()


def make_environment() -> None:
    print(f"Making {ENVIRONMENT.name} …", flush=True)
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    if subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT]).returncode != 0:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        sys.exit("This Python cannot make a virtual environment; on Debian and Ubuntu, install python3-venv.")


def stamp_of(requirements: Path) -> Path:
    return ENVIRONMENT / f"{requirements.name}.sha256"


def digest(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
