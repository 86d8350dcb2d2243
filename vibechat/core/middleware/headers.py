from vibechat.core.asgi_types import Scope


def header(scope: Scope, name: bytes) -> str | None:
    """The last header of that name, since a proxy appends its own."""
    values = [value for key, value in scope["headers"] if key.lower() == name]
    return values[-1].decode("latin-1") if values else None
