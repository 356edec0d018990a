"""Agreements and options that end soon."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from saman.flows.governance.meetings_due import AHEAD, endings
from saman.model.care.agreement import Agreement, AgreementKind, Coverage, Take

TODAY = date(2026, 11, 20)


def agreement(ends: date | None, *services: Coverage) -> Agreement:
    return Agreement(
        id="a",
        name="A",
        kind=AgreementKind.SERVICE,
        parties=("p",),
        purpose={"en": "."},
        services=services,
        valid_to=ends,
    )


def option(until: date | None, exercised: date | None = None, take: Take = Take.OPTIONAL) -> Coverage:
    return Coverage(service="alarm", take=take, parties=("p",), option_until=until, exercised=exercised)


@pytest.mark.parametrize(("days", "told"), [(-1, False), (0, True), (90, True), (91, False)])
def test_what_ends_within_ninety_days_is_told(days: int, told: bool) -> None:
    day = TODAY + timedelta(days=days)
    assert [one.on for one in endings([agreement(day)], TODAY)] == [day] * told
    assert [one.service for one in endings([agreement(None, option(day))], TODAY)] == ["alarm"] * told


def test_what_is_taken_up_or_has_no_end_is_not() -> None:
    soon = TODAY + AHEAD
    taken = (option(soon, exercised=TODAY), option(None), option(soon, take=Take.ACTIVE))
    assert endings([agreement(None, *taken)], TODAY) == ()
