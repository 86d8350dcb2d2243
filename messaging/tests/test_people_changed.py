"""A change of somebody's contacts or blocks: their own browsers are told to ask again."""

import json

import pytest

from messaging.realtime import dispatcher

TOLD = {"type": "people_changed"}


@pytest.fixture
def pushed(monkeypatch):
    found: list[tuple[int, dict]] = []
    told = lambda pushes: found.extend((push.user_id, json.loads(push.text)) for push in pushes)  # noqa: E731
    monkeypatch.setattr(dispatcher, "publish", told)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("list_of", ["contacts", "blocks"])
def test_addition_and_removal_are_pushed_to_own_sockets_only(
    alice, bob, pushed, list_of, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        row = alice.post(f"/api/{list_of}/add", {"email": bob.email}).json()
    assert pushed == [(alice.user.pk, TOLD)]
    with django_capture_on_commit_callbacks(execute=True):
        alice.delete(f"/api/{list_of}/{row['id']}")
    assert pushed == [(alice.user.pk, TOLD)] * 2


@pytest.mark.django_db
@pytest.mark.parametrize("list_of", ["contacts", "blocks"])
def test_call_that_changes_nothing_pushes_nothing(alice, bob, pushed, list_of, django_capture_on_commit_callbacks):
    alice.post(f"/api/{list_of}/add", {"email": bob.email})
    with django_capture_on_commit_callbacks(execute=True):
        alice.post(f"/api/{list_of}/add", {"email": bob.email})
        alice.delete(f"/api/{list_of}/0")
    assert pushed == []
