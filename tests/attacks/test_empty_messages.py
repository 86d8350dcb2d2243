"""Messages that show nothing"""

import pytest

from tests.attacks.row import attack

INVISIBLE = ["\u200b\u200b", "\u3164", "\u2800\u00ad\u2060", "\u202e\ufeff"]


@attack(
    "A message of invisible characters",
    done="A client of Mallory's own sends Bob a text of zero-width spaces or fillers, which leaves an empty bubble",
    sees="Bob: “This message is empty.” in the bubble, and in the list of chats",
)
@pytest.mark.parametrize("text", INVISIBLE, ids=ascii)
def test_invisible_text(row, guests, mallory, text):
    bob = guests.visitor("bob").register()
    stranger = mallory.office.make_account("Stranger")
    mallory.office.send(stranger, stranger.seal(bob.email, mallory.office.public_key(bob), text).message)
    bob.open_chat(stranger)
    row.is_shown(bob.log().get_by_role("article"))
    row.is_shown(bob.chats())
