"""The environment of every process under test: what the machine has set for a server of its own does not leak in."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = "a secret of the test suite, which no server ever uses"


def product_variables() -> set[str]:
    """Every variable that the settings read."""
    source = (ROOT / "vibechat" / "settings.py").read_text()
    return set(re.findall(r'(?:env_\w+|environ\.get)\(\s*"([A-Z_]+)"', source))


def clean_environment(var_dir: Path, **variables: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in product_variables()}
    return inherited | {"SECRET_KEY": SECRET_KEY, "VAR_DIR": str(var_dir)} | variables
