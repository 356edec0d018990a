"""What a reference gives as its identifier finds nothing for those to whom the reference is not shown."""

from __future__ import annotations

from itertools import count

import pytest

from saman.kernel.outcome import Kind, Refusal
from saman.record import Page, Record, Stored, Written
from saman.record.search import identified
from tests.record.conftest import made
from tests.record.test_restrictions import Ward, found

SYSTEM = "urn:test:goal"


async def named(record: Record) -> Ward:
    """A ward whose plan names its goals by identifiers besides: `told`, which may be known of, and `kept`."""
    ward = await Ward(record).build()
    plan = await record.read("CarePlan", ward.plan)
    assert isinstance(plan, Stored)
    changed = plan.resource()
    for goal, value in zip(changed["goal"], ("told", "kept"), strict=True):
        goal["identifier"] = {"system": SYSTEM, "value": value}
    assert isinstance(await record.update("CarePlan", ward.plan, changed), Written)
    return ward


@pytest.mark.parametrize("form", ["{}", f"{SYSTEM}|{{}}", "x,{}"])
async def test_the_identifier_of_what_is_withheld_finds_nothing(record: Record, form: str) -> None:
    ward = await named(record)
    about = ("patient", ward.who)
    for value, is_mine in (("told", True), ("kept", False), ("absent", None)):
        asked = ("goal:identifier", form.replace("{}", value))
        there = [] if is_mine is None else [ward.plan]
        assert await found(record, "CarePlan", about, asked) == there
        assert await found(ward.coordinator, "CarePlan", about, asked) == (there if is_mine else [])
        assert await found(ward.coordinator, "CarePlan", about, asked, ("_content", "active")) == (
            there if is_mine else []
        )
        led = [ward.who] if there else []
        along = ("_has:CarePlan:patient:goal:identifier", asked[1])
        assert await found(record, "Patient", ("_id", ward.who), along) == led
        assert await found(ward.coordinator, "Patient", ("_id", ward.who), along) == (led if is_mine else [])


async def test_who_keeps_a_system_alone_is_asked_so_too(record: Record) -> None:
    ward = await named(record)
    asked = [("patient", ward.who), ("goal:identifier", f"{SYSTEM}|")]
    assert await found(ward.coordinator, "CarePlan", *asked) == [ward.plan]
    assert await found(ward.coordinator, "CarePlan", *asked, ("goal:identifier", "kept")) == []


async def test_all_pages_of_what_is_restricted_are_looked_at(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    ward = await named(record)
    plan = await record.read("CarePlan", ward.plan)
    assert isinstance(plan, Stored)
    copy = {name: value for name, value in plan.resource().items() if name != "id"}
    ids = [ward.plan, *[await made(record, copy) for _ in range(3)]]
    monkeypatch.setattr(identified, "AT_ONCE", 2)
    for value, right in (("told", sorted(ids)), ("kept", [])):
        asked = [("patient", ward.who), ("goal:identifier", value)]
        assert await found(ward.coordinator, "CarePlan", *asked) == right
        assert await found(record, "CarePlan", *asked) == sorted(ids)


async def test_whom_a_thing_is_about_is_found_by_identifier(record: Record) -> None:
    """Also of somebody who has restricted something: the reference to them is shown."""
    ward = await named(record)
    subject = {"reference": f"Patient/{ward.who}", "identifier": {"system": "urn:test:number", "value": ward.who}}
    goal = await made(record, ward.goal("run") | {"subject": subject})
    for value, right in ((ward.who, [goal]), (f"urn:test:number|{ward.who}", [goal]), ("nobody", [])):
        assert await found(ward.coordinator, "Goal", ("subject:identifier", value)) == right
        assert await found(ward.coordinator, "Goal", ("patient:identifier", value)) == right


async def test_what_takes_too_long_to_look_at_is_refused(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    ward = await named(record)
    clock = count(step=1000)
    monkeypatch.setattr(identified, "AT_ONCE", 1)
    monkeypatch.setattr(identified, "monotonic", lambda: float(next(clock)))
    asked = [("patient", ward.who), ("goal:identifier", "told")]
    answer = await ward.coordinator.search("CarePlan", asked)
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.TOO_COSTLY
    assert isinstance(await record.search("CarePlan", asked), Page)
