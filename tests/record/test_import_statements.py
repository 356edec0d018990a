"""What is imported under new ids is looked for once for all lines together, in the name of an app too."""

from __future__ import annotations

import msgspec
import pytest

from saman.model.access.scopes import Narrowing, read_scopes
from saman.ops.importing_files import Line
from saman.ops.importing_storing import store
from saman.record import Record, system
from tests.record.conftest import BASE, NOW
from tests.record.test_query_plans import listening


@pytest.fixture
def app(record: Record) -> Record:
    narrowing = Narrowing(read_scopes("system/*.cruds").scopes, None)
    return Record(record.store, msgspec.structs.replace(system(NOW), narrowing=narrowing), BASE)


def lines(many: int, *, active: bool) -> list[Line]:
    """As many people, under ids of elsewhere."""
    ids = [f"elsewhere-{many}-{number}" for number in range(many)]
    people = [{"resourceType": "Patient", "id": id, "active": active, "gender": "other"} for id in ids]
    return [Line(number, one) for number, one in enumerate(people, 1)]


async def asked(app: Record, some: list[Line], done: str) -> int:
    """How many statements it takes to store them, which gives this."""
    async with listening(app) as heard:
        assert await store(app, some) == {("Patient", done): len(some)}
    return len(heard)


async def test_more_lines_ask_no_more_of_the_database(app: Record) -> None:
    few = await asked(app, lines(2, active=True), "created")
    assert await asked(app, lines(40, active=True), "created") == few


async def test_what_was_deleted_is_made_again(app: Record) -> None:
    some = lines(3, active=True)
    await asked(app, some, "created")
    for one in some:
        await app.delete(*one.key)
    assert await store(app, some) == {("Patient", "updated"): 3}


async def test_what_is_there_is_updated_or_left_alone(app: Record) -> None:
    some = lines(4, active=True)
    await asked(app, some, "created")
    assert await store(app, some) == {("Patient", "unchanged"): 4}
    assert await store(app, lines(4, active=False)) == {("Patient", "updated"): 4}
