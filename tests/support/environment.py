"""The environment of processes under test, without the settings of this machine's own server."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = "a secret of the test suite, which no server ever uses"


def product_variables() -> set[str]:
    """All variables that the settings read."""
    source = (ROOT / "vibechat" / "settings.py").read_text()
    return set(re.findall(r'(?:env_\w+|environ\.get)\(\s*"([A-Z_]+)"', source))


def clean_environment(var_dir: Path, **variables: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in product_variables()}
    return inherited | {"SECRET_KEY": SECRET_KEY, "VAR_DIR": str(var_dir)} | variables
