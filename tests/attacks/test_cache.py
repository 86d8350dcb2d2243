"""Changed scripts and pages in the browser's own cache"""

from tests.attacks.relay import StaticFile
from tests.attacks.row import attack
from tests.browser.test_service_worker import EVIL, IMPORT_LATER, POISON, RAN_EVIL, expect_worker, module, reload

FORGET = "path => caches.keys().then(([name]) => caches.open(name)).then(cache => cache.delete(path))"


@attack(
    "Poison the cache of the service worker",
    done="What the service worker keeps of the pages is changed, as a script in the page could; and the server gives "
    "another script for one that is missing there",
    sees="Bob: the chat as before, with “Are you there?”. None of the changed scripts runs",
    when="at the next load",
    open="a changed file or page in the cache of the service worker, or a cache that lacks some",
)
def test_poisoned(row, guests):
    alice, bob = guests.visitor("alice").register(), guests.visitor("bob", service_workers="allow").register()
    expect_worker(bob)
    alice.add(bob)
    bob.add(alice)
    alice.open_chat(bob)
    alice.send("Are you there?")
    bob.open_chat(alice)
    bob.expect_message("Are you there?")
    for path in (module(bob, "chat"), module(bob, "views/page/chat-shell")):
        bob.page.evaluate(POISON, [path, EVIL])
    late = module(bob, "model/screen/export")
    bob.page.evaluate(FORGET, late)
    bob.context.new_cdp_session(bob.page).send("Network.clearBrowserCache")
    served = guests.relay.static.get(late)
    guests.relay.static[late] = StaticFile(200, [(b"content-type", b"text/javascript")], EVIL.encode())
    reload(bob)
    row.is_shown(bob.message("Are you there?"))
    assert bob.page.evaluate(IMPORT_LATER) == "refused"
    assert not bob.page.evaluate(RAN_EVIL)
    bob.complaints.clear()  # the browser's words about the other script
    del guests.relay.static[late]
    if served:
        guests.relay.static[late] = served
