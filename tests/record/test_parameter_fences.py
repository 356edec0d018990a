"""A parameter of one's own shows nobody more than the official one that means the same, behind each fence alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random

import msgspec
import pytest

from saman.kernel.outcome import Refusal
from saman.model.access import Policy
from saman.record import Record, system
from tests.conftest import Database
from tests.record.conftest import BASE, NOW, Opener, made
from tests.record.fenced import fenced
from tests.record.parameters import built, parameter
from tests.record.restricted import RestrictedWorld

SEEDS = range(int(os.environ.get("SAMAN_FENCE_WORLDS", "1")))
PAIRS = {
    "CarePlan": [("goal", "own-goal", "reference", "CarePlan.goal")],
    "Observation": [
        ("performer", "own-performer", "reference", "Observation.performer"),
        ("code", "own-code", "token", "Observation.code"),
        ("date", "own-date", "date", "Observation.effective"),
        ("value-quantity", "own-quantity", "quantity", "Observation.value.ofType(Quantity)"),
    ],
    "Patient": [("family", "own-family", "string", "Patient.name.family")],
}
"""What is asked: type, official code, and another that means the same."""

TELLING = [("goal-text", "string", "CarePlan.goal.reference"), ("has-goal", "token", "CarePlan.goal.exists()")]
"""Others that would tell of what a plan leads to, if they could."""


class OwnWorld(RestrictedWorld):
    """A restricted world with parameters of its own, half of what is there older than they are."""

    async def build(self, persons: int = 3) -> None:
        record = Record(self.record.store, system(NOW), BASE)
        for kind, pairs in PAIRS.items():
            for _, code, type_, expression in pairs:
                await made(record, parameter(code, base=[kind], type=type_, expression=expression))
        await super().build(persons)
        for code, type_, expression in TELLING:
            await made(record, parameter(code, base=["CarePlan"], type=type_, expression=expression))
        await built(record.store)


def asked_of(world: OwnWorld, kind: str) -> list[str]:
    """Values to be asked for, some of which are there."""
    if kind == "CarePlan":
        return [f"Goal/{id}" for type_, id in world.last if type_ == "Goal"]
    return []


VALUES = {
    "performer": ["Organization/gp-1", "Organization/centre", "Organization/nobody"],
    "code": ["59408-5", "http://loinc.org|", "none"],
    "date": ["ge2026-11-19", "lt2026-11-20"],
    "value-quantity": ["88||%", "gt90||%"],
    "family": ["a", "nobody"],
}


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", SEEDS)
async def test_it_shows_what_the_official_one_shows(
    seed: int, new_database: Callable[[], Database], policy: Policy, open_at: Opener
) -> None:
    world, contexts, stores = await fenced(OwnWorld, seed, new_database, policy, open_at)
    pick, shown = Random(seed), 0
    for context in contexts:
        at = msgspec.structs.replace(context, now=pick.choice(world.times()))
        for name, store in stores.items():
            record = Record(store, at, BASE)
            for kind, pairs in PAIRS.items():
                for official, own, type_, _ in pairs:
                    values = VALUES.get(official) or asked_of(world, kind)
                    asking = [("", one) for one in values] + [(":missing", "true"), (":missing", "false")]
                    asking += [(":not", one) for one in values if type_ == "token"]
                    for modifier, value in asking:
                        wanted = await answer(record, kind, f"{official}{modifier}", value)
                        assert await answer(record, kind, f"{own}{modifier}", value) == wanted, (name, own, value)
                        shown += len(wanted[0])
            if not at.is_system:
                assert await answer(record, "CarePlan", "goal-text:missing", "false") == ([], [], 0)
                assert await answer(record, "CarePlan", "has-goal", "true") == ([], [], 0)
    assert shown > 50


async def answer(record: Record, kind: str, name: str, value: str) -> tuple[list[str], list[str], int | None]:
    """Matches, what came along by the parameter, and the total."""
    code = name.partition(":")[0]
    along = [("_include", f"{kind}:{code}")] if code in ("goal", "own-goal", "performer", "own-performer") else []
    page = await record.search(kind, [(name, value), ("_total", "accurate"), ("_count", "100"), *along])
    assert not isinstance(page, Refusal), page
    return [one.id for one in page.matches], sorted(one.id for one in page.included), page.total
