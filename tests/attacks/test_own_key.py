"""One's own key and account"""

from playwright.sync_api import expect

from tests.attacks.acquaintance import meet
from tests.attacks.impostor import Impostor
from tests.attacks.relay import Answer
from tests.attacks.row import attack

FORGET_ALL = """async () => {
  for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
}"""
NEWER = """(email) => new Promise((done, failed) => {
  const asked = indexedDB.open(`vibechat ${email}`, 2 ** 40);
  asked.onsuccess = () => { asked.result.close(); done(); };
  asked.onerror = failed;
})"""
DATABASES = "async () => (await indexedDB.databases()).map(({ name }) => name)"


def strips(person):
    return person.page.get_by_role("status")


@attack(
    "Another key as one's own",
    done="The server tells Bob that his account's key is another one",
    sees="Bob: “You use VibeChat in another browser now. New messages open there.”, and a dialog that asks before "
    "anything is replaced; nothing is uploaded",
    when="when his page connects",
)
def test_swapped(row, own_pair, mallory):
    alice, bob = own_pair
    mask, before = Impostor(bob.email), len(mallory.asked)
    mallory.change_answer(bob, "GET /keys/me", lambda _: Answer(mask.key_object()))
    mallory.cut_socket(bob)
    row.is_shown(strips(bob).filter(has_text="in another browser now"))
    bob.page.get_by_role("dialog").get_by_role("button", name="Not now").click()
    assert (bob, "POST /keys/upload") not in mallory.asked[before:]
    mallory.stop()
    mallory.cut_socket(bob)
    expect(strips(bob).filter(has_text="in another browser now")).to_be_hidden()
    bob.send("It is my key again")
    alice.expect_message("It is my key again")


@attack(
    "No key where one stands",
    done="The server says that Bob's account has no key",
    sees="Bob: nothing; the same key is uploaded again, and no other; Alice is told nothing: “The same key as before”",
)
def test_no_key(row, own_pair, mallory):
    alice, bob = own_pair
    before, asked = mallory.office.key_of(bob)["fingerprint"], len(mallory.asked)
    mallory.refuse_once(bob, "GET /keys/me", {"code": "not_found", "detail": "None."}, 404)
    mallory.cut_socket(bob)
    mallory.wait_until(lambda: (bob, "POST /keys/upload") in mallory.asked[asked:], bob.page)
    bob.send("The same key as before")
    row.is_shown(alice.log())
    assert mallory.office.key_of(bob)["fingerprint"] == before


@attack(
    "Another account than one's own",
    done="`/auth/me` names an account of Mallory's to Bob's page, with another address; that account has no key, no "
    "contacts and no chats",
    sees="Bob: the page to log in, “The server answered as if this were another account.”, and again when he opens his "
    "chats; nothing is uploaded, kept or forgotten, and when it is over and he has logged in his chats stand there as "
    "before: “Hello Bob”",
    when="when his page asks for a new token, at the latest when it is opened",
)
def test_another_account(row, own_pair, mallory):
    alice, bob = own_pair
    before = len(mallory.asked)
    mask = {"id": 1_000_000, "email": "robert@example.org"}
    mallory.change_answer(bob, "GET /auth/me", lambda body: body | mask)
    mallory.change_answer(bob, "GET /keys/me", lambda _: Answer({"code": "not_found", "detail": "None."}, 404))
    mallory.change_answer(bob, "GET /contacts/list", lambda body: body | {"results": []})
    mallory.change_answer(bob, "GET /messages/conversations", lambda _: {"results": [], "sequence": 0})
    for _ in range(2):
        bob.visit_in_vain("/chat")
        row.is_shown(bob.page.get_by_role("main"), 0)
    assert (bob, "POST /keys/upload") not in mallory.asked[before:]
    assert not any(mask["email"] in name for name in bob.page.evaluate(DATABASES))
    mallory.stop()
    bob.log_in()
    bob.open_chat(alice)
    row.is_shown(bob.log(), 1)


@attack(
    "Another account at one's own address",
    done="The server tells Bob's page that his address is another account's, by its number; and so it does when he has "
    "logged in again",
    sees="Bob: the page to log in, “The server answered as if this were another account.”; then “This browser keeps "
    "messages of an earlier account with this address.” with “Forget them”; nothing is uploaded and nothing forgotten "
    "unless he says so",
    when="when his page is opened",
)
def test_other_account(row, own_pair, mallory):
    alice, bob = own_pair
    before = len(mallory.asked)
    mallory.change_answer(bob, "GET /auth/me", lambda body: body | {"id": body["id"] + 1000})
    mallory.change_answer(
        bob, "POST /auth/login", lambda body: body | {"user": body["user"] | {"id": body["user"]["id"] + 1000}}
    )
    bob.visit_in_vain("/chat")
    row.is_shown(bob.page.get_by_role("main"), 0)
    bob.send_credentials()
    row.is_shown(bob.page.get_by_role("main"), 1, 2)
    assert (bob, "POST /keys/upload") not in mallory.asked[before:]
    mallory.stop()
    bob.log_in()
    bob.open_chat(alice)
    bob.expect_message("Hello Bob")


