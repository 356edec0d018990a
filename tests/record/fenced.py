"""A world behind each of the two fences alone, and behind both."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg import sql

from saman.kernel.outcome import Refusal
from saman.model.access import Policy
from saman.record import Context, Store, open_store
from tests.conftest import Database
from tests.record.conftest import Opener
from tests.record.world import World

W = TypeVar("W", bound=World)


async def fenced(
    kind: Callable[[int, Store, Policy], W],
    seed: int,
    new_database: Callable[[], Database],
    policy: Policy,
    open_at: Opener,
) -> tuple[W, list[Context], dict[str, Store]]:
    """A world of some kind made from a seed, who looks at it, and a store for each way of fencing it."""
    database = new_database()
    making = await open_store(database.app_url, policy)
    assert not isinstance(making, Refusal)
    world = kind(seed, making, policy)
    await world.build()
    contexts = await world.contexts()
    await making.close()
    stores = {
        "first fence alone": await open_at(without_row_security(new_database, database).app_url),
        "both": await open_at(database.app_url),
        "second fence alone": await open_at(database.app_url, first_fence=False),
    }
    return world, contexts, stores


def without_row_security(new_database: Callable[[], Database], first: Database) -> Database:
    """A copy of a database in which the second fence is down."""
    copy = new_database()
    with psycopg.connect(first.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(copy.name)))
    other = psycopg.conninfo.conninfo_to_dict(first.superuser_url) | {"dbname": "postgres"}
    with psycopg.connect(**other, autocommit=True) as connection:
        owner = psycopg.conninfo.conninfo_to_dict(first.admin_url)["user"]
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        names = map(sql.Identifier, (copy.name, first.name, str(owner)))
        connection.execute(make.format(*names))
    with psycopg.connect(copy.superuser_url, autocommit=True) as connection:
        for table in ("resource", "history", "token", "string", "date", "quantity", "reference", "work"):
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(sql.Identifier(table)))
    return copy
