import pytest

PATHS = ["inbox", "sent", "conversation/{other}"]


def results(person, path, **query):
    response = person.get(f"/api/messages/{path}", **query)
    assert response.status_code == 200, response.json()
    return response.json()


def ids(page):
    return [message["id"] for message in page["results"]]


def test_inbox_and_sent_list_their_messages_newest_first(alice, bob, mallory):
    first, second = alice.send(bob)["id"], bob.send(alice)["id"]
    third, fourth = mallory.send(bob)["id"], alice.send(bob)["id"]
    assert ids(results(bob, "inbox")) == [fourth, third, first]
    assert ids(results(alice, "inbox")) == [second]
    assert ids(results(alice, "sent")) == [fourth, first]
    assert ids(results(bob, "inbox", **{"with": "ALICE@example.org"})) == [fourth, first]
    assert ids(results(alice, "sent", **{"with": mallory.email})) == []


def test_conversation_lists_both_directions_and_no_other_messages(alice, bob, mallory):
    first, second = alice.send(bob)["id"], bob.send(alice)["id"]
    mallory.send(bob)
    mallory.send(alice)
    assert ids(results(alice, f"conversation/{bob.email}")) == [second, first]
    assert ids(results(mallory, f"conversation/{bob.email}")) != []
    assert set(ids(results(mallory, f"conversation/{bob.email}"))).isdisjoint({first, second})


def test_pages_list_each_message_once_in_both_directions(alice, bob):
    everything = [(alice.send(bob) if number % 3 else bob.send(alice))["id"] for number in range(7)][::-1]
    path = f"conversation/{bob.email}"
    page, seen, pages = results(alice, path, page_size=3), [], []
    while True:
        seen += ids(page)
        pages.append(ids(page))
        if page["next"] is None:
            break
        assert page["next"].startswith("http://testserver/api/messages/conversation/")
        page = alice.client.get(page["next"]).json()
    assert seen == everything
    assert [len(page) for page in pages] == [3, 3, 1]
    back = alice.client.get(page["previous"]).json()
    assert ids(back) == pages[1]
    first = alice.client.get(back["previous"]).json()
    assert ids(first) == pages[0]
    assert first["previous"] is None


def test_new_message_shifts_no_page(alice, bob):
    for _ in range(4):
        alice.send(bob)
    page = results(bob, "inbox", page_size=2)
    alice.send(bob)
    following = bob.client.get(page["next"]).json()
    assert set(ids(page)).isdisjoint(ids(following))
    assert len(ids(following)) == 2
    assert following["next"] is None


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("size", ["0", "201", "-1", "x", "", "1.5", "9" * 30, "\u0663", "%00", "١"])
def test_page_size_outside_1_to_200_is_400(alice, bob, path, size):
    response = alice.get(f"/api/messages/{path.format(other=bob.email)}", page_size=size)
    assert response.status_code == 400
    assert response.json()["fields"]["page_size"]


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "", "0x1"])
@pytest.mark.parametrize("name", ["before", "after"])
def test_tampered_cursor_is_400(alice, name, cursor):
    assert alice.get("/api/messages/inbox", **{name: cursor}).status_code == 400


@pytest.mark.parametrize("size", [1, 200])
def test_page_sizes_1_and_200_are_accepted(alice, size):
    assert results(alice, "inbox", page_size=size) == {"results": [], "next": None, "previous": None}


def test_unknown_address_is_404_and_malformed_address_400(alice):
    for path in ("inbox?with=nobody@example.org", "sent?with=nobody@example.org", "conversation/nobody@example.org"):
        response = alice.client.get(f"/api/messages/{path}")
        assert response.status_code == 404
        assert response.json()["code"] == "user_not_found"
    for path in ("inbox?with=x", "sent?with=", "conversation/x"):
        assert alice.client.get(f"/api/messages/{path}").status_code == 400


class TestConversations:
    def test_it_works(self, alice, bob, mallory):
        alice.send(bob)
        bob.send(alice)
        last_of_bob = bob.send(alice)
        last_of_mallory = alice.send(mallory)
        body = results(alice, "conversations")
        assert body == {
            "results": [
                {"email": mallory.email, "display_name": "Mallory", "last_message": last_of_mallory, "unread": 0},
                {"email": bob.email, "display_name": "Bob", "last_message": last_of_bob, "unread": 2},
            ],
            "sequence": 4,
        }

    def test_reading_lowers_unread_but_delivery_does_not(self, alice, bob):
        first, second = alice.send(bob)["id"], alice.send(bob)["id"]
        bob.post("/api/messages/receipts", {"delivered": [first, second]})
        assert results(bob, "conversations")["results"][0]["unread"] == 2
        bob.post(f"/api/messages/{first}/read")
        assert results(bob, "conversations")["results"][0]["unread"] == 1

    def test_receipts_are_never_last_message_or_unread(self, alice, bob, mallory):
        last = alice.send(bob)
        for sender, recipient in ((bob, alice), (alice, bob), (mallory, alice)):
            sender.send(recipient, message_type="receipt")
        (entry,) = results(alice, "conversations")["results"]
        assert (entry["email"], entry["last_message"], entry["unread"]) == (bob.email, last, 0)
        assert results(bob, "conversations")["results"][0]["unread"] == 1

    def test_quiet_messages_are_never_last_message_or_unread(self, alice, bob, mallory):
        last = alice.send(bob)
        quiet = bob.send(alice, quiet=True)
        alice.send(bob, quiet=True)
        mallory.send(alice, quiet=True)
        (entry,) = results(alice, "conversations")["results"]
        assert (entry["email"], entry["last_message"], entry["unread"]) == (bob.email, last, 0)
        assert results(bob, "conversations")["results"][0]["unread"] == 1
        assert quiet["id"] in ids(results(alice, f"conversation/{bob.email}"))

    def test_empty_mailbox_has_no_conversations(self, alice):
        assert results(alice, "conversations") == {"results": [], "sequence": 0}


def test_conversation_look_ups_share_the_limit_of_key_look_ups(alice, bob, settings):
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"key_lookup": {"account": "3/h"}}
    paths = ["inbox?with=nobody@example.org", f"conversation/{bob.email}", "sent?with=x@example.org"]
    assert [alice.client.get(f"/api/messages/{path}").status_code for path in paths] == [404, 200, 404]
    for path in paths:
        assert alice.client.get(f"/api/messages/{path}").status_code == 429
    assert alice.get(f"/api/keys/email/{bob.email}").status_code == 429
