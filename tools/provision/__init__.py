"""Finds or installs, without root, the programs that the tests need: PostgreSQL, Redis, Node, Chromium and Firefox."""


class Unavailable(Exception):
    """The program is not available; the message gives the reason, for the list under NOT RUN."""
