"""python -m tests.attacks                       write docs/attacks.md
python -m tests.attacks --print                 print it
python -m tests.attacks --screenshots FOLDER    run all tests, with a screenshot of each
"""

import argparse
import subprocess
import sys
from pathlib import Path

from tests.attacks.table import FILE, table
from tests.support.environment import ROOT


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--print", action="store_true")
    parser.add_argument("--screenshots", type=Path)
    options = parser.parse_args()
    if options.print:
        print(table(), end="")
    elif options.screenshots:
        folder = options.screenshots.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/attacks"]
        return subprocess.run([*command, f"--screenshots={folder}"], cwd=ROOT).returncode
    else:
        FILE.write_text(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
