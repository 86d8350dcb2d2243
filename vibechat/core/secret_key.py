"""The secret key of a server without SECRET_KEY: generated once, stored in VAR_DIR, readable by its owner only."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from vibechat.core.environment import is_strong_secret


def kept_secret_key(var_dir: Path) -> str:
    """Raises ImproperlyConfigured if the file contains no key, and OSError if it cannot be read or created."""
    path = var_dir / "secret_key"
    try:
        secret = path.read_text(errors="replace").strip()
    except FileNotFoundError:
        secret = make_secret_key(path)
    if not is_strong_secret(secret):
        raise ImproperlyConfigured(
            f"{path} holds no secret key. Restore it, or delete it: the next start makes a new one, and everybody must "
            "log in again."
        )
    return secret


def make_secret_key(path: Path) -> str:
    """Written to a temporary file and linked into place, so that two concurrent starts use the same key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"secret_key.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()
