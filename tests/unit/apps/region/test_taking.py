"""Which municipalities have a service on a day: from the start, by an option, not yet, no longer, or not at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from saman.apps.region.taking import Taken, takes
from saman.model.care.caremodel import CareModel
from saman.ops.region import Region, open_region

DAY = date(2026, 11, 20)
BYKLE = "4222"


@pytest.fixture(scope="module")
def agder() -> CareModel:
    region = open_region(Path("regions/no-agder"))
    assert isinstance(region, Region)
    return region.model


def with_option(model: CareModel, **changed: object) -> CareModel:
    """The care model with its option of the safety alarm as `changed` says."""
    agreements = []
    for one in model.agreements:
        parts = tuple(
            msgspec.structs.replace(part, **changed) if part.take.value == "optional" else part for part in one.services
        )
        agreements.append(msgspec.structs.replace(one, services=parts))
    return msgspec.structs.replace(model, agreements=tuple(agreements))


@pytest.mark.parametrize(
    ("until", "exercised", "taken"),
    [
        (None, None, Taken.OPTIONAL),
        (DAY, None, Taken.OPTIONAL),
        (date(2026, 11, 19), None, Taken.ENDED),
        (None, DAY, Taken.EXERCISED),
        (date(2026, 11, 19), date(2026, 1, 1), Taken.EXERCISED),
        (None, date(2026, 11, 21), Taken.OPTIONAL),
    ],
)
def test_an_option_is_open_taken_up_or_ended(
    agder: CareModel, until: date | None, exercised: date | None, taken: Taken
) -> None:
    model = with_option(agder, option_until=until, exercised=exercised)
    alarm = model.service("safety-alarm")
    assert alarm is not None
    assert takes(model, alarm, DAY)[BYKLE].taken is taken


def test_an_agreement_that_ran_out_gives_nothing(agder: CareModel) -> None:
    ended = tuple(msgspec.structs.replace(one, valid_to=date(2026, 11, 19)) for one in agder.agreements)
    model = msgspec.structs.replace(agder, agreements=ended)
    alarm = model.service("safety-alarm")
    assert alarm is not None
    assert {one.taken for one in takes(model, alarm, DAY).values()} == {Taken.ENDED, Taken.NONE}


def test_without_an_agreement_it_is_for_all(agder: CareModel) -> None:
    model = msgspec.structs.replace(agder, agreements=())
    alarm = model.service("safety-alarm")
    assert alarm is not None
    found = takes(model, alarm, DAY)
    assert len(found) == 25
    assert {one.taken for one in found.values()} == {Taken.ACTIVE}
    assert all(one.agreement is None for one in found.values())
