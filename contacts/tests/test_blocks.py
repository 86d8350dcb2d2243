import pytest
from django.db import IntegrityError

from accounts.models import User
from contacts.models import Block

ADD, LIST = "/api/blocks/add", "/api/blocks/list"


def test_blocked_people_are_listed_newest_first(alice, bob, mallory):
    first = alice.post(ADD, {"email": " BOB@example.org"})
    assert first.status_code == 201
    assert set(first.json()) == {"id", "email", "display_name", "created_at"}
    assert (first.json()["email"], first.json()["display_name"]) == (bob.email, "Bob")
    second = alice.post(ADD, {"email": mallory.email}).json()
    assert alice.get(LIST).json() == {"results": [second, first.json()]}
    for person in (bob, mallory):
        assert person.get(LIST).json() == {"results": []}


def test_repeat_is_200_with_the_same_row(alice, bob):
    first, again = (alice.post(ADD, {"email": bob.email}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_own_unknown_and_suspended_addresses_are_refused(alice, bob):
    own = alice.post(ADD, {"email": alice.email})
    assert (own.status_code, own.json()["fields"]["email"][0]["code"]) == (400, "yourself")
    User.objects.filter(pk=bob.user.pk).update(is_active=False)
    for email in ("nobody@example.org", bob.email):
        refused = alice.post(ADD, {"email": email})
        assert (refused.status_code, refused.json()["code"]) == (404, "user_not_found")
    assert not Block.objects.exists()


@pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": 5}, [], {"email": None}])
def test_malformed_body_is_400(alice, body):
    assert alice.post(ADD, body).status_code == 400


def test_only_ones_own_block_is_removed(alice, bob, mallory):
    block = alice.post(ADD, {"email": bob.email}).json()
    contact = alice.post("/api/contacts/add", {"email": bob.email}).json()
    assert [person.delete(f"/api/blocks/{block['id']}").status_code for person in (bob, mallory)] == [404, 404]
    assert [alice.delete(f"/api/blocks/{block['id']}").status_code for _ in range(2)] == [204, 404]
    assert alice.get(LIST).json() == {"results": []}
    assert alice.get("/api/contacts/list").json()["results"] == [contact]


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "9" * 30, "%00"])
def test_malformed_id_is_404(alice, text):
    assert alice.delete(f"/api/blocks/{text}").status_code == 404


def test_blocks_share_the_limit_of_contacts(alice, bob, settings):
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"contact_add": {"account": "1/h"}}
    assert alice.post(ADD, {"email": bob.email}).status_code == 201
    assert [alice.post(path, {"email": bob.email}).status_code for path in (ADD, "/api/contacts/add")] == [429, 429]


@pytest.mark.parametrize("leaver", ["alice", "bob"])
def test_blocks_go_with_either_account(alice, bob, leaver):
    alice.post(ADD, {"email": bob.email})
    {"alice": alice, "bob": bob}[leaver].user.delete()
    assert not Block.objects.exists()


def test_database_refuses_the_own_account(alice):
    with pytest.raises(IntegrityError):
        Block.objects.create(user=alice.user, blocked=alice.user)
