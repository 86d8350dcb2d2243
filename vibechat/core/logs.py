"""One JSON line per record, without any content written by a person.

Our own loggers write events with fields. Records of libraries are reduced to the template of the message, because
arguments contain paths, headers and values. Exceptions are logged as types and code locations without the message,
because a database error quotes the refused row.
"""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OWN_LOGGERS = ("vibechat", "accounts", "keys", "contacts", "files", "messaging", "vault")
SOURCE_DIR = Path(__file__).resolve().parent.parent.parent
FRAMES_KEPT = 30
as_json = json.JSONEncoder(default=str).encode  # json.dumps would make an encoder for each line
STANDARD_ATTRIBUTES = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def log_event(name: str, level: int = logging.INFO, exception: BaseException | None = None, **fields: Any) -> None:
    logging.getLogger("vibechat").log(level, name, exc_info=exception, extra=fields)


def security_event(name: str, request: Any = None, **fields: Any) -> None:
    """Only these lines contain a client's IP address. `request`: a Django or DRF request."""
    if request is not None:
        fields.setdefault("address", request.META.get("REMOTE_ADDR"))
    logging.getLogger("vibechat.security").info(name, extra=fields)


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event_of(record),
            **(extra_of(record) if is_ours(record) else {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["exception"] = describe_exception(record.exc_info[1])
        return as_json(line)


def is_ours(record: logging.LogRecord) -> bool:
    return record.name.split(".")[0] in OWN_LOGGERS


def extra_of(record: logging.LogRecord) -> dict:
    return {name: value for name, value in vars(record).items() if name not in STANDARD_ATTRIBUTES}


def event_of(record: logging.LogRecord) -> str:
    if is_ours(record):
        return record.getMessage()
    if record.name.startswith("django.security"):
        return "refused"  # its messages are already formatted, and contain the refused header
    return str(record.msg).split("\n")[0][:200]


def describe_exception(error: BaseException | None) -> list[dict]:
    """The exception and its causes, latest first: type, error number or SQLSTATE, and code location."""
    described: list[dict[str, Any]] = []
    while error is not None and len(described) < 5:
        number = getattr(error, "sqlstate", None) or getattr(error, "errno", None)
        described.append({"type": type_name(error), "number": number, "frames": frames(error)})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return described


def type_name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def frames(error: BaseException) -> list[str]:
    places, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        places.append(f"{shortened(code.co_filename)}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return places[-FRAMES_KEPT:]


def shortened(filename: str) -> str:
    path = Path(filename)
    if "site-packages" in path.parts:
        return "/".join(path.parts[path.parts.index("site-packages") + 1 :])
    return str(path.relative_to(SOURCE_DIR)) if path.is_relative_to(SOURCE_DIR) else path.name


# Django's console and mail handlers are removed; the request log replaces them.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JSONFormatter}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        **{name: {"level": "INFO"} for name in OWN_LOGGERS},
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},
    },
}
