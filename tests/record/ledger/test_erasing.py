"""What is erased is gone, its commitment stays, and nobody can pass a deletion off as an erasing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from saman.record.ledger import erasing
from saman.record.ledger.erasing import Plan, Wanted, erase, erased_ranges, planned, ranges_of
from tests.record.ledger.conftest import NOW, Kept, entry

LATER = NOW + timedelta(days=400)
OLD = Wanted(NOW + timedelta(days=30), "by R20 what is older than P1Y")


@pytest.fixture
def owner(ledger: Kept) -> Iterator[psycopg.Connection]:
    with psycopg.connect(ledger.database.admin_url, autocommit=True) as connection:
        yield connection


def everything(owner: psycopg.Connection) -> str:
    """All that the tables of the log hold, as text."""
    rows = owner.execute("SELECT a::text FROM audit a").fetchall()
    return "\n".join(row[0] for row in rows)


async def test_a_plan_changes_nothing(ledger: Kept, owner: psycopg.Connection) -> None:
    await ledger.fill(300)
    before = everything(owner)
    plan = planned(owner, OLD, LATER)
    assert (plan.entries, plan.oldest) == (300, entry(0).context.now)
    assert everything(owner) == before


async def test_what_is_erased_is_gone_and_the_ledger_holds(ledger: Kept, owner: psycopg.Connection) -> None:
    await ledger.fill(300, 300)
    ledger.forget()
    leaves = owner.execute("SELECT position, entry, leaf FROM ledger_leaf ORDER BY position").fetchall()
    assert sum(erase(owner, OLD, LATER)) == 600
    assert "Practitioner/" not in everything(owner)
    assert owner.execute("SELECT count(*) FROM ledger_leaf WHERE salt <> ''").fetchone() == (0,)
    assert owner.execute("SELECT position, entry, leaf FROM ledger_leaf ORDER BY position").fetchall() == leaves
    verdict = ledger.verify()
    assert (verdict.findings, verdict.erased, verdict.staged) == ((), 600, 1)
    await ledger.number()
    await ledger.sign()
    verdict = ledger.verify()
    assert (verdict.findings, verdict.erased, verdict.entries) == ((), 600, 601)
    assert planned(owner, OLD, LATER) == Plan(0, None, None), "an erasing is never erased"


async def test_single_entries_are_erased_by_decision(ledger: Kept, owner: psycopg.Connection) -> None:
    numbers = await ledger.fill(300)
    ledger.forget()
    wanted = Wanted(LATER, "by decision 2026/17", (numbers[3], numbers[4], numbers[9], 10**15))
    assert list(erase(owner, wanted, LATER)) == [3]
    assert erased_ranges(owner) == [(numbers[3], numbers[4]), (numbers[9], numbers[9])]
    verdict = ledger.verify()
    assert (verdict.findings, verdict.erased) == ((), 3)


async def test_a_deletion_without_an_erasing_is_found_as_ever(ledger: Kept, owner: psycopg.Connection) -> None:
    numbers = await ledger.fill(300)
    ledger.forget()
    list(erase(owner, Wanted(LATER, "by decision 1", (numbers[5],)), LATER))
    ledger.tamper(
        f"DELETE FROM audit WHERE entry = {numbers[7]}", f"UPDATE ledger_leaf SET salt = '' WHERE entry = {numbers[7]}"
    )
    assert (ledger.first().entry, ledger.first().what) == (numbers[7], "is gone from the log")


async def test_an_erasing_that_is_made_to_say_more_is_found(ledger: Kept, owner: psycopg.Connection) -> None:
    numbers = await ledger.fill(300)
    ledger.forget()
    list(erase(owner, Wanted(LATER, "by decision 1", (numbers[5],)), LATER))
    await ledger.number()
    await ledger.sign()
    ledger.tamper(
        f"UPDATE audit SET query = query || ' {numbers[7]}' WHERE query LIKE 'administration erased%'",
        f"DELETE FROM audit WHERE entry = {numbers[7]}",
        f"UPDATE ledger_leaf SET salt = '' WHERE entry = {numbers[7]}",
    )
    assert "is not what was logged" in {one.what for one in ledger.verify().findings}


async def test_an_entry_that_was_erased_cannot_be_put_back_otherwise(ledger: Kept, owner: psycopg.Connection) -> None:
    numbers = await ledger.fill(300)
    ledger.forget()
    ledger.tamper(f"CREATE TABLE kept AS SELECT * FROM audit WHERE entry = {numbers[5]}")
    list(erase(owner, Wanted(LATER, "by decision 1", (numbers[5],)), LATER))
    ledger.tamper("INSERT INTO audit OVERRIDING SYSTEM VALUE SELECT * FROM kept")
    assert (ledger.first().entry, ledger.first().what) == (numbers[5], "is not what was logged")


async def test_what_is_fresh_or_under_no_checkpoint_stays(ledger: Kept, owner: psycopg.Connection) -> None:
    await ledger.fill(3)
    await ledger.log(2)
    await ledger.number()
    assert planned(owner, OLD, LATER).entries == 3
    assert planned(owner, Wanted(LATER, "by decision 1"), NOW + timedelta(minutes=59)).entries == 0


async def test_parts_end_where_an_entry_would_name_too_many_ranges(
    ledger: Kept, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = await ledger.fill(40)
    ledger.forget()
    monkeypatch.setattr(erasing, "MOST_RANGES", 4)
    assert list(erase(owner, Wanted(LATER, "by decision 1", tuple(numbers[::4])), LATER)) == [4, 4, 2]
    assert ledger.verify().findings == ()


async def test_a_crash_in_the_middle_leaves_whole_parts(
    ledger: Kept, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = await ledger.fill(40)
    ledger.forget()
    monkeypatch.setattr(erasing, "MOST_RANGES", 4)
    wanted = Wanted(LATER, "by decision 1", tuple(numbers[::4]))
    parts = erase(owner, wanted, LATER)
    assert next(parts) == 4
    with monkeypatch.context() as patched:
        patched.setattr(erasing, "_UNSALTED", "UPDATE nothing SET salt = %s")
        with pytest.raises(psycopg.Error):
            next(parts)
    assert (ledger.verify().findings, ledger.verify().erased) == ((), 4)
    assert sum(erase(owner, wanted, LATER)) == 6


async def test_the_application_cannot_erase(ledger: Kept) -> None:
    await ledger.fill(3)
    with (
        psycopg.connect(ledger.database.app_url, autocommit=True) as app,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        list(erase(app, OLD, LATER))


def test_numbers_become_ranges() -> None:
    assert ranges_of([1, 2, 3, 5, 8, 9]) == [(1, 3), (5, 5), (8, 9)]
    assert ranges_of([]) == []
