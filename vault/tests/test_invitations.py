import json
import secrets
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from messaging.tests.test_concurrency import together
from vault.invitations import STEPS
from vault.models import Invitation

PATH = "/api/invitations"
pytestmark = pytest.mark.django_db(transaction=True)


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def route():
    return secrets.token_hex(16)


@pytest.fixture
def begun(alice, route):
    assert alice.post(PATH, {"route": route}).status_code == 201
    return f"{PATH}/{route}"


def put(person, begun, step, message="AAAA"):
    return person.put(f"{begun}/{step}", {"message": message})


def seconds_left() -> float:
    return (Invitation.objects.get().expires_at - timezone.now()).total_seconds()


def test_it_works(alice, begun):
    assert set(alice.get(begun).json()) == {"expires_at"}
    for step in STEPS:
        answer = put(alice, begun, step)
        assert answer.status_code == 201
        assert answer.json()[step] == "AAAA"
    state = alice.get(begun).json()
    assert state == dict.fromkeys(STEPS, "AAAA") | {"expires_at": state["expires_at"]}
    assert alice.delete(begun).status_code == 204
    assert code_of(alice.get(begun)) == (404, "invitation_over")


def test_table_has_only_these_columns():
    columns = {field.attname for field in Invitation._meta.get_fields()}
    assert columns == {"id", "user_id", "route", "messages", "created_at", "expires_at"}


def test_invitation_needs_a_proof(alice, route, unproven):
    unproven(alice)
    assert code_of(alice.post(PATH, {"route": route})) == (403, "proof_needed")


def test_route_is_taken_until_it_is_over(alice, bob, begun, route):
    assert code_of(alice.post(PATH, {"route": route})) == (409, "invitation_taken")
    assert bob.post(PATH, {"route": route}).status_code == 201
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert alice.post(PATH, {"route": route}).status_code == 201


def test_invitation_is_over_after_two_minutes_or_ten_after_the_answer(alice, begun):
    assert 100 < seconds_left() <= 121
    put(alice, begun, "offer")
    assert seconds_left() <= 121
    put(alice, begun, "answer")
    assert 500 < seconds_left() <= 601
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for answer in (alice.get(begun), put(alice, begun, "reveal"), alice.delete(begun)):
        assert code_of(answer) == (404, "invitation_over")


def test_invitation_is_the_accounts_alone(bob, begun):
    for answer in (bob.get(begun), put(bob, begun, "offer"), bob.delete(begun)):
        assert code_of(answer) == (404, "invitation_over")


def test_steps_come_in_their_order_and_once(alice, begun):
    assert code_of(put(alice, begun, "answer")) == (409, "step_out_of_order")
    assert put(alice, begun, "offer").status_code == 201
    assert put(alice, begun, "offer").status_code == 200
    assert code_of(put(alice, begun, "offer", "BBBB")) == (409, "step_taken")
    assert code_of(put(alice, begun, "reveal")) == (409, "step_out_of_order")
    assert code_of(put(alice, begun, "another")) == (404, "not_found")
    assert alice.get(begun).json()["offer"] == "AAAA"


@pytest.mark.parametrize("message", ["", "x", 5, None, "AAAA" * 1366])
def test_malformed_messages_are_refused(alice, begun, message):
    assert put(alice, begun, "offer", message).status_code == 400


@pytest.mark.parametrize("route", ["", "x", "A" * 32, "0" * 31, 5, None])
def test_malformed_routes_are_refused(alice, route):
    assert alice.post(PATH, {"route": route}).status_code == 400


def test_steps_are_pushed_to_own_sockets(alice, begun, route, pushed):
    put(alice, begun, "offer")
    alice.delete(begun)
    push = (alice.user.pk, json.dumps({"type": "invitation_changed", "route": route}))
    assert pushed == [push, push]


def test_ten_invitations_an_hour(alice, settings):
    settings.RATELIMIT_ENABLE = True
    answers = [alice.post(PATH, {"route": secrets.token_hex(16)}).status_code for _ in range(11)]
    assert answers == [201] * 10 + [429]


def test_thirty_wrong_routes_an_hour(alice, bob, begun, settings):
    settings.RATELIMIT_ENABLE = True
    for _ in range(40):
        assert alice.get(begun).status_code == 200
    wrong = [alice.get(f"{PATH}/{secrets.token_hex(16)}").status_code for _ in range(31)]
    assert wrong == [404] * 30 + [429]
    for answer in (alice.get(begun), put(alice, begun, "offer"), alice.delete(begun)):
        assert answer.status_code == 429
    assert bob.get(begun).status_code == 404


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_of_several_answers_one_is_kept(alice, begun):
    put(alice, begun, "offer")
    messages = ["AAAA", "BBBB", "CCCC", "DDDD"]
    answers = together(*(partial(put, alice, begun, "answer", message) for message in messages))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    kept = [message for message, answer in zip(messages, answers, strict=True) if answer.status_code == 201]
    assert [alice.get(begun).json()["answer"]] == kept


def test_deletion_of_the_account_deletes_its_invitations(alice, begun):
    assert alice.delete("/api/auth/me", {"password": "correct horse battery"}).status_code == 204
    assert not Invitation.objects.exists()
