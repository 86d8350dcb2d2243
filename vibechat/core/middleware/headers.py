from vibechat.core.asgi_types import Scope


def header(scope: Scope, name: bytes) -> str | None:
    """The last of that name; what a proxy adds comes last."""
    values = [value for key, value in scope["headers"] if key.lower() == name]
    return values[-1].decode("latin-1") if values else None
