from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import Person


def test_number_of_queries_does_not_grow_with_the_contacts(alice):
    counts = []
    for numbers in (range(2), range(2, 20)):
        for number in numbers:
            alice.post("/api/contacts/add", {"email": Person(f"p{number}").email})
        with CaptureQueriesContext(connection) as captured:
            answer = alice.get("/api/contacts/list").json()
        assert len(answer["results"]) == numbers.stop
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 3
