"""A person with a browser, who does what a person can see: everything goes by roles and accessible names."""

import contextlib
import copy
import re
import secrets
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, WebError, expect
from playwright.sync_api import Error as BrowserError

STATES = ("Sending", "Sent", "Delivered", "Read", "Not sent")
# What a browser writes into its console about the network, and no script can prevent: answers such as 401 and 404,
# and lost connections.
NETWORK_NOISE = re.compile(r"^Failed to load resource|^WebSocket connection to .* failed")
COMPLAINTS = re.compile(r"Content.Security.Policy|Trusted ?Type", re.IGNORECASE)


class Person:
    """`account` is the person whose account it is, where this is a second browser of somebody's."""

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
        """Closes the browser for good, and notes nothing more of it."""
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
        """The same person in the same browser, looking at another tab."""
        tab = copy.copy(self)
        tab.page = self.context.new_page()
        return tab

    def use_no_cache(self) -> None:
        """From here on this page loads everything anew."""
        session = self.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def visit(self, path: str) -> None:
        self.page.goto(self.url + path)

    def visit_in_vain(self, path: str) -> None:
        """The page sends its visitor to the log-in, perhaps before it has been loaded whole; and the one that was open
        before may be on its way there by itself.
        """
        with contextlib.suppress(BrowserError):
            self.page.goto(self.url + path, wait_until="commit")
        self.page.wait_for_url("**/login")

    # --- account ---

    def register(self) -> "Person":
        """Without the form, which has stories of its own: the chat page is what most others begin with."""
        account = {"email": self.email, "password": self.password, "display_name": self.name, "refresh_cookie": True}
        answer = self.context.request.post(f"{self.url}/api/auth/register", data=account)
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
        self.visit("/login")
        self.send_credentials()
        self.expect_chat_page()

    def send_credentials(self) -> None:
        """By the form to log in, which stands there."""
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(self.password)
        self.page.get_by_role("button", name="Log in").click()

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
        """The fingerprint that the server names to this person, in a session apart from the browser's."""
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

    def add(self, other: "Person") -> None:
        self.page.get_by_role("button", name="Add contact").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Email").fill(other.email)
        dialog.get_by_role("button", name="Add", exact=True).click()
        expect(dialog).to_be_hidden()
        expect(self.chat_link(other).or_(self.message_box()).first).to_be_visible()

    def open_chat(self, other: "Person") -> None:
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
        """The article of one's own message says one of these words, in its name or its text."""
        self.expect_message(text)
        self.page.wait_for_function(
            """([text, states]) => [...document.querySelectorAll('[role=log] [role=article]')].some((article) => {
                const said = `${article.getAttribute('aria-label') ?? ''} ${article.textContent}`;
                return said.includes(text) && states.some((state) => said.includes(state));
            })""",
            arg=[text, list(states)],
        )

    def expect_in_order(self, *texts: str) -> None:
        """The log shows each of the texts once, in this order."""
        for text in texts:
            self.expect_message(text)
        shown = self.log().get_by_role("article").all_text_contents()
        assert [text for article in shown for text in texts if text in article] == list(texts)
