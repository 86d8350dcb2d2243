"""The longest task that hostile data causes in a chat page, for each attack, in Chromium.

python -m benchmarks.hostile
"""

import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.attacks.mallory import Mallory
from tests.attacks.office import Office
from tests.attacks.test_hangs import junk, push
from tests.attacks.wire import Answer
from tests.browser.shared import company, maker_of_people
from tests.browser.site import running_site
from tools.browser.person import Person
from tools.browser.start import running_browser

SETTLE_MS = 4_000
WATCH = """
window.longest = 0;
new PerformanceObserver(list => {
  for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
}).observe({ type: 'longtask', buffered: true });
"""


def longest_task(reader: Person, attack: Callable[[], object]) -> float:
    """Milliseconds; 0 if no task takes 50 ms or longer."""
    reader.page.evaluate("window.longest = 0")
    attack()
    reader.page.wait_for_timeout(SETTLE_MS)
    return reader.page.evaluate("window.longest")


def answer_sync_with(mallory: Mallory, reader: Person, body: str) -> None:
    mallory.change_answer(reader, "GET /messages/sync", lambda _: Answer(body))
    push(mallory, reader, '{"type": "resync"}')
    reader.page.wait_for_timeout(SETTLE_MS)
    mallory.stop()


def flood_one_id(mallory: Mallory, alice: Person, reader: Person) -> None:
    def others(person, event):
        if person is not reader or event["type"] != "new_message":
            return event
        return [event, *(event | {"message": event["message"] | junk()} for _ in range(500))]

    mallory.rules.append(others)
    alice.send("one id for many", "Sent")
    reader.page.wait_for_timeout(SETTLE_MS)
    mallory.stop()


def send_stops(mallory: Mallory, reader: Person) -> str:
    stranger = mallory.office.make_account("Stranger")
    key = mallory.office.public_key(reader)
    for number in range(30):
        text = f"https://a.example/{'.' * 3900}{number}x"
        mallory.office.send(stranger, stranger.seal(reader.email, key, text, browser=secrets.token_hex(16)).message)
    return "Stranger"


def open_chat(reader: Person, name: str) -> None:
    request = reader.requests().get_by_role("button", name="Accept")
    request.or_(reader.chats().get_by_role("link", name=name)).first.click()


def measure(mallory: Mallory, alice: Person, bob: Person) -> None:
    send_stops(mallory, bob)
    bob.page.wait_for_timeout(SETTLE_MS)
    attacks: dict[str, Callable[[], object]] = {
        "nothing, for comparison": lambda: None,
        "thirty texts of 3,900 full stops, opened": lambda: open_chat(bob, "Stranger"),
        "back to the other chat": lambda: bob.open_chat(alice),
        "500 messages of one id": lambda: flood_one_id(mallory, alice, bob),
        "sync: 1,000,000 empty objects": lambda: answer_sync_with(mallory, bob, '{"events":[' + "{}," * 1_000_000),
        "sync: a text of 30 MB": lambda: answer_sync_with(mallory, bob, '{"events":"' + "x" * 30_000_000 + '"}'),
        "sync: 60 MB": lambda: answer_sync_with(mallory, bob, " " * 60_000_000),
        "a frame of 20 MB": lambda: push(mallory, bob, '{"a":"' + "x" * 20_000_000 + '"}'),
        "10,000 frames `connected`": lambda: push(mallory, bob, *['{"type":"connected","sequence":1}'] * 10_000),
    }
    for name, attack in attacks.items():
        print(f"| {name} | {longest_task(bob, attack):.0f} |", flush=True)


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(Path(folder), "sqlite") as site,
        running_browser() as browser,
        company() as people,
    ):
        office = Office(site.servers[0].url)
        mallory, make = Mallory(office), maker_of_people(browser, site, people)
        alice, bob = make("alice"), make("bob")
        for person in (alice, bob):
            mallory.stand_before(person)
            person.page.add_init_script(WATCH)
            person.register()
        alice.add(bob)
        alice.send("Hello Bob", "Sent")
        bob.open_chat(alice)
        print("| attack | longest task, ms |\n|---|---:|", flush=True)
        measure(mallory, alice, bob)
        office.close()


if __name__ == "__main__":
    main()
