from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import Person


def test_list_takes_as_many_queries_for_20_contacts_as_for_2(alice):
    counts = []
    for numbers in (range(2), range(2, 20)):
        for number in numbers:
            alice.post("/api/contacts/add", {"email": Person(f"p{number}").email})
        with CaptureQueriesContext(connection) as captured:
            answer = alice.get("/api/contacts/list").json()
        assert len(answer["results"]) == numbers.stop
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 3
