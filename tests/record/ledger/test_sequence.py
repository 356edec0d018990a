"""Every entry gets one place, whenever it becomes visible, and whatever ends in between."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import psycopg
import pytest

from saman.kernel.outcome import Refusal
from saman.record.ledger import proofs
from saman.record.ledger.note import Checkpoint, is_signed, read_note
from saman.record.ledger.sequence import extend, sweep
from saman.record.ledger.tree import consistency_ranges, inclusion_ranges, proves_consistency, proves_inclusion
from tests.record.ledger import naive
from tests.record.ledger.conftest import Kept

ADD = """INSERT INTO audit (at, request, actor, role, party, purpose, action, type, id, outcome, ground, query)
VALUES (now(), $1, 'system', '', '', '', 'R', 1, '', 0, '', '') RETURNING entry"""

UNDER_WAY = "SELECT EXISTS (SELECT FROM ledger_gap g WHERE g.horizon > pg_snapshot_xmin(pg_current_snapshot()))"


async def leaves(ledger: Kept) -> list[Any]:
    return list(await ledger.pool.fetch("SELECT position, entry, leaf FROM ledger_leaf ORDER BY position"))


async def test_what_is_committed_late_gets_a_later_place(ledger: Kept) -> None:
    """The number of an entry is given out when it is written, and others with higher numbers may be seen before it."""
    first = await asyncpg.connect(ledger.database.app_url)
    second = await asyncpg.connect(ledger.database.app_url)
    try:
        slow, gone = first.transaction(), second.transaction()
        await slow.start()
        await gone.start()
        late = await first.fetchval(ADD, "late")
        never = await second.fetchval(ADD, "never")
        early = await ledger.pool.fetchval(ADD, "early")
        assert late < never < early
        assert await ledger.number() == 1
        assert await ledger.number() == 0
        await ledger.pool.fetchval(ADD, "after")
        assert await ledger.number() == 1
        await slow.commit()
        await gone.rollback()
        assert await ledger.number() == 1
        assert [row["entry"] for row in await leaves(ledger)] == [early, early + 1, late]
    finally:
        await first.close()
        await second.close()
    assert isinstance(await ledger.sign(), Checkpoint)
    assert ledger.verify().findings == ()


async def test_a_gap_is_forgotten_only_when_nothing_can_come_of_it(ledger: Kept) -> None:
    slow = await asyncpg.connect(ledger.database.app_url)
    try:
        transaction = slow.transaction()
        await transaction.start()
        late = await slow.fetchval(ADD, "late")
        await ledger.log(1)
        await ledger.number()
        ledger.tamper("UPDATE ledger_gap SET since = since - interval '1 hour'")
        await ledger.log(1)
        await ledger.number()
        assert await ledger.pool.fetchval("SELECT count(*) FROM ledger_gap") == 1
        await transaction.commit()
    finally:
        await slow.close()
    assert await ledger.number() == 1
    assert late in [row["entry"] for row in await leaves(ledger)]
    await past_every_gap(ledger)
    await ledger.log(1)
    await ledger.number()
    assert await ledger.pool.fetchval("SELECT count(*) FROM ledger_gap") == 0


async def past_every_gap(ledger: Kept) -> None:
    """Until every transaction that was under way when a gap was seen has ended, those of other databases here too."""
    while await ledger.pool.fetchval(UNDER_WAY):
        continue


async def test_what_nobody_looks_for_any_more_is_swept_up(ledger: Kept) -> None:
    slow = await asyncpg.connect(ledger.database.app_url)
    try:
        transaction = slow.transaction()
        await transaction.start()
        late = await slow.fetchval(ADD, "late")
        await ledger.log(1)
        await ledger.number()
        ledger.tamper("DELETE FROM ledger_gap")
        await transaction.commit()
    finally:
        await slow.close()
    assert await ledger.number() == 0
    assert await sweep(ledger.pool) == 1
    assert await sweep(ledger.pool) == 0
    assert await ledger.number() == 1
    assert [row["entry"] for row in await leaves(ledger)] == [late + 1, late]


async def test_sequencers_do_not_get_in_each_others_way(ledger: Kept) -> None:
    await ledger.log(700)
    numbered = await asyncio.gather(*(extend(ledger.pool) for _ in range(4)))
    assert sum(numbered) + await ledger.number() == 700
    assert [row["position"] for row in await leaves(ledger)] == list(range(700))
    assert len({row["entry"] for row in await leaves(ledger)}) == 700


async def test_a_sequencer_that_is_killed_leaves_what_goes_on(ledger: Kept) -> None:
    """What it did in one transaction is there or not; here it is not, and the next one does it."""
    await ledger.log(300)
    with psycopg.connect(ledger.database.app_url) as killed:
        killed.execute("SELECT ledger_extend(5000)")
        pid = killed.info.backend_pid
        ledger.tamper(f"SELECT pg_terminate_backend({pid}, 5000)")
        with pytest.raises(psycopg.OperationalError):
            killed.execute("SELECT 1")
    assert await leaves(ledger) == []
    assert await ledger.number() == 300
    assert isinstance(await ledger.sign(), Checkpoint)
    assert ledger.verify().findings == ()


async def test_roots_and_proofs_are_those_of_the_definition(ledger: Kept) -> None:
    """Over several stored blocks and a part of one; with 70 000 leaves a second level would be stored too."""
    await ledger.log(1100)
    await ledger.number()
    hashes = [row["leaf"] for row in await leaves(ledger)]
    for size in (1, 2, 255, 256, 257, 512, 700, 1024, 1100):
        assert await proofs.root_of(ledger.pool, size) == naive.root(hashes[:size])
        path = await proofs.roots_of(ledger.pool, inclusion_ranges(size // 2, size))
        assert proves_inclusion(hashes[size // 2], size // 2, size, path, naive.root(hashes[:size]))
        roots = (naive.root(hashes[:size]), naive.root(hashes))
        assert proves_consistency(size, 1100, roots, await proofs.consistency(ledger.pool, size, 1100))
    assert consistency_ranges(1100, 1100) == []
    with pytest.raises(LookupError):
        await proofs.root_of(ledger.pool, 1101)


async def test_a_checkpoint_is_signed_once_and_only_when_something_came(ledger: Kept) -> None:
    assert await ledger.sign() is None
    await ledger.log(3)
    await ledger.number()
    made = await ledger.sign()
    assert isinstance(made, Checkpoint)
    assert made.size == 3
    assert await ledger.sign() is None
    read = read_note(await ledger.pool.fetchval("SELECT note FROM ledger_checkpoint"))
    assert not isinstance(read, Refusal)
    assert read[0] == made == ledger.near.last()
    assert is_signed(*read, ledger.signer.verifier)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x'", "DELETE FROM audit", "SELECT actor FROM audit", "SELECT salt FROM ledger_leaf",
        "INSERT INTO ledger_leaf VALUES (99, 99, '', '')", "UPDATE ledger_leaf SET leaf = ''",
        "DELETE FROM ledger_leaf", "INSERT INTO ledger_node VALUES (1, 99, '')", "DELETE FROM ledger_node",
        "UPDATE ledger_checkpoint SET note = ''", "DELETE FROM ledger_checkpoint", "DELETE FROM ledger_gap",
        "DELETE FROM ledger_difference", "UPDATE ledger_difference SET kind = ''", "SELECT audit_text(a) FROM audit a",
        "TRUNCATE ledger_leaf", "DELETE FROM ledger_seen",
    ],
)  # fmt: skip
async def test_the_application_can_add_and_nothing_else(ledger: Kept, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ledger.pool.execute(statement)
