"""All sources in which a server stores data, as bytes: database tables, files, logs, Redis."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connection

from accounts.models import User
from messaging.zero_knowledge.search import Source

ROWS_AT_ONCE = 2000
FILE_CHUNK_BYTES = 4 * 1024 * 1024
OVERLAP_BYTES = 64 * 1024
OWN_SCHEMAS = """
    SELECT n.nspname, c.relname, a.attname, a.atttypid = 'bytea'::regtype
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
      AND n.nspname NOT LIKE 'pg\\_temp%'
    ORDER BY n.nspname, c.relname, a.attnum
"""

# --- the database ----------------------------------------------------------------------------------------------------


def tables(control: str) -> list[Source]:
    """Every table of the configured database, including tables without a model. `control`: an email."""
    columns = postgresql_columns() if connection.vendor == "postgresql" else sqlite_columns()
    controls = {User._meta.db_table: control}
    return [
        Source(f"table {name}", rows_of(select, names), controls.get(name))
        for name, (select, names) in sorted(columns.items())
    ]


def sqlite_columns() -> dict[str, tuple[str, list[str]]]:
    """{table: (query of all its values, column names)}"""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in cursor.fetchall():
            cursor.execute("SELECT name FROM pragma_table_info(%s)", [table])
            names = [name for (name,) in cursor.fetchall()]
            values = [f"CAST({quoted(name)} AS BLOB)" for name in names]  # text columns may contain invalid UTF-8
            found[table] = (selection(values, quoted(table)), names)
    return found


def postgresql_columns() -> dict[str, tuple[str, list[str]]]:
    by_table: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(OWN_SCHEMAS)
        for schema, table, column, is_binary in cursor.fetchall():
            by_table.setdefault((schema, table), []).append((column, is_binary))
    found = {}
    for (schema, table), columns in by_table.items():
        values = [quoted(column) if is_binary else f"{quoted(column)}::text" for column, is_binary in columns]
        name = table if schema == "public" else f"{schema}.{table}"
        found[name] = (selection(values, f"{quoted(schema)}.{quoted(table)}"), [column for column, _ in columns])
    return found


def selection(values: list[str], table: str) -> str:
    """The names come from the database's catalogue and are quoted."""
    return f"SELECT {', '.join(values)} FROM {table}"  # nosec B608


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def rows_of(select: str, columns: list[str]) -> Iterator[tuple[str, bytes]]:
    parts = [f"column {name}" for name in columns]
    with connection.chunked_cursor() as cursor:
        cursor.execute(select)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            for row in rows:
                yield from (
                    (part, as_bytes(value)) for part, value in zip(parts, row, strict=True) if value is not None
                )


def as_bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else str(value).encode(errors="replace")


# --- files -----------------------------------------------------------------------------------------------------------


def stored_files(control: str) -> Source:
    """Files in VAR_DIR and FILES_DIR, with the SQLite database and its journal, but not the public static files."""
    found = {*all_files(settings.VAR_DIR), *(all_files(settings.FILES_DIR) if settings.FILES_DIR.is_dir() else [])}
    paths = [path for path in sorted(found) if not path.is_relative_to(settings.STATIC_ROOT)]
    return Source("files in VAR_DIR", files(paths), control if connection.vendor == "sqlite" else None)


def logs(paths: list[Path], control: str | None) -> Source:
    return Source("logs", files([file for path in paths for file in all_files(path)]), control)


def all_files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def files(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        yield from ((str(path), chunk) for chunk in overlapping_chunks(path))


def overlapping_chunks(path: Path) -> Iterator[bytes]:
    """Chunks overlap, so that a text across their border is found."""
    with path.open("rb") as file:
        end = b""
        while chunk := file.read(FILE_CHUNK_BYTES):
            yield end + chunk
            end = chunk[-OVERLAP_BYTES:]


# --- Redis -----------------------------------------------------------------------------------------------------------

READ = {
    b"string": lambda client, key: [client.get(key)],
    b"list": lambda client, key: client.lrange(key, 0, -1),
    b"set": lambda client, key: client.smembers(key),
    b"zset": lambda client, key: client.zrange(key, 0, -1),
    b"hash": lambda client, key: [part for pair in client.hgetall(key).items() for part in pair],
    b"stream": lambda client, key: stream_parts(client.xrange(key)),
}


def redis_keys() -> Source:
    """All databases of the Redis server, not only the configured one."""
    return Source("Redis", values_of_redis())


def values_of_redis() -> Iterator[tuple[str, bytes]]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        databases = [int(name.removeprefix("db")) for name in client.info("keyspace")]
    for number in databases:
        with redis.Redis.from_url(settings.REDIS_URL, db=number) as client:
            for key in client.scan_iter(count=1000):
                yield "a key", key
                yield from values_of_key(client, key)


def values_of_key(client: Any, key: bytes) -> Iterator[tuple[str, bytes]]:
    kind = client.type(key)
    read = READ.get(kind, lambda client, key: [client.dump(key)])  # a type of a Redis module
    try:
        values = read(client, key)
    except redis.ResponseError:  # the key has expired and was created again with another type
        return
    yield from ((f"a {kind.decode()}", value) for value in values if value is not None)


def stream_parts(entries: Any) -> Iterator[bytes]:
    for _, fields in entries:
        for pair in fields.items():
            yield from pair
