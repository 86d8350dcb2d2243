"""Empties the tables after a test that commits. Django's own way creates all content types and permissions again, which
was a seventh of the CPU time of the Python tests.
"""

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission"}  # rows of the migrations, which no test changes


def flush() -> None:
    empty_tables(connections[DEFAULT_DB_ALIAS])


def empty_tables(connection: BaseDatabaseWrapper) -> None:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = [connection.ops.quote_name(table) for table in tables if table not in KEPT]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for table in quoted:  # in any order, because references are checked at the commit
            cursor.execute(f"DELETE FROM {table}")


def use_it() -> None:
    def _fixture_teardown(self: TransactionTestCase) -> None:
        for name in self._databases_names(include_mirrors=False):
            empty_tables(connections[name])

    TransactionTestCase._fixture_teardown = _fixture_teardown
