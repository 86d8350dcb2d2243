"""Asks pip-audit for known vulnerabilities in the packages of a server.

Exit codes: 0 none, 1 some, NOT_RUN if the data is unreachable. The report is read instead of pip-audit's exit code,
which is 0 also for a package that could not be looked up.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.environment import ROOT

NOT_RUN = 75
REQUIREMENTS = ROOT / "requirements.txt"


def main() -> int:
    if audit_alone("django") is None:
        print("pip-audit cannot reach its data")
        return NOT_RUN
    report = audit(REQUIREMENTS)
    if report is None:
        print("pip-audit cannot reach its data for some packages")
        return NOT_RUN
    for package in (package for package in report if package["vulns"]):
        print(package["name"], package["version"], ", ".join(found["id"] for found in package["vulns"]))
    return int(any(package["vulns"] for package in report))


def audit_alone(name: str) -> list[dict] | None:
    """Look up one package first, to learn whether the data is reachable."""
    blocks = REQUIREMENTS.read_text().split("\n")
    start = next(index for index, line in enumerate(blocks) if line.startswith(f"{name}=="))
    end = next((index for index in range(start + 1, len(blocks)) if not blocks[index].startswith(" ")), len(blocks))
    with tempfile.TemporaryDirectory() as folder:
        single = Path(folder) / "requirements.txt"
        single.write_text("\n".join(blocks[start:end]))
        return audit(single)


def audit(requirements: Path) -> list[dict] | None:
    """The packages with their known vulnerabilities, or None if any could not be looked up."""
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off", "--disable-pip"]
    try:
        done = subprocess.run(
            [*command, "--timeout=10", f"--requirement={requirements}"], capture_output=True, text=True, timeout=60
        )
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return packages if all("vulns" in package for package in packages) else None


if __name__ == "__main__":
    sys.exit(main())