@attack(
    "A registration of an address that is in use here",
    done="Bob registers again with his address in the browser that holds his key; to the server it is a new account",
    sees="Bob: “This browser keeps messages of an earlier account with this address.” and how many, with “Forget them” "
    "and “Keep them and log out”; nothing is uploaded and nothing forgotten unless he says so",
    when="when he is in",
)
def test_registration(row, own_pair, mallory):
    alice, bob = own_pair
    before = len(mallory.asked)
    user = mallory.office.act_as(bob).get("/auth/me").json()
    user["id"] += 1000
    mallory.change_answer(bob, "POST /auth/register", lambda _: Answer({"user": user, "access": "a.b.c"}, 201))
    mallory.change_answer(bob, "GET /auth/me", lambda _: user)
    bob.visit("/register")
    bob.fill_in_registration()
    bob.page.get_by_role("button", name="Create account").click()
    row.is_shown(bob.page.get_by_role("main"))
    expect(bob.page.get_by_role("main")).to_contain_text("Here are its key and ")
    assert (bob, "POST /keys/upload") not in mallory.asked[before:]
    mallory.stop()
    bob.log_in()
    bob.open_chat(alice)
    bob.expect_message("Hello Bob")


@attack(
    "Sentences of the server's own",
    done="A log-in is refused with a code that the page does not know, and with a sentence: to pay at an address",
    sees="Bob: “Something went wrong. Try again.”, and nothing of that sentence",
)
def test_own_sentences(row, own_pair, mallory):
    _, bob = own_pair
    lie = "This account is locked. Pay at pay.example.org."
    refusal = {"code": "constructor", "detail": lie, "fields": {"email": [{"code": "toString", "detail": lie}]}}
    bob.log_out(forget=False)
    mallory.refuse_once(bob, "POST /auth/login", {**refusal, "fields": {}}, 403)
    bob.visit("/login")
    bob.send_credentials()
    row.is_shown(bob.page.get_by_role("main"))
    mallory.refuse_once(bob, "POST /auth/login", refusal, 400)
    bob.send_credentials()
    expect(bob.page.get_by_role("main")).to_contain_text("This can't be used.")
    assert "pay.example.org" not in bob.page.locator("body").inner_text()
    bob.log_in()


@attack(
    "A browser made to forget",
    done="His browser is made to delete all that it keeps (`Clear-Site-Data`), and would take any key as a first one",
    sees="Bob: “You're logged in, but your messages still go to your other browser.” His earlier messages do not open",
    when="when he has logged in again",
)
def test_forgotten(row, guests, mallory):
    bob = guests.visitor("bob").register()
    meet(bob, mallory.office.make_account("Alice"))
    bob.visit("/login")
    bob.page.evaluate(FORGET_ALL)
    bob.log_in()
    row.is_shown(strips(bob).filter(has_text="still go to your other browser"))


@attack(
    "A browser made to forget while its page is open",
    done="His browser is made to delete all that it keeps while Bob has a message that could not be sent yet",
    sees="Bob: “This browser has lost what VibeChat kept in it.” and “Your key and your messages are gone from here. 1 "
    "message had not been sent yet.”",
    when="at once; where no page is open, nothing is left that could tell it",
    open="a browser whose memory of keys was wiped (`Clear-Site-Data`, eviction)",
)
def test_forgotten_while_open(row, guests, mallory):
    bob = guests.visitor("bob", alone=True).register()
    meet(bob, mallory.office.make_account("Alice"))
    mallory.refuse_sending(bob, {"code": "unavailable", "detail": "Later."})
    bob.type_and_send("This never left")
    expect(bob.chats()).to_contain_text("You: This never left")
    expect(bob.message("This never left")).to_contain_text("Sending")
    origin = {"origin": bob.page.evaluate("location.origin"), "storageTypes": "indexeddb,cookies"}
    bob.context.new_cdp_session(bob.page).send("Storage.clearDataForOrigin", origin)
    row.is_shown(bob.page.get_by_role("main"))
    bob.page.get_by_role("link", name="Log in again").click()
    bob.send_credentials()
    bob.expect_chat_page()


@attack(
    "A newer version of the page, taken back",
    done="A newer version of the page has changed the database of Bob's browser; then the server gives him this one "
    "again",
    sees="Bob: “A newer version of VibeChat was used in this browser. Reload the page.”; nothing is uploaded or "
    "forgotten",
    when="when his page is opened",
)
def test_newer_database(row, guests, mallory):
    bob = guests.visitor("bob").register()
    bob.visit("/about-me")
    bob.page.evaluate(NEWER, bob.email)
    before = len(mallory.asked)
    bob.visit("/chat")
    row.is_shown(bob.page.get_by_role("main"))
    assert (bob, "POST /keys/upload") not in mallory.asked[before:]
    assert any(bob.email in name for name in bob.page.evaluate(DATABASES))
