"""Pushes to a person's own browsers, without a sequence: a browser that missed one asks when it is connected again."""

import json
from typing import Any

from messaging.realtime import dispatcher
from messaging.realtime.payloads import Push


def push_after_commit(user_id: int, kind: str, /, **members: Any) -> None:
    dispatcher.after_commit([Push(user_id, 0, json.dumps({"type": kind, **members}))])
