"""An account, and its calls to the server processes."""

import asyncio
import secrets

import httpx

from tests.browser.site import Server
from tests.faults.ledger import Ledger

ANSWER_SECONDS = 8


class Away(Exception):
    """No response, or one that asks for a later retry."""

    def __init__(self, reason: str, wait_seconds: float = 0):
        super().__init__(reason)
        self.wait_seconds = wait_seconds


class Person:
    def __init__(self, name: str, http: httpx.AsyncClient, ledger: Ledger):
        self.name, self.http, self.ledger = name, http, ledger
        self.email = f"{name}-{secrets.token_hex(6)}@example.org"
        self.password = f"correct horse {secrets.token_hex(6)}"
        self.tokens: dict[str, str] = {}
        self.renewing = asyncio.Lock()

    async def register(self, server: Server) -> None:
        body = {"email": self.email, "password": self.password}
        answer = await self.ask(server, "POST", "/api/auth/register", body)
        assert answer.status_code == 201, answer.text
        self.tokens = answer.json()

    async def call(self, server: Server, method: str, path: str, body: dict | None = None) -> httpx.Response:
        """An authenticated call. Raises Away."""
        for _ in range(2):
            token = self.tokens["access"]
            answer = await self.ask(server, method, path, body, token)
            if answer.status_code != 401:
                return answer
            self.note_refusal(server, f"401 from {path}")
            await self.renew(server, token)
        raise Away("not signed in")

    async def ask(self, server: Server, method: str, path: str, body=None, token: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        outages_over = self.ledger.outages_over
        try:
            answer = await self.http.request(method, server.url + path, json=body, headers=headers)
        except httpx.TransportError as error:
            raise Away(type(error).__name__) from error
        if answer.status_code >= 500:
            self.note_failure(answer, path, outages_over)
            raise Away(str(answer.status_code), float(answer.headers.get("Retry-After", 0)))
        return answer

    def note_failure(self, answer: httpx.Response, path: str, outages_over: int) -> None:
        is_right = answer.status_code == 503 and int(answer.headers.get("Retry-After", 0)) > 0
        if not (is_right and self.ledger.was_away_since(outages_over)):
            self.ledger.complain(f"{answer.status_code} from {path}: {answer.text[:200]}")

    def note_refusal(self, server: Server, what: str) -> None:
        """Complain, unless the clock of the server is wrong: tokens are valid for a day and sessions for a month."""
        if server not in self.ledger.wrong_clocks:
            self.ledger.complain(f"{self.name} was refused: {what}")

    async def renew(self, server: Server, spent: str) -> None:
        """Refresh the tokens, once for all browsers of the person. Nobody logs in again, because an ended session is an
        error.
        """
        async with self.renewing:
            if self.tokens["access"] != spent:
                return
            answer = await self.ask(server, "POST", "/api/auth/refresh", {"refresh": self.tokens["refresh"]})
            if answer.status_code != 200:
                self.note_refusal(server, f"{answer.status_code} from the refresh: {answer.text[:200]}")
                raise Away("the session is refused")
            self.tokens = answer.json()
