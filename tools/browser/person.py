"""A simulated person with a browser. It finds elements by roles and accessible names only."""

import contextlib
import copy
import re
import secrets
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, WebError, expect
from playwright.sync_api import Error as BrowserError

# Console messages about the network that no script can prevent: responses such as 401 and 404, and lost connections.
NETWORK_NOISE = re.compile(r"^Failed to load resource|^WebSocket connection to .* failed")
COMPLAINTS = re.compile(r"Content.Security.Policy|Trusted ?Type", re.IGNORECASE)


class Person:
    """`account`: for a second browser of a person, the person whose account it uses."""

    profile: Path

    def __init__(
        self,
        name: str,
        url: str,
        new_context: Callable[[], BrowserContext],
        account: "Person | None" = None,
        give_back: Callable[[BrowserContext], None] = BrowserContext.close,
    ) -> None:
        self.name = name.capitalize()
        self.email = f"{name}-{secrets.token_hex(4)}@example.org"
        self.password = f"correct horse {secrets.token_hex(6)}"
        if account:
            self.name, self.email, self.password = account.name, account.email, account.password
        self.url = url
        self.complaints: list[str] = []
        self.new_context = new_context
        self.give_back = give_back
        self.context: BrowserContext
        self.page: Page
        self.open_browser()

    # --- browser, tabs ---

    def open_browser(self) -> None:
        self.context = self.new_context()
        self.context.on("console", self.note_console)
        self.context.on("weberror", self.note_error)
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()

    def leave(self) -> None:
        """Closes the browser and records no further errors."""
        self.context.remove_listener("console", self.note_console)
        self.context.remove_listener("weberror", self.note_error)
        self.give_back(self.context)

    def note_error(self, error: WebError) -> None:
        self.complaints.append(f"uncaught: {error.error.stack}")

    def note_console(self, message: ConsoleMessage) -> None:
        wrong = message.type == "error" and not NETWORK_NOISE.match(message.text)
        if wrong or COMPLAINTS.search(message.text):
            self.complaints.append(f"{message.type}: {message.text}")

    def new_tab(self) -> "Person":
        """A second tab in the same browser."""
        tab = copy.copy(self)
        tab.page = self.context.new_page()
        return tab

    def use_no_cache(self) -> None:
        """From now on this page loads everything from the server."""
        session = self.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def visit(self, path: str) -> None:
        self.page.goto(self.url + path)

    def visit_in_vain(self, path: str) -> None:
        """Visit the log-in, or a page that redirects to it, perhaps before it has loaded. The page open before may also
        be redirecting at this moment."""
        with contextlib.suppress(BrowserError):
            self.page.goto(self.url + path, wait_until="commit")
        self.page.wait_for_url("**/login")

    # --- account ---

    def register(self) -> "Person":
        """Registers by the API, which is faster than the form, and opens the chat page."""
        account = {"email": self.email, "password": self.password, "display_name": self.name, "refresh_cookie": True}
        # The server may close a kept connection at the moment in which it is used again.
        answer = self.context.request.post(f"{self.url}/api/auth/register", data=account, max_retries=2)
        assert answer.ok, answer.text()
        with self.page.expect_response(re.compile("/api/keys/upload")):
            self.visit("/chat")
        self.expect_chat_page()
        return self

    def register_by_hand(self) -> "Person":
        self.visit("/register")
        self.fill_in_registration()
        self.page.get_by_role("button", name="Create account").click()
        self.expect_chat_page()
        return self

    def fill_in_registration(self) -> None:
        self.page.get_by_label("Display name").fill(self.name)
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(self.password)

    def log_in(self) -> None:
        self.visit_in_vain("/login")
        self.page.wait_for_load_state()
        self.send_credentials()
        self.expect_chat_page()

    def send_credentials(self) -> None:
        """Fills in and submits the log-in form of the current page."""
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(self.password)
        self.page.get_by_role("button", name="Log in", exact=True).click()

    def expect_chat_page(self) -> None:
        self.page.wait_for_url(re.compile(r"/chat\b"))
        expect(self.page.get_by_role("button", name="Add contact")).to_be_visible()

    def log_out(self, forget: bool) -> None:
        self.page.get_by_role("button", name="Log out").click()
        dialog = self.page.get_by_role("dialog")
        choice = dialog.get_by_role("checkbox", name="Forget my key and messages on this browser")
        choice.set_checked(forget)
        dialog.get_by_role("button", name="Log out").click()
        expect(dialog).to_be_hidden()
        self.page.wait_for_url(lambda url: "/chat" not in url)

    # --- keys ---

    def key_of(self, other: "Person") -> str:
        """The fingerprint that the server gives this person, in a session separate from the browser's."""
        with httpx.Client(base_url=self.url, timeout=20) as client:
            answer = client.post("/api/auth/login", json={"email": self.email, "password": self.password})
            headers = {"Authorization": f"Bearer {answer.json()['access']}"}
            return client.get(f"/api/keys/email/{other.email}", headers=headers).json()["fingerprint"]

    def take_over(self) -> None:
        self.page.get_by_role("dialog").get_by_role("button", name="Use this browser").click()
        expect(self.page.get_by_role("dialog")).to_be_hidden()

    def go_on_with_new_keys(self) -> None:
        self.page.get_by_role("button", name="Review").first.click()
        self.page.get_by_role("dialog").get_by_role("button", name=re.compile("^It's really .*: go on$")).click()

    # --- chats ---

    def chats(self) -> Locator:
        return self.page.get_by_role("navigation", name="Chats")

    def chat_link(self, other: "Person") -> Locator:
        return self.chats().get_by_role("link", name=other.name)

    def requests(self) -> Locator:
        return self.page.get_by_role("navigation", name="Requests")

    def request_of(self, other: "Person") -> Locator:
        return self.requests().get_by_role("listitem").filter(has_text=other.email)

    def ask(self, other: "Person", text: str) -> None:
        """Write to somebody who does not know this person. The message is a request when this returns."""
        self.add(other)
        self.open_chat(other)
        self.send(text, "Sent")
        expect(other.request_of(self)).to_be_visible()

    def answer_request(self, other: "Person", button: str) -> None:
        self.request_of(other).get_by_role("button", name=button, exact=True).click()

    def show_request(self, other: "Person") -> None:
        self.answer_request(other, "Show")
        expect(self.log()).to_be_visible()

    def accept(self, other: "Person") -> None:
        """Accepts the request, which opens the chat."""
        self.request_of(other).get_by_role("button", name="Accept").click()
        expect(self.request_of(other)).to_have_count(0)
        expect(self.message_box()).to_be_visible()

    def add(self, other: "Person") -> None:
        self.page.get_by_role("button", name="Add contact").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Email").fill(other.email)
        dialog.get_by_role("button", name="Add", exact=True).click()
        expect(dialog).to_be_hidden()
        expect(self.chat_link(other).or_(self.message_box()).first).to_be_visible()

    def open_chat(self, other: "Person") -> None:
        """Accepts the other person's request first, if there is one."""
        expect(self.chat_link(other).or_(self.request_of(other)).first).to_be_visible()
        if self.request_of(other).is_visible():
            self.accept(other)
            return
        self.chat_link(other).click()
        expect(self.message_box()).to_be_visible()

    def message_box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message")

    # --- messages ---

    def log(self) -> Locator:
        return self.page.get_by_role("log", name="Messages")

    def message(self, text: str) -> Locator:
        return self.log().get_by_role("article").filter(has_text=text)

    def type_and_send(self, text: str) -> None:
        self.message_box().fill(text)
        self.message_box().press("Enter")

    def send(self, text: str, *states: str) -> None:
        self.type_and_send(text)
        self.expect_state(text, *(states or ("Sent", "Delivered", "Read")))

    def expect_message(self, text: str) -> None:
        expect(self.message(text)).to_have_count(1)

    def expect_state(self, text: str, *states: str) -> None:
        """The article of this person's own message shows one of these states, in its name or its text."""
        self.expect_message(text)
        self.page.wait_for_function(
            """([text, states]) => [...document.querySelectorAll('[role=log] [role=article]')].some((article) => {
                const said = `${article.getAttribute('aria-label') ?? ''} ${article.textContent}`;
                return said.includes(text) && states.some((state) => said.includes(state));
            })""",
            arg=[text, list(states)],
        )

    def expect_in_order(self, *texts: str) -> None:
        """The message log shows each text once, in this order."""
        for text in texts:
            self.expect_message(text)
        shown = self.log().get_by_role("article").all_text_contents()
        assert [text for article in shown for text in texts if text in article] == list(texts)
