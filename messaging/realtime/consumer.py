"""The WebSocket of a client: after it has signed in by `connect`, it sends and receives frames."""

import asyncio
import contextlib
import json
import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled

from accounts.models import Session
from accounts.serializers import UserSerializer
from accounts.tokens import session_of_access_token
from messaging.accept.acceptance import accept
from messaging.mailboxes import sequence_of
from messaging.realtime import ephemeral
from messaging.realtime.connections import connections, in_thread
from messaging.realtime.payloads import Push, message_accepted_text
from messaging.realtime.send_buffer import RESYNC, SendBuffer
from vibechat.core.asgi_types import Event, Receive, Scope, Send
from vibechat.core.database_alarm import alarm
from vibechat.core.errors import as_api_exception, describe
from vibechat.core.exceptions import Unavailable
from vibechat.core.json import loads
from vibechat.core.limits import LocalBucket, ephemeral_bucket, send_bucket
from vibechat.core.logs import security_event

logger = logging.getLogger(__name__)

MALFORMED, NOT_SIGNED_IN, SILENT, TOO_MANY = 4400, 4401, 4408, 4429
TOO_BIG, SERVICE_RESTART, TRY_LATER = 1009, 1012, 1013
FAREWELL_SECONDS = 2


class ChatConsumer(AsyncWebsocketConsumer):
    session: Any = None  # with its user; None until the client has signed in
    user: Any = None
    deadline: asyncio.TimerHandle | None = None  # closes the socket if there is no sign-in, or when the token expires
    last_pushed = 0  # the highest sequence pushed to this socket
    has_left = False
    ending: asyncio.Task[None] | None = None  # the closing task; the event loop itself holds it only weakly
    closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle client frames one after the other. Pushes come from messaging/realtime/connections.py, so they never
        wait for a client frame and the socket needs no channel.
        """
        self.scope, self.base_send = scope, send
        self.name = uuid.uuid4().hex
        self.send_buffer = SendBuffer(self.send)
        self.frame_lock = asyncio.Lock()
        connections.open.add(self)
        try:
            while True:
                message = await receive()
                async with self.frame_lock:
                    await self.dispatch(message)
        except StopConsumer:
            pass
        finally:
            await self.leave()

    async def dispatch(self, message: Event) -> None:
        """Channels would also close old database connections, in a thread. `in_thread` closes ours."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        self.frame_limit = LocalBucket(settings.SOCKET_FRAMES_PER_SECOND, settings.SOCKET_FRAMES_BURST)
        self.ephemeral_limit = LocalBucket(*settings.EPHEMERAL_LIMITS["socket"])
        await self.accept()
        self.end_after(settings.SOCKET_CONNECT_SECONDS, SILENT, "no_connect")

    async def disconnect(self, code: int) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Runs once, whatever ends the socket."""
        has_left, self.has_left = self.has_left, True
        if has_left:
            return
        self.closing = True
        connections.open.discard(self)
        self.send_buffer.close()
        if self.deadline:
            self.deadline.cancel()
        if self.user:
            await asyncio.shield(connections.discard(self))  # even if the server has cancelled this task

    async def end(self, code: int, reason: str) -> None:
        if self.closing:
            return
        self.closing = True
        self.send_buffer.close()
        with contextlib.suppress(OSError):  # the client has disconnected or does not read
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self.send_frame({"type": "disconnect", "reason": reason})
        with contextlib.suppress(OSError):
            await self.close(code=code)

    async def finish(self) -> None:
        """At the server's shutdown: answer the current frame, then close."""
        async with self.frame_lock:
            await self.end(SERVICE_RESTART, "server_stopping")

    def end_after(self, seconds: float, code: int, reason: str) -> None:
        if self.deadline:
            self.deadline.cancel()
        loop = asyncio.get_running_loop()
        self.deadline = loop.call_later(max(0, seconds), self.begin_end, code, reason)

    def begin_end(self, code: int, reason: str) -> None:
        self.ending = asyncio.get_running_loop().create_task(self.end(code, reason))

    async def send_frame(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame))

    # --- received frames ---------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.closing:
            return None
        if settings.RATELIMIT_ENABLE and not self.frame_limit.take():
            security_event("socket_frames_limited", user=self.user and self.user.pk)
            return await self.end(TOO_MANY, "too_many_frames")
        if text_data is not None and len(text_data.encode("utf-8", "replace")) > settings.SOCKET_FRAME_BYTES:
            return await self.end(TOO_BIG, "frame_too_big")
        try:
            frame = loads(text_data) if text_data is not None else None
        except ValueError:
            frame = None
        if not isinstance(frame, dict):
            return await self.end(MALFORMED, "not_a_json_object")
        await self.handle(frame)
        return None

    async def handle(self, frame: dict[str, Any]) -> None:
        kind = frame.pop("type", None)
        if kind == "connect":
            await self.sign_in(frame.get("token"))
        elif self.user is None:
            await self.end(NOT_SIGNED_IN, "not_signed_in")
        elif kind == "send_message":
            await self.send_message(frame)
        elif kind == "send_ephemeral":
            await self.send_ephemeral(frame)
        elif kind == "keep_alive":
            await self.send_frame({"type": "alive"})
        else:
            error = {"code": "unknown_type", "detail": "This server knows no frames of this type."}
            await self.send_frame({"type": "error", **error})

    async def sign_in(self, token: object) -> None:
        try:
            found = await in_thread(session_of_access_token)(token) if isinstance(token, str) else None
            if found is None or (self.session and found[0].pk != self.session.pk):
                security_event("socket_refused", address=self.address)
                return await self.end(NOT_SIGNED_IN, "token_not_valid")
            await self.join(*found)
        except (DatabaseError, InterfaceError) as error:
            alarm.note(error)
            await self.end(TRY_LATER, "unavailable")

    async def join(self, session: Session, expires_at: datetime) -> None:
        is_new = self.user is None
        self.session, self.user = session, session.user
        if is_new and not await connections.add(self):
            security_event("sockets_limited", user=self.user.pk)
            return await self.end(TOO_MANY, "too_many_sockets")
        self.end_after((expires_at - datetime.now(UTC)).total_seconds(), NOT_SIGNED_IN, "token_expired")
        sequence = await in_thread(sequence_of)(self.user.pk)
        self.last_pushed = max(self.last_pushed, sequence)
        user = UserSerializer(self.user).data
        await self.send_frame({"type": "connected", "user": user, "sequence": sequence})
        self.send_buffer.release()
        return None

    async def send_message(self, body: dict[str, Any]) -> None:
        try:
            if wait := await send_bucket.take_async(self.user.pk, self.address):
                raise Throttled(wait)
            accepted = await accept(self.session.pk, self.user.pk, body)
        except AuthenticationFailed:
            await self.end(NOT_SIGNED_IN, "session_over")
        except (APIException, DatabaseError, InterfaceError) as error:
            await self.send_frame(error_frame(body, error))
        except Exception:
            logger.exception("send_failed")
            await self.send_frame(error_frame(body, Unavailable()))
        else:
            await self.send(message_accepted_text(accepted.sequence, accepted.text))

    async def send_ephemeral(self, body: dict[str, Any]) -> None:
        """Only a refusal is answered."""
        try:
            if settings.RATELIMIT_ENABLE and not self.ephemeral_limit.take():
                raise Throttled(1)
            if wait := await ephemeral_bucket.take_async(self.user.pk, self.address):
                raise Throttled(wait)
            if not await in_thread(ephemeral.push_payload)(self.session, self.user, body):
                await self.end(NOT_SIGNED_IN, "session_over")
        except (APIException, DatabaseError, InterfaceError) as error:
            await self.send_frame(error_frame({}, error))

    # --- pushes ------------------------------------------------------------------------------------------------------

    def push(self, push: Push) -> None:
        if not self.closing:
            self.last_pushed = max(self.last_pushed, push.sequence)
            self.send_buffer.put(push.text, push.is_ephemeral)

    def resync(self) -> None:
        if not self.closing:
            self.send_buffer.put(RESYNC)

    @property
    def address(self) -> str | None:
        client = self.scope.get("client")
        return client[0] if client else None


def error_frame(body: dict[str, Any], error: Exception) -> dict[str, Any]:
    refusal = as_api_exception(error) or Unavailable()
    client_id = body.get("client_id")
    frame: dict[str, Any] = {
        "type": "error",
        "client_id": client_id if isinstance(client_id, str) and len(client_id) <= 64 else None,
    }
    if wait := getattr(refusal, "wait", None):
        frame["retry_after"] = max(1, int(wait))
    return {**frame, **describe(refusal)}
