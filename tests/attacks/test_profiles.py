"""Names and pictures that somebody gives themselves

Bob's browser is another than ours: it seals whatever it likes with his key.
"""

import base64

import pytest
from playwright.sync_api import expect

from tests.attacks.row import attack
from tests.attacks.test_changes import Writer, spelled, talk
from tests.attacks.test_names import LISTS, called, link_to
from tests.reference.pictures import CASES

__all__ = ["talk"]

NOT_DRAWN = (
    "png-bomb",
    "jpeg-bomb",
    "webp-bomb",
    "png-that-moves",
    "webp-that-moves",
    "svg-called-png",
    "png-called-jpeg",
)


def tell(bob: Writer, name: str, picture: tuple[str, bytes] | None = None) -> None:
    kind, data = picture or ("", b"")
    shown = {"type": kind, "data": base64.b64encode(data).decode()} if picture else None
    bob.write(spelled(name=name, picture=shown), type="profile")


def picture_of(alice, bob: Writer):
    return alice.page.locator(f'.chat-row[data-email="{bob.account.email}"] .avatar-picture')


@pytest.fixture
def images(talk):
    """The types of the pictures that Alice's page has begun to decode."""
    alice, *_ = talk
    alice.page.evaluate("""() => {
      globalThis.begun = [];
      const create = URL.createObjectURL;
      URL.createObjectURL = (blob) => (globalThis.begun.push(blob.type), create.call(URL, blob));
    }""")
    return lambda: alice.page.evaluate("globalThis.begun")


@attack(
    "A picture that costs memory or holds a script",
    done="Bob's client gives itself pictures of 50,000 by 50,000 pixels, of many frames, drawings with scripts, and "
    "others of another type than they say",
    sees="Alice: “Bob is now called Robert.”, and Bob's initials. No such picture is decoded",
)
def test_not_drawn(row, talk, images):
    alice, bob, _ = talk
    tell(bob, "Bob", CASES["png"])
    expect(picture_of(alice, bob)).to_be_attached()
    before = len(images())
    for name in NOT_DRAWN:
        tell(bob, "Bob", CASES[name])
    tell(bob, "Robert", CASES[NOT_DRAWN[0]])
    row.is_shown(alice.log())
    expect(picture_of(alice, bob)).to_have_count(0)
    assert len(images()) == before


@attack(
    "A name of another chat",
    done="Bob's client calls itself by Carol's name, in letters that look alike",
    sees="Alice: in the list the address beside either name; in Bob's chat “Bob is now called СаroI.”",
)
def test_imitated_name(row, talk, mallory):
    alice, bob, _ = talk
    carol = mallory.office.make_account("Carol")
    alice.add(carol)
    alice.open_chat(bob.account)
    tell(bob, "СаroI")
    row.is_shown(alice.log())
    for person in (bob.account, carol):
        expect(link_to(alice, person)).to_be_visible()


@attack(
    "Another name for somebody who has said their own",
    done="Bob has told his name, sealed. After it the server calls him Mallory",
    sees="Alice: “Bob is now called Robert.”, as before; and Mallory nowhere",
    when="at the next connection",
)
def test_renamed_by_the_server(row, talk, mallory):
    alice, bob, _ = talk
    tell(bob, "Robert")
    row.is_shown(alice.log())
    mallory.change_answer(alice, LISTS, called({bob.account.email: "Mallory"}))
    with alice.page.expect_response(lambda response: "/contacts/list" in response.url):
        mallory.cut_socket(alice)
    tell(bob, "Robert the second")
    expect(alice.log()).to_contain_text("Robert is now called Robert the second.")
    expect(alice.page.get_by_text("Mallory")).to_have_count(0)
