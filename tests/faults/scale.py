"""How long each fault lasts: SHORT in the test suite, LONG in `python -m tests.faults`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    check_seconds: int  # SOCKET_CHECK_SECONDS of the servers
    kills: int
    redis_away_seconds: float
    redis_mute_seconds: float
    postgres_away_seconds: float
    flood_messages: int
    copies_seconds: float
    idle_seconds: float
    clock_step_seconds: float


SHORT = Scale(
    check_seconds=1,
    kills=2,
    redis_away_seconds=5,
    redis_mute_seconds=1.5,
    postgres_away_seconds=1,
    flood_messages=400,
    copies_seconds=2,
    idle_seconds=5.5,
    clock_step_seconds=0.5,
)
LONG = Scale(
    check_seconds=20,
    kills=10,
    redis_away_seconds=30,
    redis_mute_seconds=40,
    postgres_away_seconds=10,
    flood_messages=1000,
    copies_seconds=20,
    idle_seconds=60,
    clock_step_seconds=5,
)
