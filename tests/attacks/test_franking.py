"""Messages that their reader could not prove to the operators"""

import base64
import secrets

from tests.attacks.row import attack
from tests.attacks.test_changed_messages import one_bit, put, spoil
from tests.attacks.test_changes import talk  # noqa: F401  # a fixture
from tests.attacks.words import DAMAGED, of
from tests.reference.suite1 import Fresh, Header, fingerprint, franking_tag, seal


@attack(
    "A franking tag changed or taken away",
    done="The server turns a bit of the franking tag, takes the tag away, and puts another one in its place, so that "
    "Bob could prove nothing",
    sees=f"{of('Alice', DAMAGED)} in the place of each; the message itself when the server tells the truth again",
)
def test_changed_tag(row, own_pair, mallory):
    another = base64.b64encode(secrets.token_bytes(32)).decode()
    spoil(row, own_pair, mallory, one_bit("tag"), put(tag=None), put(tag=another), put(tag="AAAA"))


@attack(
    "A franking tag of other words",
    done="Bob's client threatens Alice with the franking tag of a friendly message in the additional data",
    sees=f"Alice: {of('Bob', DAMAGED)}",
)
def test_forged_tag(row, talk):  # noqa: F811
    alice, bob, _ = talk
    account, public_key = bob.account, bob.office.public_key(alice)
    added = {"v": 2, "salt": secrets.token_hex(16), "reply": None, "replaces": None, "expires": None, "else": ""}
    draft = account.draft("I will find you") | added
    friendly = draft | {"from": account.email, "to": alice.email, "self_tag": "", "body": "How are you?"}
    header = Header(
        account.email, alice.email, account.fingerprint, fingerprint(public_key), "3f2b5c1e-9a7d-4e60-8c11-5d2a90b7c3e4"
    )
    fresh = Fresh(secrets.token_bytes(32), secrets.token_bytes(12))
    sealed = seal(account, public_key, header, draft, fresh, tag=franking_tag(friendly))
    bob.office.send(account, sealed.message)
    row.is_shown(alice.log())
