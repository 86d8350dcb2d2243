"""Pages open without a network, an update mixes no releases, and nothing that was changed in the cache runs."""

import re
import time

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.site import Server
from tests.support.environment import ROOT
from tools.browser.person import Person
from tools.browser.start import PATIENCE_MS

pytestmark = [pytest.mark.once, pytest.mark.timeout(240)]

IS_CONTROLLED = "() => navigator.serviceWorker.controller !== null"
CACHES = "() => caches.keys()"
RELEASE = "document.documentElement.dataset.release"
STORED = """async () => {
  const [name] = await caches.keys();
  return (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
}"""
POISON = """async ([path, text]) => {
  const cache = await caches.open((await caches.keys())[0]);
  const type = (await cache.match(path)).headers.get("Content-Type");
  await cache.put(path, new Response(text, { headers: { "Content-Type": type } }));
}"""
EVIL = "globalThis.evil = true;"
RAN_EVIL = "globalThis.evil === true"


def expect_worker(person) -> None:
    person.page.wait_for_function(IS_CONTROLLED)


@pytest.fixture
def resident(new_person, office):
    """Has a chat open, and a worker."""
    alice = new_person("alice", service_workers="allow").register()
    bob = office.make_account("Bob")
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("kept here", "Sent")
    expect_worker(alice)
    return alice


def until(person, script: str, argument: object = None) -> None:
    """Waits for what a promise says; `wait_for_function` takes any promise for true."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not person.page.evaluate(script, argument):
        assert time.monotonic() < deadline, script
        person.page.wait_for_timeout(50)


def reload(person) -> None:
    person.page.reload()
    person.expect_chat_page()


def test_chat_opens_without_a_network_and_log_out_ends_in_our_page(resident):
    resident.context.set_offline(True)
    reload(resident)
    resident.expect_message("kept here")
    expect(resident.page.get_by_text(re.compile("^(Offline. Check|Can.t reach the server)"))).to_be_visible()
    resident.log_out(forget=False)
    expect(resident.page.get_by_role("button", name="Log in", exact=True)).to_be_enabled()
    resident.page.reload()
    expect(resident.page.get_by_role("button", name="Log in", exact=True)).to_be_enabled()


def test_forgetting_without_a_network_ends_in_our_page(resident):
    resident.context.set_offline(True)
    resident.log_out(forget=True)
    expect(resident.page.get_by_role("button", name="Log in", exact=True)).to_be_enabled()


def test_exactly_the_release_is_stored(resident):
    files = httpx.get(f"{resident.url}/client-manifest.json").json()["files"]
    assert sorted(resident.page.evaluate(STORED)) == sorted(set(files) - {"/service-worker.js"})


def module(person, name: str) -> str:
    [path] = [path for path in person.page.evaluate(STORED) if re.search(rf"/js/{name}\.\w+\.js$", path)]
    return path


def test_poisoned_files_and_pages_are_not_used(resident):
    for path in (module(resident, "chat"), module(resident, "views/page/chat-shell")):
        resident.page.evaluate(POISON, [path, EVIL])
    reload(resident)
    resident.expect_message("kept here")
    assert not resident.page.evaluate(RAN_EVIL)
    resident.page.evaluate(POISON, ["/chat", "<!doctype html><title>evil</title>"])
    resident.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED|ERR_FAILED"):
        resident.page.reload()
    resident.context.set_offline(False)
    resident.visit("/chat")
    resident.expect_chat_page()


def test_a_file_that_was_evicted_comes_from_the_server_again(resident):
    path = module(resident, "chat")
    delete = "async path => { for (const name of await caches.keys()) await (await caches.open(name)).delete(path); }"
    resident.page.evaluate(delete, path)
    reload(resident)
    resident.expect_message("kept here")
    assert module(resident, "chat") == path
    resident.context.set_offline(True)
    reload(resident)


def test_page_works_and_gets_a_worker_again_after_clear_site_data(resident):
    origin = {"origin": resident.url, "storageTypes": "service_workers,cache_storage"}
    resident.context.new_cdp_session(resident.page).send("Storage.clearDataForOrigin", origin)
    reload(resident)
    resident.expect_message("kept here")
    expect_worker(resident)
    resident.context.set_offline(True)
    reload(resident)


def test_page_can_start_no_other_worker(resident):
    start = "address => navigator.serviceWorker.register(address).then(() => 'started', error => error.name)"
    for address in ("/service-worker.js", "/static/js/chat.js", "/api/auth/me"):
        assert resident.page.evaluate(start, address) == "TypeError"
    resident.complaints.clear()  # the browser's words about Trusted Types


# --- an update -------------------------------------------------------------------------------------------------------

CHANGED = ("js/views/page/chat-shell.js", "js/model/screen/export.js")
MARK = '\ndocument.documentElement.dataset.shell = "next";\n'
ARE_STORED_AND_ONE_IS_ACTIVE = """async (names) => {
  const found = await caches.keys();
  const { active, installing, waiting } = await navigator.serviceWorker.getRegistration();
  return names.every((name) => found.includes(name)) && !installing && !waiting && active?.state === "activated";
}"""
IMPORT_LATER = "() => import('/static/js/model/screen/export.js').then(() => 'imported', () => 'refused')"


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "server")
    server.start()
    yield server
    server.stop()


def upgrade(server, folder) -> None:
    """Another release at the same address, with other content of two modules that pages load late."""
    for name in CHANGED:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((ROOT / "static" / name).read_text() + MARK)
    server.stop()
    server.environment |= {"DJANGO_SETTINGS_MODULE": "tests.support.next_release", "NEXT_RELEASE_FILES": str(folder)}
    server.start()


def test_update_is_taken_at_once_and_releases_do_not_mix(pool, people, server, tmp_path):
    alice = Person("alice", server.url, lambda: pool.new(service_workers="allow"))
    people.append(alice)
    alice.register()
    expect_worker(alice)
    old = alice.new_tab()
    old.visit("/chat")
    old.expect_chat_page()
    [first] = alice.page.evaluate(CACHES)

    upgrade(server, tmp_path / "next")
    reload(alice)
    alice.page.wait_for_function("() => document.documentElement.dataset.shell === 'next'")
    release = alice.page.evaluate(RELEASE)
    second = f"vibechat release {release}"
    assert second != first
    until(alice, ARE_STORED_AND_ONE_IS_ACTIVE, [first, second])

    assert old.page.evaluate(IMPORT_LATER) == "imported", (
        "what the server has no more comes from the old release's cache"
    )
    assert old.page.evaluate("document.documentElement.dataset.shell ?? null") is None
    alice.context.set_offline(True)
    reload(alice)
    assert alice.page.evaluate(RELEASE) == release
    alice.page.wait_for_function("() => document.documentElement.dataset.shell === 'next'")
    alice.context.set_offline(False)

    old.page.close()
    reload(alice)
    until(alice, "name => caches.keys().then(found => !found.includes(name))", first)
    assert alice.page.evaluate(CACHES) == [second]
