"""Helpers for attacks on what the browsers of a person keep for each other."""

from collections.abc import Callable


def streams_of(mallory, person, kind: str) -> list[dict]:
    """The streams of this kind. Those of the other kind are written at other times."""
    streams = mallory.office.act_as(person).get("/streams").raise_for_status().json()["results"]
    return [stream for stream in streams if stream["kind"] == kind]


def change_streams(mallory, person, kind: str, change: Callable[[list[dict]], list[dict]]) -> None:
    def changed(given: dict) -> dict:
        others = [stream for stream in given["results"] if stream["kind"] != kind]
        return {"results": [*others, *change([stream for stream in given["results"] if stream["kind"] == kind])]}

    mallory.change_answer(person, "GET /streams$", changed)


def serve_streams(mallory, person, kind: str, change: Callable[[list[dict]], list[dict]]) -> None:
    """The page reads the streams when it connects."""
    change_streams(mallory, person, kind, change)
    mallory.cut_socket(person)
