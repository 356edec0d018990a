"""What the database weighs once it is tidy."""

from __future__ import annotations

from typing import NamedTuple

import psycopg

_TABLES = """SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""
LISTED = 8
FOR_A_TIME = {"outbox": " until it has been told"}
"""Tables that what is stored leaves again, and when."""


class Weight(NamedTuple):
    """The server's version, the bytes of the database, and of each table with its indexes."""

    version: str
    whole: int
    tables: dict[str, int]


def weighed(url: str) -> Weight:
    """The weight now, as the superuser sees it; caches have been written out and statistics are up to date."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
        found = connection.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
        version, whole = found.fetchone() or ("?", 0)
        return Weight(version, whole, dict(connection.execute(_TABLES).fetchall()))


def grown(before: Weight, after: Weight, many: int) -> str:
    """Which tables have grown most, in bytes for each of so many resources."""
    each = {name: (size - before.tables.get(name, 0)) / many for name, size in after.tables.items()}
    listed = sorted(each.items(), key=lambda one: -one[1])[:LISTED]
    return ", ".join(f"{name} {size:,.0f}{FOR_A_TIME.get(name, '')}" for name, size in listed if size >= 1)
