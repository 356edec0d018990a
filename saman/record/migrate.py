"""Brings a database to the shape this version needs: forward only, as the owner role."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(admin_url: str, app_role: str, partitions: int = 0, *, until: str = "head") -> None:
    """Apply every missing migration to the database at `admin_url`, granting the application role what it needs.

    `partitions` > 0 lays the tables out hash-partitioned by shard, which proves in tests that the keys can be
    distributed; `until` stops at an older version, to prove that it can be left. Two calls at once are safe: the
    second waits for the first.
    """
    engine = create_engine(make_url(admin_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext('saman migrate'))"))
        connection.commit()
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes.update(connection=connection, app_role=app_role, partitions=partitions)
        command.upgrade(config, until)
        connection.commit()
    engine.dispose()
