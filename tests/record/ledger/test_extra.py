"""An entry that no server handed to the log is found; what a killed server left is not mistaken for one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from saman.record import Context, Record, Written
from saman.record.audit import AuditWriter
from saman.record.ledger.differences import EXTRA, Difference
from saman.record.ledger.extra import AFTER, ranges
from saman.record.ledger.reconcile import Reconciliation
from saman.record.ledger.sequence import extend, sweep
from saman.record.ledger.state import state_of
from saman.record.traffic import Settled
from tests.record.conftest import BASE, NOW, observation
from tests.record.ledger.conftest import entry
from tests.record.ledger.test_reconcile import CALLS, Served, served, who

__all__ = ["served", "who"]

NURSE = Context(0, "Practitioner/1", "nurse", "unit-1", "TREAT", NOW, "nurse")
INSERT = """INSERT INTO audit ({number} at, request, actor, role, party, purpose, action, type, id, version, person,
    outcome, ground, query) {override} VALUES ({value} '{at}', 'made-up', '{actor}', 'nurse', 'unit-1', 'TREAT',
    '{action}', 1, 'x', 1, 'somebody', 0, '', '')"""


def made_up(at: Any = NOW, actor: str = "Practitioner/framed", action: str = "R", number: int = 0) -> str:
    """What somebody says who puts an entry into the database."""
    override = "OVERRIDING SYSTEM VALUE" if number else ""
    return INSERT.format(at=at, actor=actor, action=action, override=override,
                         number="entry," if number else "", value=f"{number}," if number else "")  # fmt: skip


async def later(served: Served, after: timedelta = AFTER + timedelta(minutes=1)) -> list[Difference]:
    """What is found once everything has its place and is old enough."""
    await sweep(served.store.pool)
    await extend(served.store.pool)
    reconciliation = Reconciliation(served.store, served.folder)
    return await reconciliation.run(NOW + after, (NOW + after).timestamp())


async def by_nurse(served: Served, who: str) -> None:
    """A nurse reads and writes through a server."""

    async def reading(_: Record) -> Any:
        return await Record(served.store, NURSE, BASE).read("Patient", who)

    async def writing(_: Record) -> Any:
        return await Record(served.store, NURSE, BASE).create(observation(who))

    await served.answer(reading)
    assert isinstance(await served.answer(writing), Written)


async def test_what_came_through_servers_and_commands_is_not_extra(served: Served, who: str) -> None:
    await by_nurse(served, who)
    await served.answer(CALLS["read"](who))
    assert await later(served) == []
    assert await later(served) == []


@pytest.mark.parametrize(
    "statement",
    [
        made_up(),
        made_up(at=NOW - timedelta(days=400)),
        made_up(at=NOW + timedelta(days=400)),
        made_up(action="C"),
        made_up(action="E"),
        made_up(actor="system").replace("made-up", "app:lab:made-up"),
    ],
)
async def test_an_entry_that_somebody_put_into_the_database_is_found(served: Served, who: str, statement: str) -> None:
    await by_nurse(served, who)
    served.tamper(statement)
    assert [one.kind for one in await later(served)] == [EXTRA]
    assert await later(served) == [], "it is found once"
    assert "log-differs" in (await state_of(served.store.pool)).troubles(NOW)


async def test_an_entry_under_a_number_that_was_passed_over_is_found(served: Served, who: str) -> None:
    served.tamper("ALTER SEQUENCE audit_entry_seq RESTART WITH 100000")
    await by_nurse(served, who)
    assert await later(served) == []
    served.tamper(made_up(number=99_000))
    assert [(one.kind, one.entry) for one in await later(served)] == [(EXTRA, 99_000)]


async def test_nothing_is_said_before_every_machine_could_have_noted(served: Served, who: str) -> None:
    served.tamper(made_up())
    assert await later(served, timedelta(minutes=5)) == []
    assert [one.kind for one in await later(served)] == [EXTRA]


async def test_a_server_that_was_killed_before_it_could_note_has_added_nothing(served: Served, who: str) -> None:
    """Between commit and note: a read was meant, and of a write there is the version."""
    read = entry(1)
    served.journal.mean([read])
    await AuditWriter(served.store.pool).write(read)
    assert isinstance(await Record(served.store, NURSE, BASE).create(observation(who)), Written)
    assert await later(served) == []
    served.journal(Settled([read], [10**9], [], 0))


def test_numbers_are_kept_as_the_ranges_they_fill() -> None:
    found = [(one.lower, one.upper) for one in ranges([5, 1, 2, 2, 3, 9])]
    assert found == [(1, 4), (5, 6), (9, 10)]
    assert ranges([]) == []
