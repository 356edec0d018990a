"""`saman parameters` and what `saman reindex` does for them, from the outside."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg

from saman.kernel import json
from tests.conftest import Database
from tests.http.cli.conftest import Saman
from tests.record.parameters import parameter, with_eyes


def test_they_are_listed_and_built(saman: Saman, tmp_path: Path) -> None:
    file = tmp_path / "some.ndjson"
    several = [with_eyes("blue", id="kari"), with_eyes("brown", id="ola"), parameter("eyes", id="eyes")]
    file.write_bytes(b"\n".join(map(json.encode, several)))
    assert saman("import", file).status == 0
    [one] = saman("parameters", "--json").json()
    assert (one["source"], one["code"], one["bases"], one["state"]) == ("eyes", "eyes", ["Patient"], "building")
    assert (one["done"], one["count"]) == (0, 0)
    done = saman("reindex")
    assert (done.status, done.err) == (0, "The index is whole: 3 resources.\n")
    [one] = saman("parameters", "--json").json()
    assert (one["state"], one["done"], one["count"]) == ("ready", 100, 2)
    assert "eyes" in saman("parameters").out


async def test_building_waits_for_what_was_begun_before(saman: Saman, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "late.ndjson"
    file.write_bytes(json.encode(parameter("late", id="late")))
    assert (await asyncio.to_thread(saman, "import", file)).status == 0
    before = await asyncpg.connect(database.superuser_url)
    look = await asyncpg.connect(database.superuser_url)
    begun = before.transaction()
    await begun.start()
    await before.execute("SELECT pg_current_xact_id()")
    command = asyncio.create_task(asyncio.to_thread(saman, "reindex"))
    while await look.fetchval("SELECT barrier FROM parameter WHERE source = 'late'") is None:
        assert not command.done()
    assert await look.fetchval("SELECT state FROM parameter WHERE source = 'late'") == "building"
    await begun.rollback()
    assert (await command).err.endswith("resources.\n")
    assert await look.fetchval("SELECT state FROM parameter WHERE source = 'late'") == "ready"
    await before.close()
    await look.close()
