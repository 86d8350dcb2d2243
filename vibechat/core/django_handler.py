from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

MOST_IDLE_THREADS = 8


class DjangoHandler(ASGIHandler):
    """Runs the middleware and the view of a request in one call of a thread, and keeps the thread for a later request.

    Django's own handler starts a thread for each request, and ends it. On SQLite each thread opens the database. As
    no middleware here is asynchronous, its event loop calls every hook of every middleware in that thread: twelve more
    calls for a request.
    """

    def __init__(self) -> None:
        super().__init__()
        self.idle: list[ThreadPoolExecutor] = []

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """A thread whose request was cancelled may still be busy, and serves no other."""
        thread = self.idle.pop() if self.idle else ThreadPoolExecutor(max_workers=1)
        is_reusable = False
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)
            is_reusable = len(self.idle) < MOST_IDLE_THREADS
        finally:
            if is_reusable:
                self.idle.append(thread)
            else:
                thread.shutdown(wait=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
