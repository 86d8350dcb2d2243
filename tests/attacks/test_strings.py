"""HTML and scripts in every string"""

import re

from playwright.sync_api import expect

from tests.attacks.relay import Answer
from tests.attacks.row import attack

MARKUP = "<img src=x onerror='window.owned=1'><script>window.owned=1</script><b>Bob</b>"
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def is_untouched(person) -> bool:
    """None of Mallory's scripts has run, and none of her elements is in the page."""
    foreign = "img[src='x'], b, script:not([src]):not([type]), iframe, object, [onerror], [onload]"
    return person.page.evaluate("window.owned === undefined") and person.page.locator(foreign).count() == 0


@attack(
    "A text that is a page",
    done="Alice writes markup and a script, and a link that runs one",
    sees=f"Bob: the text as it was written, “{MARKUP} javascript:window.owned=1”; nothing of it runs or is a link",
)
def test_text(row, pair, mallory):
    alice, bob = pair
    alice.send(f"{MARKUP} javascript:window.owned=1")
    row.is_shown(bob.log())
    expect(bob.log().locator("a[href^=javascript]")).to_have_count(0)
    assert is_untouched(bob)
    assert is_untouched(alice)


@attack(
    "A page between the marks of bold, italic and code",
    done="Alice writes markup and a script between such marks, and a link that runs one",
    sees=f"Bob: the text as it was written, “*{MARKUP}* _{MARKUP}_ `{MARKUP}` *javascript:window.owned=1*”; nothing of "
    "it runs or is a link",
)
def test_formatted_text(row, pair, mallory):
    alice, bob = pair
    alice.send(f"*{MARKUP}* _{MARKUP}_ `{MARKUP}` *javascript:window.owned=1*")
    row.is_shown(bob.log())
    expect(bob.log().locator("strong")).to_have_count(2)
    expect(bob.log().locator("a[href^=javascript]")).to_have_count(0)
    assert is_untouched(bob)
    assert is_untouched(alice)


@attack(
    "A name that is a page",
    done="Each display name that the server tells, in each answer and one's own included, is markup and a script",
    sees=f"Bob: “{MARKUP}” as the name in the list, above the chat, in its first line, in “Chat details”, and as his "
    "own",
)
def test_names(row, town, mallory):
    alice, bob = town.visitor("alice"), town.visitor("bob").register()
    mallory.change_answer(bob, "", rename)
    alice.register()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("Who am I?")
    bob.page.reload()
    bob.expect_chat_page()
    bob.accept(alice)
    bob.expect_message("Who am I?")
    row.is_shown(bob.chats(), 0)
    row.is_shown(bob.page.locator("#own-name"), 0)
    row.is_shown(bob.page.get_by_role("heading", name=MARKUP), 0)
    row.is_shown(bob.log(), 0)
    details = bob.page.get_by_role("button", name=row.words[1])
    details.click()
    row.is_shown(bob.page.get_by_role("dialog"), 0)
    row.found.add(row.words[1])
    assert is_untouched(bob)


def rename(body):
    if isinstance(body, dict):
        return {name: MARKUP if name == "display_name" else rename(value) for name, value in body.items()}
    return [rename(value) for value in body] if isinstance(body, list) else body


@attack(
    "A refusal that is a page",
    done="What the server says of an address that it refuses is markup and a script; its code is one that nobody knows",
    sees="Bob: “This can't be used.” in the dialog, and nothing of what the server says",
)
def test_refusals(row, pair, mallory):
    _, bob = pair
    refusal = Answer({"code": MARKUP, "detail": MARKUP, "fields": {"email": [{"code": MARKUP, "detail": MARKUP}]}}, 400)
    mallory.change_answer(bob, "POST /contacts/add", lambda _: refusal)
    bob.page.get_by_role("button", name="Add contact").click()
    dialog = bob.page.get_by_role("dialog")
    dialog.get_by_label("Email").fill("carol@example.org")
    dialog.get_by_role("button", name="Add", exact=True).click()
    row.is_shown(dialog)
    assert "window.owned" not in dialog.inner_text()
    assert is_untouched(bob)
    bob.page.keyboard.press("Escape")


@attack(
    "Markup in every other string",
    done="Every text in every answer and push that is no address, number of a message or key is followed by markup",
    sees="Bob: nothing of it; what Alice writes then is refused or shown as it is, and after it “All is well again”",
)
def test_everything(row, pair, mallory):
    alice, bob = pair
    mallory.change(bob, lambda person, event: spoil(event))
    mallory.change_answer(bob, "GET /(messages|contacts|keys)/", spoil)
    alice.send("between markup", "Sent")
    bob.page.reload()
    bob.expect_chat_page()
    assert is_untouched(bob)
    mallory.stop()
    bob.page.reload()
    bob.open_chat(alice)
    alice.send("All is well again", "Sent")
    row.is_shown(bob.log())
    assert is_untouched(bob)


def spoil(value):
    if isinstance(value, dict):
        return {name: spoil(item) for name, item in value.items()}
    if isinstance(value, list):
        return [spoil(item) for item in value]
    return value + MARKUP if isinstance(value, str) and not ADDRESS.fullmatch(value) else value
