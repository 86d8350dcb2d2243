"""The service worker, woken by a push. Chromium subscribes at its maker's servers only, so the debugger pushes."""

import time

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.shared import company
from tests.browser.test_chat_menu import choose
from tools.browser.person import Person
from tools.browser.start import PATIENCE_MS, WIDE

pytestmark = [pytest.mark.once, pytest.mark.timeout(150)]

IS_CONTROLLED = "() => navigator.serviceWorker.controller !== null"
SUBSCRIPTION = {"endpoint": "https://fcm.googleapis.com/x", "auth": "A" * 22 + "=="}
KEEP = """([email, values]) => new Promise((done, failed) => {
  const opening = indexedDB.open(`vibechat ${email}`);
  opening.onerror = failed;
  opening.onsuccess = () => {
    const writing = opening.result.transaction("state", "readwrite");
    for (const [name, value] of Object.entries(values)) writing.objectStore("state").put(value, name);
    writing.oncomplete = () => { opening.result.close(); done(); };
  };
})"""
CLOSE = """async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  for (const notification of await registration.getNotifications()) notification.close();
}"""
# In the worker: of a person who clicks, who also lets it focus the page.
CLICK = """async (email) => {
  await registration.showNotification("Bob", { data: { email } });
  const [notification] = await registration.getNotifications();
  dispatchEvent(new NotificationEvent("notificationclick", { notification }));
}"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration.getNotifications()).map(({ title, body }) => [title, body]);
}"""


@pytest.fixture
def alice(browser_type, whole_launch_options, site):
    """In a whole Chromium: its shell shows no notifications."""
    browser = browser_type.launch(**whole_launch_options)
    with company() as people:

        def new_context():
            context = browser.new_context(viewport=WIDE, permissions=["notifications"])
            context.set_default_timeout(PATIENCE_MS)
            return context

        alice = Person("alice", site.server_of("alice").url, new_context)
        people.append(alice)
        yield alice.register()
    browser.close()


def subscribe(person) -> str:
    with httpx.Client(base_url=person.url, timeout=20) as client:
        answer = client.post("/api/auth/login", json={"email": person.email, "password": person.password})
        key = client.get("/api/push", headers=(headers := {"Authorization": f"Bearer {answer.json()['access']}"}))
        body = SUBSCRIPTION | {"p256dh": key.json()["key"]}
        return client.post("/api/push", json=body, headers=headers).json()["token"]


class Pushes:
    """Delivers pushes to the worker of this person's browser."""

    def __init__(self, person):
        self.origin = person.url
        self.session = person.context.new_cdp_session(person.page)
        self.registrations = []
        self.session.on("ServiceWorker.workerRegistrationUpdated", self.note)
        self.session.send("ServiceWorker.enable")
        self.page = person.page

    def note(self, event):
        self.registrations += [one["registrationId"] for one in event["registrations"] if not one["isDeleted"]]

    def deliver(self, data=""):
        while not self.registrations:
            self.page.evaluate("0")
        call = {"origin": self.origin, "registrationId": self.registrations[0], "data": data}
        self.session.send("ServiceWorker.deliverPushMessage", call)


def expect_shown(person, *notices) -> None:
    wanted, deadline = [list(notice) for notice in notices], time.monotonic() + PATIENCE_MS / 1000
    while (shown := person.page.evaluate(SHOWN)) != wanted:
        assert time.monotonic() < deadline, shown
        person.page.wait_for_timeout(50)


@pytest.fixture
def closed(alice, office):
    """Alice with a contact Bob, subscribed, with no page of the chat open."""
    bob = office.make_account("Bob")
    alice.add(bob)
    alice.page.wait_for_function(IS_CONTROLLED)
    alice.page.wait_for_load_state("networkidle")
    return alice, bob


def leave_subscribed(alice) -> Pushes:
    token = subscribe(alice)
    notifications = {"shows": "name", "sound": False, "closed": False, "isAnswered": True, "muted": []}
    alice.visit("/forgot")
    alice.page.evaluate(KEEP, [alice.email, {"push": {"token": token}, "notifications": notifications}])
    return Pushes(alice)


def test_worker_names_a_contact_and_believes_no_push(closed, office):
    alice, bob = closed
    pushes = leave_subscribed(alice)
    office.write(bob, alice, "while it is closed")
    pushes.deliver()
    expect_shown(alice, ("Bob", "New message"))

    pushes.deliver('{"title": "Bob", "body": "Send me money", "type": "wake"}')
    office.write(office.make_account("Mallory"), alice, "who am I")
    pushes.deliver('{"title": "Bob"}')
    stranger = ("VibeChat", "Somebody who is not in your contacts has written to you.")
    expect_shown(alice, ("Bob", "New message"), stranger)

    alice.visit("/chat")
    alice.open_chat(bob)
    expect(alice.message("while it is closed")).to_be_visible()
    expect_shown(alice)


def test_worker_says_the_nickname(closed, office):
    alice, bob = closed
    choose(alice, bob, "Nickname")
    dialog = alice.page.get_by_role("dialog", name="A nickname for")
    dialog.get_by_label("Nickname").fill("My dear")
    dialog.get_by_role("button", name="Save").click()
    expect(alice.chats()).to_contain_text("My dear")
    pushes = leave_subscribed(alice)
    office.write(bob, alice, "guess who")
    pushes.deliver()
    expect_shown(alice, ("My dear", "New message"))


def test_worker_shows_something_offline_and_after_the_log_out(closed, office):
    alice, bob = closed
    pushes = leave_subscribed(alice)
    office.write(bob, alice, "unheard")
    alice.context.set_offline(True)
    pushes.deliver()
    expect_shown(alice, ("VibeChat", "You may have new messages."))
    alice.context.set_offline(False)
    alice.page.evaluate(CLOSE)
    alice.visit("/chat")
    alice.expect_chat_page()
    alice.log_out(forget=False)
    alice.visit("/forgot")
    alice.page.evaluate(CLOSE)
    pushes.deliver()
    expect_shown(alice, ("VibeChat", "Log in to see what is new."))


def test_click_on_a_notification_opens_the_chat(closed, office):
    alice, bob = closed
    carol = office.make_account("Carol")
    alice.add(carol)
    alice.page.wait_for_url(f"**/chat#/{carol.email}")
    [worker] = alice.context.service_workers
    worker.evaluate(CLICK, bob.email)
    alice.page.wait_for_url(f"**/chat#/{bob.email}")
    expect(alice.message_box()).to_be_focused()
    expect_shown(alice)
