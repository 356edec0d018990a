"""Makes room in a database for a backup that is brought back; what was there goes only when that has worked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from saman.kernel.outcome import Kind, Refusal, refused

LEAVING = 20
"""How often to look whether a connection that was closed has gone."""

_BEFORE = "saman_before"


def in_the_way(connection: psycopg.Connection, *, force: bool) -> Refusal | None:
    """Refuse a database that somebody else uses, or, without `force`, one that holds anything."""
    if _in_use(connection):
        text = "Somebody is using the database. Stop `saman serve` and `saman worker` first."
        return refused(Kind.CONFLICT, "lock-error", text)
    if not force and connection.execute(_TABLES).fetchone() is not None:
        text = "The database is not empty. Bring a backup back into a new one, or put it in place of this with --force."
        return refused(Kind.CONFLICT, "duplicate", text)
    return None


def _in_use(connection: psycopg.Connection) -> bool:
    """Whether anybody else is connected, and stays for two seconds."""
    for _ in range(LEAVING):
        if connection.execute(_OTHERS).fetchone() is None:
            return False
        time.sleep(0.1)
    return True


_OTHERS = """SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL LIMIT 1"""
_TABLES = "SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace LIMIT 1"


@contextmanager
def empty_room(connection: psycopg.Connection, *, wanted: bool) -> Iterator[list[bool]]:
    """An empty schema; what was there is kept aside until the list that is given holds something, or comes back."""
    done: list[bool] = []
    if not wanted:
        yield done
        return
    _come_back(connection)
    with connection.transaction():
        connection.execute(f"ALTER SCHEMA public RENAME TO {_BEFORE}")
        connection.execute("CREATE SCHEMA public")
    try:
        yield done
    finally:
        if done:
            connection.execute(f"DROP SCHEMA {_BEFORE} CASCADE")
        _come_back(connection)


def _come_back(connection: psycopg.Connection) -> None:
    """Put back what an unfinished restore has set aside."""
    with connection.transaction():
        if connection.execute("SELECT to_regnamespace(%s)", (_BEFORE,)).fetchone() != (None,):
            connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
            connection.execute(f"ALTER SCHEMA {_BEFORE} RENAME TO public")


def analyse(connection: psycopg.Connection) -> None:
    """Let the database count anew, so that it plans well from the first question on."""
    connection.execute("ANALYZE")
