"""Finds, or brings without root, what the suite needs: PostgreSQL, Redis, Node, Chromium and Firefox."""


class Unavailable(Exception):
    """What was asked for cannot be had here; the message says why, for the list under NOT RUN."""
