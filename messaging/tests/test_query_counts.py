"""Lists take as many queries for 20 rows as for 2."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import Person

PATHS = {
    "inbox": lambda answer: answer["results"],
    "inbox?with=p0@example.org": lambda answer: answer["results"],
    "sent": lambda answer: answer["results"],
    "conversation/p0@example.org": lambda answer: answer["results"],
    "conversations": lambda answer: answer["results"],
    "sync": lambda answer: answer["events"],
    "sync?after=1": lambda answer: answer["events"],
}


def queries(person, path):
    """Returns (number of rows, number of queries)."""
    with CaptureQueriesContext(connection) as captured:
        answer = person.get(f"/api/messages/{path}")
    assert answer.status_code == 200
    return len(PATHS[path](answer.json())), len(captured)


def write(alice, people):
    for person in people:
        alice.send(person)
        person.send(alice)
    for _ in people:
        people[0].send(alice)


@pytest.mark.parametrize("path", PATHS)
def test_query_count_is_equal_for_2_and_20_rows(alice, path):
    people = [Person(f"p{number}") for number in range(20)]
    write(alice, people[:2])
    few, queries_for_few = queries(alice, path)
    write(alice, people)
    many, queries_for_many = queries(alice, path)
    assert few >= 2
    assert many >= 20
    assert queries_for_few == queries_for_many <= 10


def read(alice, ids):
    return alice.post("/api/messages/receipts", {"read": ids}).json()["updated"]


def clear(alice, ids):
    return alice.delete("/api/messages/conversation/bob@example.org").json()["cleared"]


@pytest.mark.parametrize("change", [read, clear])
def test_query_count_of_a_change_is_independent_of_rows(alice, bob, change):
    counts = []
    for number in (2, 20):
        ids = [bob.send(alice)["id"] for _ in range(number)]
        with CaptureQueriesContext(connection) as captured:
            assert change(alice, ids) == number
        counts.append(len(captured))
    assert counts[1] <= counts[0], "the first clearing makes a row that the second only changes"
