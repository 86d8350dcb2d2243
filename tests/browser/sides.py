"""The two sides of a story: a person, one or two tabs, and the line to the server, with all that can happen to them."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass, field

from playwright.sync_api import Error, expect

from tests.browser.proxy import Line
from tools.browser.person import Person

LOAD_MS = 8_000
# Of the kind by which somebody moves from the last letter to Enter.
FINGER_SECONDS = 0.03
READ_LOG = """() => [...document.querySelectorAll("[role=log] [role=article]")].map((article) => ({
  mine: article.classList.contains("mine"),
  text: article.querySelector(".message-text").textContent,
  state: article.querySelector(".state-word")?.textContent ?? "",
}))"""
# Says each text of one's own as soon as a word about it ("Sending") stands beside it.
SAY_PROMISES = """() => {
  const said = new Set();
  const look = () => {
    for (const article of [...document.querySelectorAll("[role=log] [role=article].mine")].slice(-20)) {
      const text = article.querySelector(".message-text").textContent;
      if (said.has(text) || !article.querySelector(".state-word")) continue;
      said.add(text);
      storyPromised(text);
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true });
}"""
REACH_BACK = """() => {
  const log = document.querySelector("[role=log]");
  if (!log) return false; // the page is still loading
  log.scrollTop = 0;
  return document.querySelector(".first-line") !== null;
}"""


@dataclass(frozen=True)
class Shown:
    mine: bool
    text: str
    state: str


class Tab:
    def __init__(self, person: Person, name: str, address: str):
        self.person = person
        self.name = name
        self.address = address
        self.is_open = False
        self.is_asleep = False
        self.typed: list[str] = []
        self.in_doubt = ""  # Enter was pressed on it, and the tab was gone before it said "Sending"
        self.process = 0

    @property
    def page(self):
        return self.person.page

    @property
    def can_type(self) -> bool:
        return self.is_open and not self.is_asleep and not self.in_doubt

    def load(self) -> bool:
        """A person who sees no chat tries again later."""
        self.note_doubt()
        with contextlib.suppress(Error, AssertionError):
            self.page.goto("about:blank", timeout=LOAD_MS)  # the address differs from the open one by nothing
            self.page.goto(self.address, timeout=LOAD_MS)
            expect(self.person.message_box()).to_be_visible(timeout=LOAD_MS)
            self.process = self.find_process()
            self.is_open = True
            self.settle_doubt()
            return True
        self.is_open = False
        return False

    def settle_doubt(self) -> None:
        """What was in doubt is there as a message or, as the tab was killed before it was one, as what was begun."""
        if not self.in_doubt:
            return
        for sign in (self.person.chats().get_by_role("link"), self.person.log().get_by_role("article")):
            expect(sign.first).to_be_visible(timeout=LOAD_MS)
        time.sleep(0.5)
        if self.person.message_box().input_value().strip() == self.in_doubt:
            self.person.message_box().press("Enter")
        self.in_doubt = ""

    def note_doubt(self) -> None:
        """Before the page goes."""
        if not self.in_doubt and self.typed and not self.is_kept(self.typed[-1]):
            self.in_doubt = self.typed[-1]

    def is_kept(self, text: str) -> bool:
        with contextlib.suppress(Error):
            return any(one.text == text and one.state for one in self.shown())
        return False

    def type(self, text: str) -> None:
        self.write(text)
        self.person.message_box().press("Enter")

    def write(self, text: str) -> None:
        self.person.message_box().fill(text)
        time.sleep(FINGER_SECONDS)
        self.typed.append(text)

    def type_and_die(self, text: str, after_seconds: float) -> None:
        self.write(text)
        self.person.message_box().press("Enter")
        time.sleep(after_seconds)
        self.kill()

    def kill(self) -> None:
        """No unload, no last words."""
        with contextlib.suppress(Error), self.page.expect_event("crash", timeout=3_000):
            os.kill(self.process, signal.SIGKILL)
        self.close()

    def find_process(self) -> int:
        """The one that gets busy whenever this page does."""
        session = self.person.context.browser.new_browser_cdp_session()
        found = [self.busiest(session) for _ in range(3)]
        while len(set(found[-3:])) > 1:
            found.append(self.busiest(session))
        session.detach()
        return found[-1]

    def busiest(self, session) -> int:
        before = renderer_times(session)
        self.page.evaluate("() => { for (const end = performance.now() + 40; performance.now() < end;); }")
        after = renderer_times(session)
        return max(after, key=lambda process: after[process] - before.get(process, 0))

    def close(self) -> None:
        self.note_doubt()
        with contextlib.suppress(Error):
            self.page.close()
        self.is_open = False

    def reopen(self) -> bool:
        if self.page.is_closed():
            self.person.page = self.person.context.new_page()
            self.page.on("crash", lambda _: self.close())  # one process may serve two tabs
        return self.load()

    def fall_asleep(self, is_told: bool) -> None:
        """As browsers do it with a tab in the background, and machines with all of them."""
        if is_told:
            self.page.evaluate("document.dispatchEvent(new Event('freeze'))")
        with contextlib.suppress(ProcessLookupError):  # it has crashed just now
            os.kill(self.process, signal.SIGSTOP)
            self.is_asleep = True

    def wake_up(self) -> None:
        if self.is_asleep:
            self.is_asleep = False
            os.kill(self.process, signal.SIGCONT)
            self.page.evaluate("document.dispatchEvent(new Event('resume'))")

    def shown(self) -> list[Shown]:
        return [Shown(**article) for article in self.page.evaluate(READ_LOG)]

    def reach_back(self) -> None:
        """Scrolls up to the first message of the chat."""
        for _ in range(2_000):
            if self.page.evaluate(REACH_BACK):
                return
            time.sleep(0.04)
        shown = self.page.locator("body").inner_text()[:500]
        raise AssertionError(f"{self.name} never came to the beginning of the chat; {self.page.url} shows {shown!r}")


def renderer_times(session) -> dict[int, float]:
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return {process["id"]: process["cpuTime"] for process in processes if process["type"] == "renderer"}


@dataclass
class Side:
    """One person's browser."""

    person: Person
    line: Line
    tabs: list[Tab] = field(default_factory=list)
    promised: set[str] = field(default_factory=set)  # texts that the screen has said something about: "Sending"

    @classmethod
    def of(cls, person: Person, line: Line, other: Person, tabs: int) -> "Side":
        address = f"{line.url}/chat#/{other.email}"
        promised: set[str] = set()
        person.context.expose_binding("storyPromised", lambda _, text: promised.add(text))
        person.context.add_init_script(f"({SAY_PROMISES})()")
        people = [person, *(person.new_tab() for _ in range(tabs - 1))]
        tabs_of = [Tab(one, f"{person.name} {number}", address) for number, one in enumerate(people, 1)]
        return cls(person, line, tabs_of, promised)

    @property
    def is_online(self) -> bool:
        return self.line.whole and self.line.flowing.is_set() and not self.is_told_offline

    is_told_offline = False

    def tell_offline(self, is_offline: bool) -> None:
        for tab in self.tabs:  # the browser would wait for an answer of each
            tab.wake_up()
        self.is_told_offline = is_offline
        self.person.context.set_offline(is_offline)

    def come_online(self) -> None:
        self.line.mend()
        self.tell_offline(False)

    def come_back(self) -> None:
        """All of its tabs are open and awake, and it is online."""
        self.come_online()
        for tab in self.tabs:
            tab.wake_up()
            for _ in range(5):
                if tab.is_open or tab.reopen():
                    break
