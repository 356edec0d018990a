"""Whom a statement is said to be about changes what the fences look up, and never what they let through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import msgspec
import pytest

from saman.model.access import Policy
from saman.record import Record, Store
from saman.record.fence import GATED, gate
from tests.conftest import Database
from tests.record.conftest import BASE, Opener
from tests.record.fenced import fenced
from tests.record.restricted import RestrictedWorld

VALUED = ("token", "reference")
MOMENTS = 3
STRANGERS = ("", "nobody", "' OR true --", "a b", "Patient/x")


def questions(store: Store) -> Iterator[str]:
    """Everything that is fenced by whom it is about, behind the forms that the first fence has."""
    fence = store.fence
    for whom in (False, True):
        yield gate(f"""SELECT r.type::text, r.id, seen.ground, seen.fenced FROM resource r {fence.join("r", whom=whom)}
            WHERE {GATED} AND {fence.holds("r")}""")
        yield gate(f"SELECT r.type::text, r.id FROM resource r WHERE {GATED} AND {fence.exists('r', whom=whom)}")
    for table in VALUED:
        yield gate(f"SELECT x.type::text, x.id FROM {table} x WHERE {GATED} AND {fence.exists('x', table)}")


@pytest.mark.parametrize("seed", range(2))
async def test_whoever_is_named_sees_what_is_seen_when_nobody_is(
    seed: int, new_database: Callable[[], Database], policy: Policy, open_at: Opener
) -> None:
    world, contexts, stores = await fenced(RestrictedWorld, seed, new_database, policy, open_at)
    shown, pick = set[str](), Random(seed)
    for context in contexts:
        at = msgspec.structs.replace(context, now=pick.choice(world.times()))
        answers: dict[str, list[list[tuple[str, ...]]]] = {}
        for name, store in stores.items():
            record = Record(store, at, BASE)
            for whom in (*world.persons, *STRANGERS):
                rows = [await record.fetch(sql, whom=whom) for sql in questions(store)]
                answers[f"{name}, {whom}"] = [sorted(map(tuple, each), key=str) for each in rows]
        first, *others = answers.values()
        plain, by_condition, hinted, hinted_by_condition, *_ = first
        assert (hinted, hinted_by_condition) == (plain, by_condition)
        assert all(other == first for other in others), answers.keys()
        shown |= {row[1] for row in plain}
    assert len(shown) > 20
